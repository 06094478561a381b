import Crypto
import Text
public import Trust
import X509

/// What an epoch is made of, as bytes: staged, recorded and read back before it decides anything.
struct TrustBundle: Sendable {
    let policy: TrustPolicy
    let parts: [EpochPart]

    init(policy: TrustPolicy, parts: [EpochPart]) {
        self.policy = policy
        self.parts = parts
    }

    /// What the store has, if it has all of it as it was written.
    init(_ record: EpochRecord) throws(TrustBundleFault) {
        func damaged(_ what: String) -> TrustBundleFault {
            TrustBundleFault("epoch \(record.summary.number) in the store is damaged: \(what)")
        }
        for part in record.parts where SHA256Digest(of: part.bytes).bytes != part.hash {
            throw damaged("\(part.name) is not what was recorded")
        }
        guard let policy = TrustPolicy(recorded: record.policy) else { throw damaged("its policy") }
        self.init(policy: policy, parts: record.parts)
        guard digest == record.digest else { throw damaged("something is missing or was added") }
    }

    /// SHA-256 over policy and parts, but for the parts' names.
    var digest: [UInt8] {
        let lines = [policy.recordText] + parts.map { "\($0.role.rawValue) \(Hex.encode($0.hash))" }
        return SHA256Digest(of: Array(lines.joined(separator: "\n").utf8)).bytes
    }

    /// Parses everything and makes the epoch, or says all that is wrong.
    ///
    /// - Parameter known: CRLs that were read before and are still in use need not be read again.
    func epoch(
        of store: String, number: UInt64, reusing known: RevocationListShelf? = nil
    ) throws(TrustBundleFault) -> TrustEpoch {
        var complaints: [String] = []
        var certificates: [EpochPart.Role: [Certificate]] = [:]
        // An empty part says that there is nothing of its kind; of anchors there must be some.
        for part in parts where part.role != .crl && (part.role == .anchors || !part.bytes.isEmpty) {
            do throws(CertificateFault) {
                certificates[part.role, default: []] += try Certificate.parse(pem: part.bytes)
            } catch {
                complaints.append("\(part.name): \(error)")
            }
        }
        var lists: [RevocationList] = []
        for part in parts where part.role == .crl && !part.bytes.isEmpty {
            do throws(RevocationFileFault) {
                if let known {
                    lists += try known.lists(of: part)
                } else {
                    lists += try RevocationList.parse(part.bytes)
                }
            } catch {
                complaints.append("\(part.name): \(error)")
            }
        }
        guard complaints.isEmpty else { throw TrustBundleFault(complaints: complaints) }
        do throws(TrustFault) {
            return try TrustEpoch(
                store: store, number: TrustEpochNumber(number), anchors: certificates[.anchors] ?? [],
                intermediates: certificates[.intermediates] ?? [], revocation: lists, policy: policy)
        } catch {
            throw TrustBundleFault("trust.\(store): \(error)")
        }
    }
}

extension EpochPart {
    /// Part of what is to be staged.
    public init(_ role: Role, name: String, bytes: [UInt8]) {
        self.init(role: role, name: name, hash: SHA256Digest(of: bytes).bytes, bytes: bytes)
    }
}

/// What is wrong with the makings of an epoch, all of it, in words for the operator.
struct TrustBundleFault: Error, Sendable {
    let complaints: [String]

    init(complaints: [String]) { self.complaints = complaints }
    init(_ complaint: String) { complaints = [complaint] }
}
