extension HeaderFields {
    /// The name as careless backends see it: in lower case, `_` and `.` taken for `-`.
    public static func foldedName(_ name: String) -> String {
        String(decoding: name.utf8.map(\.folded), as: UTF8.self)
    }

    /// Removes every field whose name folds onto one of `names`: those that only the gateway may write. A
    /// backend that reads `X_Customer.Id` as `X-Customer-Id` then finds neither.
    ///
    /// - Parameter names: As ``foldedName(_:)`` gives them.
    /// - Returns: How many fields went.
    @discardableResult
    public mutating func removeAll(folding names: Set<String>) -> Int {
        keep(entries.filter { entry in !names.contains { folds(entry, onto: $0) } })
    }

    /// Removes the fields with names that are not wanted, each seen as ``foldedName(_:)`` gives it, in UTF-8.
    ///
    /// - Returns: How many fields went.
    @discardableResult
    public mutating func removeAll(whereFoldedName isUnwanted: (_ folded: [UInt8]) -> Bool) -> Int {
        var folded: [UInt8] = []
        var unwanted: [Int] = []
        for (index, entry) in entries.enumerated() {
            folded.removeAll(keepingCapacity: true)
            for position in entry.name { folded.append(bytes[position].folded) }
            if isUnwanted(folded) { unwanted.append(index) }
        }
        guard !unwanted.isEmpty else { return 0 }
        return keep(entries.indices.filter { !unwanted.contains($0) }.map { entries[$0] })
    }

    /// Removes what belongs to one connection only (RFC 9110 §7.6.1), `Proxy` and `Proxy-…`, however they are
    /// spelled, and what `Connection` lists. `Host` and `Content-Length` stay even if it lists them.
    ///
    /// - Parameter protected: Names, in lower case, that a `Connection` list can't take out.
    /// - Returns: How many fields went.
    @discardableResult
    public mutating func removeHopByHop(protected: Set<String> = []) -> Int {
        var listed: [String] = []
        forEachConnectionOption { listed.append(text($0).asciiLowercased) }
        listed.removeAll { option in
            option == "host" || option == "content-length" || protected.contains(option)
        }
        return keep(
            entries.filter { entry in
                !isHopByHop(entry.name) && !listed.contains { lowercased(entry, is: $0) }
            })
    }

    /// The one protocol that `Upgrade` names and `Connection` announces (RFC 9110 §7.8), in lower case; nil
    /// when there is none, or a choice of several.
    public var upgrade: String? {
        let named = values(of: "Upgrade")
        guard named.count == 1, hasConnectionOption("upgrade") else { return nil }
        let name = named[0].asciiLowercased
        return name.isEmpty || name.utf8.contains { !$0.isTokenCharacter } ? nil : name
    }

    /// Whether `Connection` lists `option`, given in lower case.
    func hasConnectionOption(_ option: StaticString) -> Bool {
        var found = false
        forEachConnectionOption { if bytes.span.equal($0, ignoringCase: option) { found = true } }
        return found
    }

    private func forEachConnectionOption(_ body: (Range<Int>) -> Void) {
        for entry in entries where bytes.span.equal(entry.name, ignoringCase: "connection") {
            bytes.span.forEachPart(of: entry.value, separator: .comma, body)
        }
    }

    private func isHopByHop(_ name: Range<Int>) -> Bool {
        let span = bytes.span
        switch name.count {
        case 2: if span.equal(name, folding: "te") { return true }
        case 5: if span.equal(name, folding: "proxy") { return true }
        case 7:
            if span.equal(name, folding: "trailer") || span.equal(name, folding: "upgrade") { return true }
        case 10:
            if span.equal(name, folding: "connection") || span.equal(name, folding: "keep-alive") {
                return true
            }
        case 14: if span.equal(name, folding: "http2-settings") { return true }
        case 17: if span.equal(name, folding: "transfer-encoding") { return true }
        default: break
        }
        return name.count > 6 && span.equal(name.lowerBound..<name.lowerBound + 6, folding: "proxy-")
    }

    private func folds(_ entry: Entry, onto folded: String) -> Bool {
        guard folded.utf8.count == entry.name.count else { return false }
        var index = entry.name.lowerBound
        for byte in folded.utf8 {
            if byte != bytes[index].folded { return false }
            index += 1
        }
        return true
    }

    private func lowercased(_ entry: Entry, is lowercase: String) -> Bool {
        guard lowercase.utf8.count == entry.name.count else { return false }
        var index = entry.name.lowerBound
        for byte in lowercase.utf8 {
            if byte != bytes[index].lowercased { return false }
            index += 1
        }
        return true
    }
}
