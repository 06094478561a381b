import Crypto
import Issuing
import Replay
import Testing
import Text
import X509

@testable import Mint

/// Certificates that are minted, as a gateway's trust store judges them.
struct CredentialMintTests {
    static let now = WallTime(seconds: 1_795_000_000)

    private func mint(_ keys: [CredentialKey]) throws -> CredentialMint {
        try CredentialMint(for: keys, rsaKeyCount: 1, at: Self.now, days: 90)
    }

    /// What an epoch of the minted authorities thinks of a client who presents all that it should.
    private func verdict(_ key: CredentialKey) throws -> (PeerVerdict, [Certificate]) {
        let mint = try mint([key])
        let credential = try mint.credential(key, number: 0)
        let authorities = mint.authorities
        let presented =
            try [credential.certificate]
            + credential.issuers.map { name in
                try #require(authorities.all.first { $0.name == name }).certificate
            }
        let lists = try mint.revocationLists().map { try RevocationList.parse($0.list) }.flatMap { $0 }
        let epoch = try TrustEpoch(
            store: "customers", number: TrustEpochNumber(1),
            anchors: [Certificate(der: authorities.root.certificate)],
            intermediates: authorities.intermediates.map { try Certificate(der: $0.certificate) },
            revocation: lists,
            policy: TrustPolicy(depthMax: 10, revocation: RevocationPolicy(check: .chain)))
        let chain = try presented.map { try Certificate(der: $0) }
        return (epoch.judge(chain, at: Self.now), chain)
    }

    private func key(
        _ defect: CredentialDefect, chain: Int = 2, kind: String = "EC P-256"
    ) -> CredentialKey {
        CredentialKey(customer: "8f3a9c0d1e2f4b5a", key: kind, chainCount: chain, defect: defect)
    }

    @Test(arguments: 1...6) func `a sound chain of any length is trusted and as long as asked for`(
        count: Int
    ) throws {
        let (verdict, chain) = try verdict(key(.sound, chain: count))
        guard case .trusted(let identity) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(chain.count == count)
        #expect(identity.leaf.subject.rfc4514.contains("CN=8f3a9c0d1e2f4b5a"))
    }

    @Test(arguments: ["EC P-256", "EC P-384", "EC P-521", "RSA 2048", "Ed25519"])
    func `every kind of key is made, trusted and called as it was asked for`(kind: String) throws {
        let (verdict, chain) = try verdict(key(.sound, kind: kind))
        guard case .trusted = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(chain.first?.keySummary == kind)
    }

    @Test(arguments: [
        CredentialDefect.expired, .notYetValid, .revoked, .unknownIssuer, .wrongPurpose, .chainTooLong,
        .revocationUnknown, .policy,
    ])
    func `what is to be wrong with a certificate is what it is refused for`(defect: CredentialDefect) throws {
        guard case .refused(let reason, _) = try verdict(key(defect)).0 else {
            Issue.record("not refused: \(defect)")
            return
        }
        #expect(reason.rawValue == defect.reason)
    }

    @Test func `a weak key is refused as such`() throws {
        guard case .refused(.weakKey, _) = try verdict(key(.weakKey, kind: "RSA 1024")).0 else {
            Issue.record("not refused")
            return
        }
    }

    @Test func `a certificate that leads to nobody is trusted and has no common name`() throws {
        let (verdict, chain) = try verdict(key(.unmapped))
        guard case .trusted = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(chain.first?.subject.rfc4514.contains("CN=") == false)
    }

    @Test func `a file's line holds a credential whole, and printing one shows no key`() throws {
        for kind in ["EC P-256", "RSA 2048", "Ed25519"] {
            let key = key(.sound, kind: kind)
            let credential = try mint([key]).credential(key, number: 0)
            let line = CredentialFile.line(of: credential)
            guard case .client(let read)? = CredentialFile.entry(Array(line.dropLast())) else {
                Issue.record("not read")
                return
            }
            #expect(read.key == credential.key && read.certificate == credential.certificate)
            #expect(read.issuers == credential.issuers)
            #expect(read.numbers.map(\.name) == credential.numbers.map(\.name))
            #expect(read.numbers.map(\.bytes) == credential.numbers.map(\.bytes))
            let number = try #require(credential.numbers.last { $0.name == "d" }).bytes
            let shown = "\(credential) \(String(reflecting: credential)) \(try CertificateKey(.ed25519))"
            #expect(!shown.contains(Base64URL.encode(number)) && !shown.contains("\(number)"))
        }
    }
}
