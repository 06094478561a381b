import COpenSSL
import Foundation
import TestPKI
import Testing
import Text

@testable import X509

/// Midday of 2026-06-15, inside the validity of everything made here unless a test says otherwise.
let midday = WallTime(seconds: 1_781_524_800)

/// How a verdict looks when only its kind matters.
enum Outcome: Equatable {
    case absent, trusted
    case refused(RefusalReason)

    init(_ verdict: PeerVerdict) {
        self =
            switch verdict {
            case .absent: .absent
            case .trusted: .trusted
            case .refused(let reason, _): .refused(reason)
            }
    }
}

/// A root, an issuing authority below it, and an epoch that trusts the root.
struct Field {
    let root = TestAuthority(name: "Test Root")
    let issuing: TestAuthority

    init() {
        issuing = root.intermediate(name: "Test Client CA G1")
    }

    func epoch(
        anchors: [Certificate]? = nil, intermediates: [Certificate]? = nil,
        policy: TrustPolicy = TrustPolicy()
    ) throws -> TrustEpoch {
        try TrustEpoch(
            store: "customers", number: TrustEpochNumber(7), anchors: anchors ?? [root.certificate],
            intermediates: intermediates ?? [issuing.certificate], policy: policy)
    }

    func outcome(
        of presented: TestCertificate..., policy: TrustPolicy = TrustPolicy(), at time: WallTime = midday
    ) throws -> Outcome {
        Outcome(try epoch(policy: policy).judge(presented.map(\.certificate), at: time))
    }
}

@Suite struct `Judging a peer` {
    let field = Field()

    @Test func `nothing presented is absence, not refusal`() throws {
        #expect(Outcome(try field.epoch().judge([], at: midday)) == .absent)
    }

    @Test func `a certificate of an unknown authority is refused`() throws {
        let stranger = TestAuthority(name: "Elsewhere").issue("TSUSER0001")
        #expect(try field.outcome(of: stranger) == .refused(.unknownIssuer))
    }

    @Test func `row 16: authorities of the system are never asked`() throws {
        let system = TestAuthority(name: "System Root")
        let path = "/tmp/sekisho-system-roots-\(getpid()).pem"
        try Data(system.pem).write(to: URL(filePath: path))
        defer { unsafe unlink(path) }
        for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            unsafe setenv(name, name == "SSL_CERT_FILE" ? path : "/tmp", 1)
        }
        defer { for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] { unsafe unsetenv(name) } }
        let customer = system.issue("TSUSER0001")
        #expect(try field.outcome(of: customer) == .refused(.unknownIssuer))
        #expect(try field.outcome(of: customer, system.identity) == .refused(.unknownIssuer))
        // The trap is set right: a store with the default paths trusts it.
        #expect(isTrustedByDefaultPaths(customer.certificate))
    }

    @Test func `a self-signed certificate is refused`() throws {
        let own = TestAuthority(name: "TSUSER0001", isCA: false, keyUsage: "digitalSignature")
        #expect(try field.outcome(of: own.identity) == .refused(.unknownIssuer))
    }

    @Test(arguments: [true, false])
    func `row 18: an authority of the same name with another key is unknown`(hasKeyIdentifiers: Bool) throws {
        let impostor = TestAuthority(name: "Test Root")
        let issuing = impostor.intermediate(name: "Test Client CA G1", hasKeyIdentifiers: hasKeyIdentifiers)
        let forged = issuing.issue("TSUSER0001", hasKeyIdentifiers: hasKeyIdentifiers)
        #expect(try field.outcome(of: forged) == .refused(.unknownIssuer))
        #expect(
            try field.outcome(of: forged, issuing.identity, impostor.identity) == .refused(.unknownIssuer))
        let direct = impostor.issue("TSUSER0001", hasKeyIdentifiers: hasKeyIdentifiers)
        #expect(try field.outcome(of: direct) == .refused(.unknownIssuer))
    }

    @Test func `a certificate signed with a customer's key is refused`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        let forger = TestAuthority(identity: customer)
        let forged = forger.issue("TSUSER0002")
        #expect(try field.outcome(of: forged, customer) != .trusted)
    }

    @Test func `a customer's certificate is trusted with the intermediate configured or presented`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        for intermediates in [[field.issuing.certificate], []] {
            let verdict = try field.epoch(intermediates: intermediates)
                .judge([customer.certificate, field.issuing.certificate], at: midday)
            guard case .trusted(let identity) = verdict else {
                Issue.record("refused: \(verdict)")
                return
            }
            #expect(identity.leaf == customer.certificate)
            #expect(
                identity.chain == [customer.certificate, field.issuing.certificate, field.root.certificate])
            #expect(identity.epoch == TrustEpochNumber(7))
        }
        #expect(try field.outcome(of: customer) == .trusted)
    }

    @Test func `a configured or presented intermediate is no anchor`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        let other = TestAuthority(name: "Other Root")
        let epoch = try field.epoch(anchors: [other.certificate])
        #expect(Outcome(epoch.judge([customer.certificate], at: midday)) == .refused(.unknownIssuer))
        let presented = [customer, field.issuing.identity, field.root.identity].map(\.certificate)
        #expect(Outcome(epoch.judge(presented, at: midday)) == .refused(.unknownIssuer))
    }

    @Test func `an issuing authority may be the anchor itself`() throws {
        #expect(throws: TrustFault.noSelfSignedAnchor) {
            try field.epoch(anchors: [field.issuing.certificate], intermediates: [])
        }
        let epoch = try field.epoch(
            anchors: [field.issuing.certificate], intermediates: [], policy: TrustPolicy(partialChain: true))
        let customer = field.issuing.issue("TSUSER0001").certificate
        #expect(Outcome(epoch.judge([customer], at: midday)) == .trusted)
        let cousin = field.root.intermediate(name: "Test Client CA G2").issue("TSUSER0001").certificate
        #expect(Outcome(epoch.judge([cousin], at: midday)) == .refused(.unknownIssuer))
        #expect(epoch.findings(at: midday).map(\.kind) == [.notSelfIssued])
    }

    @Test func `the anchor's own certificate proves no customer`() throws {
        #expect(try field.outcome(of: field.root.identity) == .refused(.wrongPurpose))
        #expect(try field.outcome(of: field.issuing.identity) == .refused(.wrongPurpose))
    }

    @Test func `a flipped bit in the signature is an unknown issuer`() throws {
        var der = field.issuing.issue("TSUSER0001").certificate.der
        der[der.count - 1] ^= 1
        let verdict = try field.epoch().judge([try Certificate(der: der)], at: midday)
        #expect(Outcome(verdict) == .refused(.unknownIssuer))
    }
}

/// What a server would think that loads the system's authorities.
private func isTrustedByDefaultPaths(_ certificate: Certificate) -> Bool {
    let store = unsafe X509_STORE_new()
    defer { unsafe X509_STORE_free(store) }
    unsafe X509_STORE_set_default_paths(store)
    let context = unsafe X509_STORE_CTX_new()
    defer { unsafe X509_STORE_CTX_free(context) }
    return unsafe certificate.withHandle { handle in
        unsafe X509_STORE_CTX_init(context, store, handle, nil) == 1 && X509_verify_cert(context) == 1
    }
}
