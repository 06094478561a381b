/// The value of `Host`, or the authority of an absolute target: host and optional port (RFC 9110 §7.2).
struct HostName: Equatable {
    /// In lower case, without a trailing dot.
    let name: String
    let port: UInt16?

    init(parsing text: String) throws(HTTPFault) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count <= 255 + 6 else { throw .host }
        var end = bytes.count
        if bytes[0] == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { throw .host }
            let inside = bytes[1..<close]
            guard (2...45).contains(inside.count),
                inside.allSatisfy({ $0.hexValue != nil || $0 == .colon || $0 == UInt8(ascii: ".") })
            else { throw .host }
            end = close + 1
        } else if let colon = bytes.firstIndex(of: .colon) {
            end = colon
        }
        var name = bytes[..<end]
        if name.last == UInt8(ascii: "."), name.count > 1 { name = name.dropLast() }
        guard !name.isEmpty, name.count <= 255 else { throw .host }
        if bytes[0] != UInt8(ascii: "[") {
            guard name.allSatisfy({ $0.isAlphanumeric || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }),
                name.first != UInt8(ascii: ".")
            else { throw .host }
        }
        self.name = String(decoding: name.map(\.lowercased), as: UTF8.self)
        guard end < bytes.count else {
            port = nil
            return
        }
        let digits = bytes[(end + 1)...]
        guard bytes[end] == .colon, (1...5).contains(digits.count), digits.allSatisfy(\.isDigit),
            let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
        else { throw .host }
        self.port = port
    }
}
