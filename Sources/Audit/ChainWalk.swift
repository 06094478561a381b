import Crypto
import Text

/// The walk along one chain, record by record.
struct ChainWalk {
    private let chain: String
    private let evidence: AuditVerification.Evidence
    private let keys: [String: PublicKey]
    private(set) var findings: [AuditFinding] = []

    private var last: AuditFile.Record?
    private var first: UInt64?
    private var count = 0
    /// Numbers that did not come where they should have, and may come yet.
    private var missing: [(range: ClosedRange<UInt64>, before: AuditFile.Place)] = []
    /// A record whose successor does not vouch for it; whether it was altered shows with the next.
    private var doubted: AuditFile.Record?

    private var checkpoints = 0
    private var unchecked = 0
    private var vouchedUpTo: UInt64?
    private var checkpointAt: UInt64?
    private var witnessed: [UInt64: [(hash: String, source: String)]] = [:]

    init(_ chain: String, evidence: AuditVerification.Evidence, keys: [String: PublicKey]) {
        self.chain = chain
        self.evidence = evidence
        self.keys = keys
        for entry in evidence.heads where entry.head.chain == chain {
            witnessed[entry.head.sequence, default: []].append((entry.head.hash, entry.source))
        }
    }

    var summary: AuditVerification.Summary {
        AuditVerification.Summary(
            chain: chain, first: first ?? 0, last: last?.link.sequence ?? 0, records: count,
            checkpoints: checkpoints, vouchedUpTo: vouchedUpTo)
    }

    mutating func take(_ record: AuditFile.Record) {
        count += 1
        checkWitnesses(record)
        guard let last else { return begin(record) }
        let expected = last.link.sequence + 1
        let sequence = record.link.sequence
        if sequence < expected { return takeLate(record, behind: last) }
        if sequence == expected {
            checkLink(from: last, to: record)
        } else {
            settleDoubt(nextIsGood: true)
            missing.append((expected...(sequence - 1), record.place))
        }
        noteCheckpoint(record)
        self.last = record
    }

    /// To be called when there are no more records.
    mutating func end() {
        settleDoubt(nextIsGood: false)
        for gap in missing {
            fault(gap.before.text, "\(Self.records(gap.range)) before it removed")
        }
        guard let last else { return }
        for entry in evidence.heads where entry.head.chain == chain {
            if entry.head.sequence > last.link.sequence {
                let range = (last.link.sequence + 1)...entry.head.sequence
                fault(
                    last.place.text, "the end is cut off: \(Self.records(range)) known from \(entry.source)")
            } else if entry.isLast, entry.head.sequence < last.link.sequence {
                note(
                    last.place.text,
                    "\(entry.source) knows the chain up to record \(entry.head.sequence) only")
            }
        }
        if !evidence.heads.contains(where: { $0.head.chain == chain && $0.isLast }) {
            note("chain \(chain)", "no .head file says where it ends: a cut-off end would not show")
        }
        if !keys.isEmpty { checkCoverage(last.link.sequence) }
        if unchecked > 0 { note("chain \(chain)", "\(unchecked) checkpoints were not checked: no key given") }
    }

    // MARK: Order

    private mutating func begin(_ record: AuditFile.Record) {
        let sequence = record.link.sequence
        first = sequence
        last = record
        if sequence == 1, record.link.previousHash != ChainHead.noHash {
            fault(record.place.text, "record 1 was altered: nothing comes before it")
        }
        if sequence > evidence.first {
            fault(
                record.place.text,
                "\(Self.records(evidence.first...(sequence - 1))) before it removed, or in files not given")
        }
        noteCheckpoint(record)
    }

    private mutating func takeLate(_ record: AuditFile.Record, behind last: AuditFile.Record) {
        let sequence = record.link.sequence
        let late = "record \(sequence) stands behind record \(last.link.sequence)"
        if let index = missing.firstIndex(where: { $0.range.contains(sequence) }) {
            let gap = missing.remove(at: index)
            if sequence > gap.range.lowerBound {
                missing.append((gap.range.lowerBound...(sequence - 1), gap.before))
            }
            if sequence < gap.range.upperBound {
                missing.append(((sequence + 1)...gap.range.upperBound, gap.before))
            }
            fault(record.place.text, "reordered: \(late)")
        } else {
            fault(record.place.text, "repeated or put in: \(late), and is not the first of that number")
        }
    }

    /// A link that does not hold tells that one of two records was altered; the link after it tells which.
    private mutating func checkLink(from last: AuditFile.Record, to record: AuditFile.Record) {
        let holds = record.link.previousHash == last.hash
        settleDoubt(nextIsGood: holds)
        if !holds { doubted = last }
    }

    /// - Parameter nextIsGood: Whether the link after the doubted one holds.
    private mutating func settleDoubt(nextIsGood: Bool) {
        guard let doubted, let last else { return }
        self.doubted = nil
        let sequence = doubted.link.sequence
        if nextIsGood {
            fault(doubted.place.text, "record \(sequence) was altered")
        } else {
            fault(
                doubted.place.text,
                "record \(sequence), or record \(sequence + 1) (\(last.place.text)), was altered")
        }
    }

    // MARK: What else vouches for records

    private mutating func noteCheckpoint(_ record: AuditFile.Record) {
        guard let node = record.node, node["event"]?.string == Checkpoint.event else { return }
        checkpoints += 1
        guard !keys.isEmpty else {
            unchecked += 1
            return
        }
        let (key, isGood) = Checkpoint.check(node, record.link, keys)
        guard isGood else {
            return fault(
                record.place.text,
                keys[key] == nil
                    ? "this checkpoint is signed with the key \(key), which was not given"
                    : "this checkpoint's signature is forged")
        }
        checkGap(up: record.link.sequence, at: record.place.text)
        checkpointAt = record.link.sequence
        vouchedUpTo = record.link.sequence - 1
    }

    private mutating func checkGap(up sequence: UInt64, at place: String) {
        let before = checkpointAt ?? (first ?? 1)
        guard sequence > before, sequence - before > Self.uncoveredMax else { return }
        fault(place, "no checkpoint among \(Self.records(before...sequence)): some were taken out")
    }

    private mutating func checkCoverage(_ lastSequence: UInt64) {
        checkGap(up: lastSequence, at: "chain \(chain)")
        let covered = vouchedUpTo ?? 0
        if covered + 1 < lastSequence {
            note("chain \(chain)", "\(lastSequence - covered - 1) records after the last checkpoint")
        }
    }

    private mutating func checkWitnesses(_ record: AuditFile.Record) {
        for witness in witnessed[record.link.sequence] ?? [] where witness.hash != record.hash {
            fault(
                record.place.text,
                "record \(record.link.sequence) is not the one that \(witness.source) knows: altered, or the"
                    + " chain was written anew")
        }
    }

    // MARK: Words

    private mutating func fault(_ place: String, _ text: String) {
        findings.append(AuditFinding(weight: .fault, place: place, text: text))
    }

    private mutating func note(_ place: String, _ text: String) {
        findings.append(AuditFinding(weight: .note, place: place, text: text))
    }

    private static func records(_ range: ClosedRange<UInt64>) -> String {
        range.count == 1
            ? "record \(range.lowerBound)" : "records \(range.lowerBound) to \(range.upperBound)"
    }

    /// A checkpoint is due after 1000; a batch may bring more before it is written.
    private static let uncoveredMax: UInt64 = 20_000
}
