import Crypto
import Text

/// Where a chain of records stands: its last record.
public struct ChainHead: Sendable, Hashable {
    /// Which chain: 16 hexadecimal digits, made at random when it began. Every node has its own.
    public let chain: String
    /// The number of the last record; 0 before the first.
    public let sequence: UInt64
    /// SHA-256 of the last record's line, in hexadecimal; zeros before the first.
    public let hash: String

    /// The beginning of a new chain.
    static func new() -> ChainHead {
        ChainHead(chain: Hex.encode(SecureRandom.bytes(8)), sequence: 0, hash: noHash)
    }

    /// What the first record carries for the hash of the one before.
    static let noHash = String(repeating: "0", count: 64)

    /// One line of JSON, as the file beside the log keeps it.
    var line: [UInt8] {
        Array("{\"chain\":\"\(chain)\",\"seq\":\(sequence),\"hash\":\"\(hash)\"}\n".utf8)
    }

    init(chain: String, sequence: UInt64, hash: String) {
        self.chain = chain
        self.sequence = sequence
        self.hash = hash
    }

    /// Nil unless it is one whole `line`.
    public init?(line: [UInt8]) {
        guard line.last == UInt8(ascii: "\n"), let node = try? JSONReader.read(line, dialect: .json),
            let chain = node["chain"]?.string, chain.utf8.count == ChainLink.chainDigits,
            let sequence = node["seq"]?.integer.flatMap(UInt64.init(exactly:)),
            let hash = node["hash"]?.string, hash.utf8.count == ChainLink.hashDigits
        else { return nil }
        self.init(chain: chain, sequence: sequence, hash: hash)
    }
}

/// What ties one record to the one before. It ends the record's line:
/// `…,"chain":"0123456789abcdef","seq":17,"prev":"…64 digits…"}`.
public struct ChainLink: Sendable, Hashable {
    public let chain: String
    public let sequence: UInt64
    /// SHA-256 of the line before, without its line feed.
    public let previousHash: String

    /// A record's line with its link, and where the chain then stands.
    ///
    /// - Parameter record: One JSON object with at least one member, without the line feed.
    static func append(_ record: some Collection<UInt8>, to head: ChainHead) -> ([UInt8], ChainHead) {
        let link = ",\"chain\":\"\(head.chain)\",\"seq\":\(head.sequence + 1),\"prev\":\"\(head.hash)\"}"
        let line = Array(record.dropLast()) + link.utf8
        let next = ChainHead(
            chain: head.chain, sequence: head.sequence + 1, hash: SHA256Digest(of: line).hex)
        return (line, next)
    }

    /// The link of a line without its line feed; nil when it has none.
    ///
    /// Nothing inside a record can look like one: quotation marks are escaped there.
    public init?(line: [UInt8]) {
        var cursor = Cursor(line)
        guard cursor.drop("\"}"), let previous = cursor.hex(Self.hashDigits), cursor.drop(",\"prev\":\""),
            let sequence = cursor.number(), cursor.drop("\",\"seq\":"),
            let chain = cursor.hex(Self.chainDigits), cursor.drop(",\"chain\":\"")
        else { return nil }
        self.chain = chain
        self.sequence = sequence
        previousHash = previous
    }

    static let chainDigits = 16
    static let hashDigits = 64

    /// Reads a line from its end.
    private struct Cursor {
        private var rest: ArraySlice<UInt8>

        init(_ line: [UInt8]) { rest = line[...] }

        mutating func drop(_ text: String) -> Bool {
            guard rest.count >= text.utf8.count, rest.suffix(text.utf8.count).elementsEqual(text.utf8) else {
                return false
            }
            rest = rest.dropLast(text.utf8.count)
            return true
        }

        mutating func hex(_ count: Int) -> String? {
            let digits = rest.suffix(count)
            guard digits.count == count,
                digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
            else { return nil }
            rest = rest.dropLast(count)
            return String(decoding: digits, as: UTF8.self)
        }

        mutating func number() -> UInt64? {
            var digits: [UInt8] = []
            while let digit = rest.last, (0x30...0x39).contains(digit), digits.count < 20 {
                digits.append(digit)
                rest = rest.dropLast()
            }
            guard digits.last != 0x30 else { return nil }
            return UInt64(String(decoding: digits.reversed(), as: UTF8.self))
        }
    }
}
