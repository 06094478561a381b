import Crypto
import Logs
import Text

/// One file of a log whose records are chained, read once from its beginning to its end.
final class AuditFile {
    /// A chained record.
    struct Record {
        let link: ChainLink
        let hash: String
        let place: Place
        /// Only of records that say something about the chain itself.
        let node: JSONNode?
    }

    struct Place: Hashable {
        let file: String
        let line: Int
        var text: String { "\(file):\(line)" }
    }

    let path: String
    private var lines: LineReader
    private(set) var next: Record?
    /// What is wrong with lines that are no records of a chain.
    private(set) var findings: [AuditFinding] = []
    private var strays: [Stray] = []
    private var hasChain = false

    private struct Stray {
        let line: Int
        let bytes: [UInt8]
        let isWhole: Bool
        var isRecord: Bool { isWhole && (try? JSONReader.read(bytes, dialect: .json)) != nil }
    }

    init(_ path: String) throws(LogFault) {
        self.path = path
        lines = try LineReader(path)
        try advance()
    }

    /// Goes on to the next record of a chain.
    func advance() throws(LogFault) {
        next = nil
        while let line = try lines.line() {
            guard line.isWhole, let link = ChainLink(line: line.bytes) else {
                strays.append(Stray(line: line.number, bytes: line.bytes, isWhole: line.isWhole))
                if strays.count > Self.straysMax { judgeStrays(before: nil) }
                continue
            }
            let node =
                Self.mayConcernChain(line.bytes) ? try? JSONReader.read(line.bytes, dialect: .json) : nil
            let record = Record(
                link: link, hash: SHA256Digest(of: line.bytes).hex,
                place: Place(file: path, line: line.number), node: node)
            judgeStrays(before: record)
            hasChain = true
            next = record
            return
        }
        judgeStrays(before: nil)
    }

    /// Lines without a link are harmless in two cases: records of the time before the chain began, and what a
    /// crash has left of a line, as the record after it says.
    private func judgeStrays(before record: Record?) {
        defer { strays = [] }
        guard let last = strays.last else { return }
        if let record, record.node?["event"]?.string == ChainTail.tornEvent, strays.count == 1,
            record.node?["torn_sha256"]?.string == SHA256Digest(of: last.bytes).hex
        {
            return note(.note, last, "a crash has cut this line off; the record after it says so")
        }
        if let record, record.link.sequence == 1, !hasChain, strays.allSatisfy(\.isRecord) {
            return note(.note, last, "up to here \(strays.count) records of the time before the chain began")
        }
        for stray in strays {
            if !stray.isWhole {
                note(.fault, stray, "the file is cut off in the middle of this record")
            } else {
                note(.fault, stray, "not a record of the chain: altered, or put in")
            }
        }
    }

    private func note(_ weight: AuditFinding.Weight, _ stray: Stray, _ text: String) {
        findings.append(AuditFinding(weight: weight, place: "\(path):\(stray.line)", text: text))
    }

    /// Whether a line can be one of those few that are looked into.
    private static func mayConcernChain(_ line: [UInt8]) -> Bool {
        // The event stands near the beginning, in the renderer's order.
        let start = String(decoding: line.prefix(120), as: UTF8.self)
        return start.contains("\"event\":\"audit.")
    }

    /// Told of at most so many lines at once.
    private static let straysMax = 100_000
}

/// Something that `sekisho audit verify` has to say.
public struct AuditFinding: Sendable, Hashable {
    public enum Weight: Sendable { case fault, note }

    public let weight: Weight
    /// `audit.log:17`, or which chain.
    public let place: String
    public let text: String
}
