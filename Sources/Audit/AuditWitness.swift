public import Logs
import Text

/// Where chains stood, as told outside of the audit log itself.
public enum AuditWitness {
    /// The event under which the operators' log tells of each checkpoint.
    public static let event = "audit.checkpointWritten"

    /// What an operators' log tells. Lines that tell of something else are passed over.
    public static func heads(inLog path: String) throws(LogFault) -> [ChainHead] {
        var heads: [ChainHead] = []
        var lines = try LineReader(path)
        while let line = try lines.line() {
            guard let text = String(validating: line.bytes.prefix(200), as: UTF8.self),
                text.contains(event), let head = ChainHead(line: line.bytes + [UInt8(ascii: "\n")])
            else { continue }
            heads.append(head)
        }
        return heads
    }

    /// Where the chain of an audit file stands, by the file beside it; nil when there is none.
    public static func head(beside path: String) -> ChainHead? {
        guard var lines = try? LineReader(ChainedOutput.headPath(of: path)), let line = try? lines.line()
        else { return nil }
        return ChainHead(line: line.bytes + [UInt8(ascii: "\n")])
    }
}
