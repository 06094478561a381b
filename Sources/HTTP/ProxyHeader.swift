import Text

/// What the header says that a proxy sends in front of a connection: the PROXY protocol, versions 1 and 2, as
/// HAProxy's proxy-protocol.txt defines it.
public enum ProxyHeader: Sendable, Hashable {
    /// The proxy speaks for itself (a health check), or does not tell for whom: the socket's address holds.
    case local
    /// The client's address in the form that sockets print, and its port.
    case client(ip: String, port: UInt16)
}

public enum ProxyHeaderFault: String, Error, Sendable {
    /// Something else: the client's own bytes, perhaps.
    case absent
    case malformed
    case tooLong
    /// The checksum of version 2 is wrong.
    case checksum
}

/// Reads one header from bytes as they arrive, and not one byte beyond it: what follows is the client's.
public struct ProxyHeaderParser: Sendable {
    private var bytes: [UInt8] = []

    public init() {}

    /// How many bytes may be read next without reading beyond the header; at least 1 as long as it is not
    /// complete.
    public var bytesWanted: Int {
        if bytes.count < Self.textMin { return Self.textMin - bytes.count }
        if bytes[0] == Self.signature[0] {
            return bytes.count < Self.headCount ? Self.headCount - bytes.count : max(1, total - bytes.count)
        }
        return 1
    }

    /// - Parameter input: At most ``bytesWanted``.
    /// - Returns: The header, once it is complete.
    public mutating func take(_ input: some Sequence<UInt8>) throws(ProxyHeaderFault) -> ProxyHeader? {
        bytes += input
        guard let first = bytes.first else { return nil }
        if first == Self.signature[0] { return try binary() }
        guard bytes.starts(with: Self.word.prefix(bytes.count)) else { throw .absent }
        return try text()
    }

    // MARK: Version 1

    /// `PROXY TCP4 SOURCE DESTINATION PORT PORT`, or `PROXY UNKNOWN` and anything.
    private func text() throws(ProxyHeaderFault) -> ProxyHeader? {
        guard bytes.last == 0x0A else {
            guard bytes.count < Self.textMax else { throw .tooLong }
            guard !bytes.contains(0x0A) else { throw .malformed }
            return nil
        }
        guard bytes.count <= Self.textMax, bytes.dropLast().last == 0x0D,
            bytes.dropLast(2).allSatisfy({ 0x20...0x7E ~= $0 })
        else { throw .malformed }
        let line = String(decoding: bytes.dropLast(2), as: UTF8.self)
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        if parts.count >= 2, parts[1] == "UNKNOWN" { return .local }
        guard parts.count == 6, parts[1] == "TCP4" || parts[1] == "TCP6",
            let source = addressBytes(String(parts[2])), let destination = addressBytes(String(parts[3])),
            source.count == (parts[1] == "TCP4" ? 4 : 16), destination.count == source.count,
            let port = portNumber(parts[4]), portNumber(parts[5]) != nil
        else { throw .malformed }
        return .client(ip: canonicalAddressText(source), port: port)
    }

    // MARK: Version 2

    private var total: Int { Self.headCount + (Int(bytes[14]) << 8 | Int(bytes[15])) }

    private func binary() throws(ProxyHeaderFault) -> ProxyHeader? {
        guard Self.signature.starts(with: bytes.prefix(Self.signature.count)) else { throw .absent }
        if bytes.count >= Self.headCount {
            // Version 2, LOCAL or PROXY.
            guard bytes[12] == 0x20 || bytes[12] == 0x21 else { throw .malformed }
            guard total <= Self.binaryMax else { throw .tooLong }
            guard bytes.count <= total else { throw .malformed }
        }
        guard bytes.count >= Self.headCount, bytes.count == total else { return nil }
        let (family, transport) = (bytes[13] >> 4, bytes[13] & 0xF)
        guard family <= 3, transport <= 2 else { throw .malformed }
        let addressCount = [0, 4, 16, 108][Int(family)]
        let portCount = family == 1 || family == 2 ? 2 : 0
        let addressesEnd = Self.headCount + 2 * (addressCount + portCount)
        // LOCAL: whatever stands there is to be skipped, so it need not make sense.
        if bytes[12] == 0x20 { return .local }
        // Family UNSPEC: no addresses, and what follows is not known to be more than padding.
        if family == 0 || transport == 0 { return .local }
        guard total >= addressesEnd else { throw .malformed }
        try checkExtensions(from: addressesEnd)
        guard portCount == 2, transport == 1 else { return .local }
        let start = Self.headCount
        let port = UInt16(bytes[start + 2 * addressCount]) << 8 | UInt16(bytes[start + 2 * addressCount + 1])
        return .client(
            ip: canonicalAddressText(Array(bytes[start..<start + addressCount])), port: port)
    }

    /// Type, length, value, until the end, exactly; none is looked into but the checksum.
    private func checkExtensions(from start: Int) throws(ProxyHeaderFault) {
        var index = start
        while index < total {
            guard index + 3 <= total else { throw .malformed }
            let count = Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
            guard index + 3 + count <= total else { throw .malformed }
            if bytes[index] == Self.checksumType {
                guard count == 4 else { throw .malformed }
                try checkSum(at: index + 3)
            }
            index += 3 + count
        }
    }

    /// CRC-32C (RFC 3720 §12.1) over the header with zeros in its own place.
    private func checkSum(at place: Int) throws(ProxyHeaderFault) {
        let stated = bytes[place..<place + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var sum = UInt32.max
        for (index, byte) in bytes.enumerated() {
            sum ^= UInt32(place..<place + 4 ~= index ? 0 : byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
        }
        guard ~sum == stated else { throw .checksum }
    }

    private static let word = Array("PROXY ".utf8)
    private static let signature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    private static let headCount = 16
    /// `PROXY UNKNOWN` with its line ending.
    private static let textMin = 15
    private static let textMax = 107
    /// More than any proxy is known to send, a client certificate's names included.
    private static let binaryMax = 4096
    private static let checksumType: UInt8 = 0x03
}
