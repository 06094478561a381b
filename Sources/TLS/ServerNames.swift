/// Finds the host for a server name: exact names first, then `*.` names over one label.
struct ServerNames {
    private var exact: [String: Int] = [:]
    /// By what follows the `*.`.
    private var wildcards: [String: Int] = [:]

    init(_ hosts: [ServerHost]) throws(TLSFault) {
        for (index, host) in hosts.enumerated() {
            for name in host.names { try add(name, index) }
        }
    }

    /// The index of the host that has `name`, which `normal` has made.
    func host(for name: String) -> Int? {
        if let index = exact[name] { return index }
        guard !wildcards.isEmpty, let dot = name.utf8.firstIndex(of: UInt8(ascii: ".")),
            dot != name.startIndex
        else { return nil }
        return wildcards[String(name[name.utf8.index(after: dot)...])]
    }

    /// A name as it is compared: lowercased, without one trailing dot. Nil unless it is 1…253 letters,
    /// digits, `-`, `_` and single dots between labels.
    static func normal(_ bytes: some Collection<UInt8>) -> String? {
        var name: [UInt8] = []
        name.reserveCapacity(bytes.count)
        var previous = dot
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): name.append(byte | 0x20)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                name.append(byte)
            case dot where previous != dot: name.append(byte)
            default: return nil
            }
            previous = byte
        }
        if name.last == dot { name.removeLast() }
        guard !name.isEmpty, name.count <= nameBytesMax else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    private mutating func add(_ name: String, _ index: Int) throws(TLSFault) {
        let isWildcard = name.utf8.starts(with: "*.".utf8)
        guard let normal = Self.normal(Array(name.utf8.dropFirst(isWildcard ? 2 : 0))) else {
            throw TLSFault(
                .operator, "badName",
                "\"\(name)\" is not a server name: DNS names in ASCII, optionally with *. in front")
        }
        let other =
            isWildcard
            ? wildcards.updateValue(index, forKey: normal) : exact.updateValue(index, forKey: normal)
        guard other == nil else {
            throw TLSFault(.operator, "duplicateName", "the server name \"\(name)\" is given twice")
        }
    }

    private static let dot = UInt8(ascii: ".")
    private static let nameBytesMax = 253
}
