/// A minimal TLS 1.2 ClientHello in one record, with any bytes in its server name extension (RFC 5246
/// §7.4.1.2).
enum ClientHello {
    static func bytes(serverNameExtension: [UInt8]) -> [UInt8] {
        let serverName = [0, 0] + counted(serverNameExtension)
        let body =
            [3, 3] + [UInt8](repeating: 7, count: 32)
            + [0]  // no session id
            + counted([0, 0x2F])  // TLS_RSA_WITH_AES_128_CBC_SHA
            + [1, 0]  // no compression
            + counted(serverName)
        let message = [1, 0] + counted(body)
        return [22, 3, 1] + counted(message)
    }

    /// The bytes behind their count in two bytes.
    private static func counted(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
    }
}
