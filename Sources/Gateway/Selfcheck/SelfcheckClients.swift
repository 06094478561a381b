import Crypto
import Issuing
import Reactor
import Settings
import TLS
import Text
import X509

/// Clients of an authority that exists for one selfcheck, and that the checked gateway's trust stores know.
struct SelfcheckClients {
    /// What is wrong with a client's certificate.
    enum Defect: CaseIterable {
        case nothing, expired, notYetValid, wrongPurpose, revoked

        /// What a gateway is to say of it; nil when it is to trust it.
        var reason: RefusalReason? {
            switch self {
            case .nothing: nil
            case .expired: .expired
            case .notYetValid: .notYetValid
            case .wrongPurpose: .wrongPurpose
            case .revoked: .revoked
            }
        }
    }

    let identities: [Defect: ClientIdentity]
    private let anchorFile: String
    private let listFile: String

    /// Writes the authority and its list into a folder.
    init(in folder: String, at now: WallTime) throws {
        let validity = Validity(from: now, days: -1, to: 1)
        let authority = try Authority(root: "Selfcheck Root", of: "Sekisho Selfcheck", validity)
        var identities: [Defect: ClientIdentity] = [:]
        var revoked: [[UInt8]] = []
        for defect in Defect.allCases {
            let key = try CertificateKey(.ec(.p256))
            let dates =
                switch defect {
                case .expired: Validity(from: now, days: -2, to: -1)
                case .notYetValid: Validity(from: now, days: 1, to: 2)
                default: validity
                }
            let (certificate, serial) = try authority.issue(
                "selfcheck", for: key, dates, isForServers: defect == .wrongPurpose)
            if defect == .revoked { revoked.append(serial) }
            identities[defect] = ClientIdentity(
                chainPEM: PEMText.block("CERTIFICATE", certificate), keyPEM: Self.pem(key))
        }
        self.identities = identities
        anchorFile = "\(folder)/\(Self.fileNames[0])"
        listFile = "\(folder)/\(Self.fileNames[1])"
        let list = try authority.revocationList(revoked, validity)
        for (path, label, der) in [
            (anchorFile, "CERTIFICATE", authority.certificate), (listFile, "X509 CRL", list),
        ] {
            try Files.replace(path, with: PEMText.block(label, der), isPrivate: true)
        }
    }

    /// Lets a store know the authority, and its list where the store goes by lists.
    func introduce(to store: inout GatewaySettings.TrustStore) {
        store.anchors.append(anchorFile)
        let asksForLists = store.revocation.check.map { $0 != GatewaySettings.RevocationCheck.none }
        if asksForLists ?? !store.crls.isEmpty { store.crls.append(listFile) }
    }

    /// Whether a store that knows the authority goes by its list.
    func haveList(in store: GatewaySettings.TrustStore) -> Bool { store.crls.contains(listFile) }

    /// ECPrivateKey (RFC 5915 §3).
    private static func pem(_ key: CertificateKey) -> [UInt8] {
        let number = key.numbers.first { $0.name == "d" }?.bytes ?? []
        let curve: [UInt8] = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        return PEMText.block(
            "EC PRIVATE KEY",
            DER.sequence(DER.integer(1), DER.octets(number), DER.element(0xA0, curve)))
    }

    static let fileNames = ["selfcheck-anchor.pem", "selfcheck.crl"]
}
