import Text

/// A trace in a file: a line that says so, then one JSON object a line, each ending with LF.
///
/// | member | is |
/// |---|---|
/// | `at_us` | microseconds from the beginning of the trace |
/// | `host` | the host asked for, by the gateway's name; not there when it has no such host |
/// | `handshake` | `full`, `resumed` or `failed` |
/// | `tls`, `group`, `cipher`, `alpn` | what was agreed on |
/// | `chain`, `key` | certificates presented, and the kind of the client's key |
/// | `verdict`, `reason`, `customer` | what the gateway made of it |
/// | `requests`, `lasted_us`, `end` | how many, how long, how it ended |
///
/// Members that say nothing are left out; readers pass over those that they do not know.
extension TraceLine {
    /// The first line of every trace.
    public static let heading = Array("{\"trace\":\"sekisho\",\"version\":1}\n".utf8)

    /// With its LF.
    public var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("at_us", Int64(offsetMicroseconds))
        write("host", host, to: &json)
        json.member("handshake", handshake.rawValue)
        write("tls", version, to: &json)
        write("group", group, to: &json)
        write("cipher", cipher, to: &json)
        write("alpn", alpn, to: &json)
        if chainCount > 0 { json.member("chain", Int64(chainCount)) }
        write("key", key, to: &json)
        write("verdict", verdict?.rawValue, to: &json)
        write("reason", reason, to: &json)
        write("customer", customer, to: &json)
        json.member("requests", Int64(requestCount))
        json.member("lasted_us", Int64(lastedMicroseconds))
        json.member("end", ending)
        json.endObject()
        return json.bytes + [0x0A]
    }

    private func write(_ name: String, _ value: String?, to json: inout JSONWriter) {
        if let value { json.member(name, value) }
    }

    /// Reads one line, without its LF.
    public init(parsing line: [UInt8]) throws(TraceFault) {
        let node: JSONNode
        do throws(JSONFault) {
            node = try JSONReader.read(line, dialect: .json, depthMax: 4)
        } catch {
            throw TraceFault("column \(error.position.column): \(error.message)")
        }
        guard node.members != nil else { throw TraceFault("expected an object") }
        self.init(
            offsetMicroseconds: try node.count("at_us", max: Self.offsetMax),
            host: try node.word("host"),
            handshake: try node.choice("handshake") ?? .full,
            version: try node.word("tls"), group: try node.word("group"), cipher: try node.word("cipher"),
            alpn: try node.word("alpn"), chainCount: try node.count("chain", max: 100, isOptional: true),
            key: try node.word("key"), verdict: try node.choice("verdict"), reason: try node.word("reason"),
            customer: try node.word("customer"),
            requestCount: try node.count("requests", max: 1_000_000, isOptional: true),
            lastedMicroseconds: try node.count("lasted_us", max: Self.offsetMax, isOptional: true),
            ending: try node.word("end") ?? Self.closed)
        if let version, version != "1.2", version != "1.3" { throw TraceFault("tls: expected 1.2 or 1.3") }
    }

    /// A year.
    private static let offsetMax: Int64 = 366 * 86_400 * 1_000_000
}

/// What is wrong with a line.
public struct TraceFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// In English, for whoever has the file.
    public let description: String

    public init(_ description: String) { self.description = description }
}

extension JSONNode {
    /// A text of a few printable ASCII characters; nil when it is not there.
    fileprivate func word(_ name: String) throws(TraceFault) -> String? {
        guard let node = self[name] else { return nil }
        guard let text = node.string, (1...128).contains(text.utf8.count),
            text.utf8.allSatisfy({ 0x20...0x7E ~= $0 })
        else { throw TraceFault("\(name): expected 1 to 128 printable ASCII characters") }
        return text
    }

    fileprivate func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws(TraceFault) -> Choice? where Choice.RawValue == String {
        guard let word = try word(name) else { return nil }
        guard let choice = Choice(rawValue: word) else {
            let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw TraceFault("\(name): expected one of \(choices)")
        }
        return choice
    }

    fileprivate func count(
        _ name: String, max: Int64, isOptional: Bool = false
    ) throws(TraceFault) -> Int {
        guard let node = self[name] else {
            if isOptional { return 0 }
            throw TraceFault("\(name) is missing")
        }
        guard let number = node.integer, 0...max ~= number else {
            throw TraceFault("\(name): expected an integer from 0 to \(max)")
        }
        return Int(number)
    }
}
