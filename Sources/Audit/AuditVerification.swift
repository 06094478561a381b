import Crypto
public import Logs
import Text

/// Whether the files of one or more audit logs hold every record that was written to them, as it was written.
public struct AuditVerification {
    /// What was there of one chain.
    public struct Summary: Sendable, Hashable {
        public let chain: String
        public let first, last: UInt64
        public let records: Int
        public let checkpoints: Int
        /// The last record that a good checkpoint vouches for; nil without one.
        public let vouchedUpTo: UInt64?
    }

    /// What is known from elsewhere.
    public struct Evidence {
        /// Public keys of checkpoints, 32 bytes each.
        public var keys: [[UInt8]] = []
        /// Chains may begin with this record, when the older ones are put away.
        public var first: UInt64 = 1
        /// Where chains stood, as checkpoints told the operators' log, or the files beside the logs tell.
        public var heads: [(head: ChainHead, isLast: Bool, source: String)] = []

        public init() {}
    }

    public private(set) var findings: [AuditFinding] = []
    public private(set) var summaries: [Summary] = []
    private let evidence: Evidence
    private let keys: [String: PublicKey]

    public var isGood: Bool { !findings.contains { $0.weight == .fault } }

    /// Reads the files through once, side by side.
    ///
    /// - Parameter files: All files of the chains, in any order.
    public init(_ files: [String], _ evidence: Evidence) throws(LogFault) {
        self.evidence = evidence
        var keys: [String: PublicKey] = [:]
        for bytes in evidence.keys {
            keys[CheckpointKey.id(ofPublic: bytes)] = try? PublicKey(ed25519: bytes)
        }
        self.keys = keys
        var open: [AuditFile] = []
        for file in files { open.append(try AuditFile(file)) }
        var walks: [String: ChainWalk] = [:]
        while let file = Self.nextFile(open), let record = file.next {
            let chain = record.link.chain
            let start = { ChainWalk(chain, evidence: evidence, keys: keys) }
            walks[chain, default: start()].take(record)
            try file.advance()
        }
        for file in open { findings += file.findings }
        for chain in walks.keys.sorted() {
            guard var walk = walks[chain] else { continue }
            walk.end()
            findings += walk.findings
            summaries.append(walk.summary)
        }
        if walks.isEmpty {
            findings.append(
                AuditFinding(
                    weight: .fault, place: files.joined(separator: ", "), text: "no chained record in it"))
        }
    }

    /// The one whose next record comes first in its chain: files of one chain follow each other.
    private static func nextFile(_ files: [AuditFile]) -> AuditFile? {
        var best: AuditFile?
        for file in files {
            guard let record = file.next else { continue }
            guard let known = best?.next else {
                best = file
                continue
            }
            if (record.link.chain, record.link.sequence) < (known.link.chain, known.link.sequence) {
                best = file
            }
        }
        return best
    }
}
