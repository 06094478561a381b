import Text

/// Header fields in the order they came, names compared without case (RFC 9110 §5).
///
/// The bytes live in one buffer: a parsed head costs one copy, a lookup no allocation, and a value is passed
/// on byte for byte. A request's values are UTF-8 (the parser refuses others), so the text that is judged is
/// what the upstream gets. A response's need not be (file names in Shift_JIS): the text shows U+FFFD then,
/// and the bytes are forwarded untouched.
///
/// Nothing that is put in with ``add(_:_:)`` or ``set(_:_:)`` can end a line or a head.
public struct HeaderFields: Sendable, Sequence {
    public struct Field: Sendable, Equatable {
        public let name: String
        public let value: String
    }

    /// Where a field's name and value lie in `bytes`.
    struct Entry: Sendable {
        var name: Range<Int>
        var value: Range<Int>
    }

    /// Names and values, and whatever lay between them in the head they were parsed from.
    private(set) var bytes: [UInt8]
    private(set) var entries: [Entry]

    public init() { self.init(bytes: [], entries: []) }

    public init(_ fields: [(String, String)]) {
        self.init()
        for (name, value) in fields { add(name, value) }
    }

    /// Fields that a parser has checked, in ranges of `bytes`.
    init(bytes: [UInt8], entries: [Entry]) {
        self.bytes = bytes
        self.entries = entries
    }

    /// Makes room for so much more, so that adding it moves nothing.
    public mutating func reserve(fields: Int, bytes byteCount: Int) {
        entries.reserveCapacity(entries.count + fields)
        bytes.reserveCapacity(bytes.count + byteCount)
    }

    public var count: Int { entries.count }

    public struct Iterator: IteratorProtocol {
        fileprivate let fields: HeaderFields
        fileprivate var index = 0

        public mutating func next() -> Field? {
            guard index < fields.entries.count else { return nil }
            defer { index += 1 }
            return fields.field(fields.entries[index])
        }
    }

    public func makeIterator() -> Iterator { Iterator(fields: self) }

    /// The value of the first field of that name.
    public subscript(name: String) -> String? { firstIndex(of: name).map { text(entries[$0].value) } }

    public func values(of name: String) -> [String] {
        guard let first = firstIndex(of: name) else { return [] }
        return entries[first...].compactMap { isNamed($0, name) ? text($0.value) : nil }
    }

    /// Adds a field. `name` is a constant of the program; a byte that no name may hold becomes `_`. `value`
    /// may come from anywhere: a control character (CR, LF and NUL among them) becomes a space, and blanks at
    /// its ends go. Whatever the caller does, it injects no header.
    public mutating func add(_ name: String, _ value: String) {
        let start = bytes.count
        bytes.append(name)
        if bytes.count == start { bytes.append(0x5F) }
        for index in start..<bytes.count where !bytes[index].isTokenCharacter { bytes[index] = 0x5F }
        let stored = start..<bytes.count
        entries.append(Entry(name: stored, value: store(value)))
    }

    /// Gives the first field of that name this value and removes the others; adds the field when there is
    /// none.
    public mutating func set(_ name: String, _ value: String) {
        guard let first = firstIndex(of: name) else { return add(name, value) }
        entries[first].value = store(value)
        removeEntries(from: first + 1) { $0.equal($1.name, ignoringCase: name.utf8.span) }
    }

    /// - Returns: How many fields went.
    @discardableResult
    public mutating func remove(_ name: String) -> Int {
        removeEntries { $0.equal($1.name, ignoringCase: name.utf8.span) }
    }

    // MARK: In this room

    func text(_ range: Range<Int>) -> String { bytes.span.repairedText(range) }

    /// Removes entries in their place, those in front of `start` apart. Without one that is unwanted, nothing
    /// is written, and nothing copied that others share.
    ///
    /// - Returns: How many fields went.
    @discardableResult
    mutating func removeEntries(
        from start: Int = 0, where isUnwanted: (Span<UInt8>, Entry) -> Bool
    ) -> Int {
        let bytes = self.bytes
        let span = bytes.span
        var index = start
        while index < entries.count, !isUnwanted(span, entries[index]) { index += 1 }
        var kept = index
        while index < entries.count {
            let entry = entries[index]
            if !isUnwanted(span, entry) {
                entries[kept] = entry
                kept += 1
            }
            index += 1
        }
        let count = entries.count - kept
        if count > 0 { entries.removeLast(count) }
        return count
    }

    private func field(_ entry: Entry) -> Field { Field(name: text(entry.name), value: text(entry.value)) }

    private func firstIndex(of name: String) -> Int? {
        let (span, wanted) = (bytes.span, name.utf8.span)
        for index in entries.indices where span.equal(entries[index].name, ignoringCase: wanted) {
            return index
        }
        return nil
    }

    private func isNamed(_ entry: Entry, _ name: String) -> Bool {
        bytes.span.equal(entry.name, ignoringCase: name.utf8.span)
    }

    private mutating func store(_ value: String) -> Range<Int> {
        let start = bytes.count
        bytes.append(value)
        if bytes.span.extracting(droppingFirst: start).mayHaveControls {
            for index in start..<bytes.count where !bytes[index].isFieldValueCharacter {
                bytes[index] = .space
            }
        }
        return bytes.span.trimmed(start..<bytes.count)
    }
}

extension Span<UInt8> {
    /// Whether any of them is a control character, or a tab.
    fileprivate var mayHaveControls: Bool {
        // Without a branch in the loop, so that it is done many bytes at a time.
        unsafe withUnsafeBufferPointer { bytes in
            var found: UInt8 = 0
            for unsafe byte in unsafe bytes {
                found |= (byte < 0x20 ? 1 : 0) | (byte == 0x7F ? 1 : 0)
            }
            return found != 0
        }
    }
}

/// The same names as written and the same values in the same order.
extension HeaderFields: Equatable {
    public static func == (left: Self, right: Self) -> Bool {
        left.count == right.count
            && zip(left.entries, right.entries).allSatisfy {
                left.bytes[$0.name] == right.bytes[$1.name] && left.bytes[$0.value] == right.bytes[$1.value]
            }
    }
}

/// Names only: values hold cookies and passwords, and descriptions end up in logs.
extension HeaderFields: CustomStringConvertible, CustomReflectable {
    public var description: String { "[\(entries.map { text($0.name) }.joined(separator: ", "))]" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
