import Crypto
import Issuing
import Replay
import Text

/// The authorities that the certificates of a replay need.
///
/// Below one root stands a ladder of issuing authorities, for chains of any length, and beside it one without
/// a CRL and two of which the upper forbids the lower. Another root is not for anybody to trust.
struct Authorities: Sendable {
    /// Marks every name as one of a test.
    private static let organization = "Sekisho Replay"

    let root: Authority
    /// The first is issued by the root, each other by the one before it.
    let ladder: [Authority]
    private let withoutList: Authority
    private let upper: Authority
    /// Which `upper` must not have issued.
    private let lower: Authority
    private let foreign: Authority

    /// - Parameter rungs: How many authorities the ladder has, at least one.
    init(rungs: Int, _ validity: Validity) throws(CryptoFault) {
        root = try Authority(root: "Replay Root", of: Self.organization, validity)
        var ladder = [try root.subordinate("Replay CA 1", validity)]
        while ladder.count < rungs {
            ladder.append(try ladder[ladder.count - 1].subordinate("Replay CA \(ladder.count + 1)", validity))
        }
        self.ladder = ladder
        withoutList = try root.subordinate("Replay CA without CRL", validity)
        upper = try root.subordinate("Replay CA of End Entities", validity, pathLength: 0)
        lower = try upper.subordinate("Replay CA too far down", validity)
        foreign = try Authority(root: "Another Bank Root", of: Self.organization, validity)
            .subordinate("Another Bank CA", validity)
    }

    var all: [Authority] { ladder + [withoutList, upper, lower, foreign] }
    /// Those that certificates of customers are issued by: mapping rules name them.
    var issuing: [Authority] { ladder + [withoutList, lower] }
    /// Those that a gateway knows, because it has their CRLs, and so that clients need not present them.
    var intermediates: [Authority] { ladder + [withoutList, upper, lower] }

    /// Who issues a certificate, and the authorities that are presented behind it.
    func issuer(for key: CredentialKey) -> (issuer: Authority, presented: [Authority]) {
        switch key.defect {
        case .unknownIssuer: return (foreign, key.chainCount > 1 ? [foreign] : [])
        case .revocationUnknown: return (withoutList, [withoutList])
        case .policy: return (lower, [lower, upper])
        case .chainTooLong:
            return (ladder[0], Array(repeating: ladder[0], count: Self.tooManyCount))
        case .sound, .expired, .notYetValid, .revoked, .wrongPurpose, .weakKey, .unmapped:
            let rung = min(max(1, key.chainCount - 1), ladder.count)
            return (ladder[rung - 1], key.chainCount > 1 ? ladder[..<rung].reversed() : [])
        }
    }

    /// CRLs by file name, of every authority but those that leave something open.
    ///
    /// - Parameter revoked: Serial numbers by the issuer's name.
    func revocationLists(
        _ revoked: [String: [[UInt8]]], _ validity: Validity
    ) throws(CryptoFault) -> [(name: String, list: [UInt8])] {
        var lists: [(String, [UInt8])] = []
        for (index, authority) in ([root] + ladder + [upper, lower]).enumerated() {
            let list = try authority.revocationList(revoked[authority.name] ?? [], validity)
            lists.append(("ca-\(index).crl", PEMText.block("X509 CRL", list)))
        }
        return lists
    }

    /// More than any gateway takes.
    private static let tooManyCount = 11
}
