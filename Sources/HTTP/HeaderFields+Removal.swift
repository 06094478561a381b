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
        removeAll { name in names.contains { name.folds(onto: $0.utf8.span) } }
    }

    /// Removes the fields with names that are not wanted, each seen as it was sent, to be folded.
    ///
    /// - Returns: How many fields went.
    @discardableResult
    public mutating func removeAll(whereName isUnwanted: (_ name: Span<UInt8>) -> Bool) -> Int {
        removeEntries { isUnwanted($0.extracting($1.name)) }
    }

    /// Removes what belongs to one connection only (RFC 9110 §7.6.1), `Proxy` and `Proxy-…`, however they are
    /// spelled, and what `Connection` lists. `Host` and `Content-Length` stay even if it lists them.
    ///
    /// - Parameter protected: Names, in lower case, that a `Connection` list can't take out.
    /// - Returns: How many fields went.
    @discardableResult
    public mutating func removeHopByHop(protected: Set<String> = []) -> Int {
        var listed: [Range<Int>] = []
        forEachConnectionOption { option in
            let span = bytes.span
            if Self.isHopByHop(span, option) { return }  // goes without being listed
            if span.equal(option, ignoringCase: "host") { return }
            if span.equal(option, ignoringCase: "content-length") { return }
            if !protected.isEmpty, protected.contains(text(option).asciiLowercased) { return }
            listed.append(option)
        }
        return removeEntries { span, entry in
            Self.isHopByHop(span, entry.name)
                || listed.contains { span.equal(entry.name, ignoringCase: span.extracting($0)) }
        }
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

    private static func isHopByHop(_ span: Span<UInt8>, _ name: Range<Int>) -> Bool {
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
}

/// Names as careless backends see them; see ``HeaderFields/foldedName(_:)``.
extension Span<UInt8> {
    /// Whether the name becomes `folded`, which is folded already.
    public func folds(onto folded: Span<UInt8>) -> Bool {
        count == folded.count && foldedStarts(with: folded)
    }

    /// Whether the name becomes one that begins with `folded`, which is folded already.
    public func foldedStarts(with folded: Span<UInt8>) -> Bool {
        guard count >= folded.count else { return false }
        for index in folded.indices where self[index].folded != folded[index] { return false }
        return true
    }
}
