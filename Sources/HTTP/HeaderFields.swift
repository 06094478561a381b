/// Header fields in the order they came, names compared without case.
public struct HeaderFields: Sendable, Equatable, Sequence {
    public struct Field: Sendable, Equatable {
        public let name: String
        public let value: String
    }

    private var fields: [Field] = []

    public init() {}

    public init(_ fields: [(String, String)]) {
        for (name, value) in fields { add(name, value) }
    }

    public var count: Int { fields.count }

    public func makeIterator() -> IndexingIterator<[Field]> { fields.makeIterator() }

    /// The value of the first field of that name.
    public subscript(name: String) -> String? {
        fields.first { $0.name.equalsIgnoringCase(name) }?.value
    }

    public func values(of name: String) -> [String] {
        fields.compactMap { $0.name.equalsIgnoringCase(name) ? $0.value : nil }
    }

    /// Adds a field. A CR, LF or NUL in the value becomes a space: whatever the caller does, it injects no
    /// header.
    public mutating func add(_ name: String, _ value: String) {
        precondition(!name.isEmpty && name.utf8.allSatisfy(\.isTokenCharacter), "field names are constants")
        fields.append(Field(name: name, value: Self.defused(value)))
    }

    /// Replaces all fields of that name by one.
    public mutating func set(_ name: String, _ value: String) {
        remove(name)
        add(name, value)
    }

    public mutating func remove(_ name: String) {
        fields.removeAll { $0.name.equalsIgnoringCase(name) }
    }

    public mutating func removeAll(where shouldRemove: (_ name: String, _ value: String) -> Bool) {
        fields.removeAll { shouldRemove($0.name, $0.value) }
    }

    /// Removes what belongs to one connection only (RFC 9110 §7.6.1), and what `Connection` lists.
    ///
    /// - Parameter protected: Names that a `Connection` list can't take out, in lower case.
    public mutating func removeHopByHop(protected: Set<String> = []) {
        var listed: Set<String> = []
        for value in values(of: "Connection") {
            for element in value.listElements { listed.insert(String(element).asciiLowercased) }
        }
        fields.removeAll { field in
            let name = field.name.asciiLowercased
            if Self.hopByHop.contains(name) { return true }
            return listed.contains(name) && !protected.contains(name)
        }
    }

    /// The name as careless backends see it: in lower case, `_` and `.` taken for `-`.
    public static func foldedName(_ name: String) -> String {
        String(
            decoding: name.utf8.map {
                $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") ? 0x2D : $0.lowercased
            },
            as: UTF8.self)
    }

    /// Appends a field whose name and value a parser has checked.
    mutating func appendParsed(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    private static func defused(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0 || $0 == .cr || $0 == .lf }) else { return value }
        return String(
            decoding: value.utf8.map { $0 == 0 || $0 == .cr || $0 == .lf ? .space : $0 }, as: UTF8.self)
    }

    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
        "trailer",
        "transfer-encoding", "upgrade",
    ]
}
