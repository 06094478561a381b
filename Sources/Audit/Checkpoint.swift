public import Crypto
import Logs
import Text

/// The key that checkpoints are signed with.
public struct CheckpointKey: Sendable {
    private let key: Ed25519Key
    /// The first 16 hexadecimal digits of the public half's SHA-256.
    public let id: String

    public init(_ key: Ed25519Key) {
        self.key = key
        id = Self.id(ofPublic: key.publicBytes)
    }

    public static func id(ofPublic bytes: [UInt8]) -> String {
        String(SHA256Digest(of: bytes).hex.prefix(16))
    }

    /// The record that vouches for everything up to `head`.
    func record(for head: ChainHead, covering count: Int) -> LogRecord {
        var record = LogRecord(.notice, Checkpoint.event, kind: .audit)
        record.add("covers", count)
        record.add("key", id)
        // A key that has signed when it was read does so again.
        let signature = (try? key.sign(Checkpoint.statement(head))) ?? []
        record.add("signature", Base64URL.encode(signature))
        return record
    }
}

/// A record of the chain that a key's holder has signed.
enum Checkpoint {
    static let event = "audit.checkpoint"

    /// So many records, or so many seconds, after the last there is another.
    static let recordsMax = 1000
    static let secondsMax = 60

    /// What is signed: which chain, how far, and the hash in which all of it is.
    static func statement(_ head: ChainHead) -> [UInt8] {
        Array("sekisho audit checkpoint 1\n\(head.chain)\n\(head.sequence)\n\(head.hash)\n".utf8)
    }

    /// Whether a line of that event has a good signature; the key's id in any case.
    static func check(_ node: JSONNode, _ link: ChainLink, _ keys: [String: PublicKey]) -> (
        key: String, isGood: Bool
    ) {
        let id = node["key"]?.string ?? "-"
        guard let key = keys[id], let signature = node["signature"]?.string.flatMap(Base64URL.decode) else {
            return (id, false)
        }
        let head = ChainHead(chain: link.chain, sequence: link.sequence - 1, hash: link.previousHash)
        return (id, key.verifies(signature, over: statement(head)))
    }
}
