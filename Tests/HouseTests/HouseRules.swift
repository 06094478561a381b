/// What must hold between the rooms and in every file. Each rule lists where it is broken, as `path:line:
/// why`.
extension House {
    /// Rooms of the standard library only: no I/O, no clock.
    static let pureRooms: Set = [
        "Text", "HTTP", "Settings", "Identity", "Trust", "Authorization", "Pages", "Traces", "Replay",
    ]

    /// Which rooms may import each C library.
    static let importersOfLibrary: [String: Set<String>] = [
        "COpenSSL": ["Crypto", "X509", "TLS"],
        "CLinux": ["Reactor"],
        "CSQLite": ["Storage"],
        "CPostgres": ["Storage"],
    ]

    /// Where Unicode normalisation is needed, which the standard library does not offer.
    static let filesWithFoundation: Set = ["Sources/Consent/ChallengeAnswer.swift"]

    static let lineCountMax = 500
    static let columnCountMax = 110

    /// Every target stands on targets that stand above it in Package.swift.
    var arrowsThatPointDown: [String] {
        targets.enumerated().flatMap { index, target in
            let above = targets[..<index].map(\.name)
            return target.dependencies.filter { !above.contains($0) }
                .map { "Package.swift: \(target.name) is over \($0), which does not stand above it" }
        }
    }

    /// A file imports our modules only where Package.swift says so.
    var undeclaredImports: [String] {
        complaints { file, module in
            guard target(module) != nil, let home = target(file.room), !home.dependencies.contains(module)
            else {
                return nil
            }
            return "\(file.room) imports \(module), which Package.swift does not put below it"
        }
    }

    /// C libraries stay behind the rooms that wrap them. (Tests may use them to forge what a peer could
    /// send.)
    var librariesOutsideTheirRooms: [String] {
        complaints { file, module in
            guard let rooms = Self.importersOfLibrary[module], !rooms.contains(file.room) else { return nil }
            return "\(file.room) imports \(module), which only \(rooms.sorted().joined(separator: ", ")) may"
        }
    }

    var impureImports: [String] {
        complaints { file, module in
            guard Self.pureRooms.contains(file.room), module != "Synchronization" else { return nil }
            guard !Self.pureRooms.contains(module) else { return nil }
            return "\(file.room) is pure and imports \(module)"
        }
    }

    var roomsWithFoundation: [String] {
        complaints { file, module in
            guard module.hasPrefix("Foundation"), target(file.room)?.kind == .room,
                !Self.filesWithFoundation.contains(file.path)
            else { return nil }
            return "\(file.room) imports \(module)"
        }
    }

    var longFiles: [String] {
        files.filter { $0.isSource && $0.lines.count > Self.lineCountMax + 1 }
            .map { "\($0.path): \($0.lines.count - 1) lines, at most \(Self.lineCountMax)" }
    }

    var longLines: [String] {
        files.filter(\.isSource).flatMap { file in
            file.lines.map(\.count).enumerated().filter { $0.element > Self.columnCountMax }
                .map {
                    "\(file.path):\($0.offset + 1): \($0.element) columns, at most \(Self.columnCountMax)"
                }
        }
    }

    var unfinishedBusiness: [String] {
        let marks = ["TO" + "DO", "FIX" + "ME"]
        return files.flatMap { file in
            file.lines.enumerated().filter { line in marks.contains { line.element.contains($0) } }
                .map { "\(file.path):\($0.offset + 1): \($0.element.trimmingPrefix(while: \.isWhitespace))" }
        }
    }

    /// Asks `rule` about every import of the sources.
    private func complaints(_ rule: (SourceFile, String) -> String?) -> [String] {
        files.filter(\.isSource).flatMap { file in
            file.imports.compactMap { line in
                rule(file, line.module).map { "\(file.path):\(line.line): \($0)" }
            }
        }
    }
}
