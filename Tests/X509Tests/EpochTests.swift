import TestPKI
import Testing
import Text

@testable import X509

@Suite struct `Making an epoch` {
    let field = Field()

    func fault(anchors: [Certificate], intermediates: [Certificate] = []) -> TrustFault? {
        do throws(TrustFault) {
            _ = try TrustEpoch(
                store: "customers", number: TrustEpochNumber(1), anchors: anchors,
                intermediates: intermediates,
                policy: TrustPolicy())
            return nil
        } catch { return error }
    }

    @Test func `a store without anchors is refused`() {
        #expect(fault(anchors: []) == .noAnchors)
        #expect(fault(anchors: [], intermediates: [field.issuing.certificate]) == .noAnchors)
    }

    @Test func `a certificate that is no authority's is refused with its place and name`() {
        let own = TestAuthority(name: "Not A CA", isCA: false, keyUsage: nil).certificate
        guard case .notAuthority(let member) = fault(anchors: [field.root.certificate, own]) else {
            Issue.record("accepted")
            return
        }
        #expect(member.role == .anchor && member.ordinal == 2 && member.subject == "CN=Not A CA")
        let customer = field.issuing.issue("TSUSER0001").certificate
        guard
            case .notAuthority(let helper) = fault(
                anchors: [field.root.certificate], intermediates: [customer])
        else {
            Issue.record("accepted")
            return
        }
        #expect(helper.role == .intermediate && helper.ordinal == 1)
        let mute = TestAuthority(name: "May Not Sign", keyUsage: "critical,cRLSign").certificate
        #expect(fault(anchors: [mute]) != nil)
    }

    @Test func `a thousand certificates are a store, one more is not`() {
        let anchors = Array(repeating: field.root.certificate, count: 1000)
        #expect(fault(anchors: anchors) == nil)
        #expect(fault(anchors: anchors + [field.root.certificate]) == .tooManyCertificates(countMax: 1000))
    }

    @Test func `findings name what is old, young, doubled or foreign`() throws {
        let expired = TestAuthority(name: "Old", notAfter: midday.adding(seconds: -1)).certificate
        let young = TestAuthority(name: "Young", notBefore: midday.adding(seconds: 1)).certificate
        let epoch = try field.epoch(anchors: [field.root.certificate, expired, young, field.root.certificate])
        let findings = epoch.findings(at: midday)
        #expect(findings.map(\.kind) == [.expired, .notYetValid, .duplicate])
        #expect(findings.map(\.member.ordinal) == [2, 3, 4])
        #expect(try field.epoch().findings(at: midday).isEmpty)
    }

    @Test func `the content hash moves with content and policy, not with order, number or repetition`() throws
    {
        let other = TestAuthority(name: "Other").certificate
        let root = field.root.certificate
        let base = try field.epoch(anchors: [root, other]).contentHash
        #expect(try field.epoch(anchors: [other, root]).contentHash == base)
        #expect(try field.epoch(anchors: [other, root, root]).contentHash == base)
        #expect(try field.epoch(anchors: [root]).contentHash != base)
        #expect(try field.epoch(anchors: [root, other], intermediates: []).contentHash != base)
        // A certificate that changes its role changes the epoch.
        let swapped = try field.epoch(anchors: [root, field.issuing.certificate], intermediates: [other])
        #expect(swapped.contentHash != base)
        var seen = Set([base])
        let policies = [
            TrustPolicy(depthMax: 4), TrustPolicy(clientAuthPurpose: .allowAbsent),
            TrustPolicy(keyBitsMinRSA: 3072),
            TrustPolicy(chainBytesMax: 1000), TrustPolicy(chainCertificatesMax: 9),
        ]
        for policy in policies {
            let hash = try field.epoch(anchors: [root, other], policy: policy).contentHash
            #expect(seen.insert(hash).inserted)
        }
    }

    @Test func `row 34: names are advertised once each until they take more than 8 KiB`() throws {
        let root = field.root.certificate
        let few = try field.epoch(anchors: [root, root])
        #expect(few.advertisedNames == [root.subject.der, field.issuing.certificate.subject.der])
        // Each name of this form takes 27 + 50 bytes with its length in the request.
        let many = (0..<110).map { number -> Certificate in
            let digits = String(1000 + number)
            return TestAuthority(name: TestName([[.utf8("CN", String(repeating: "x", count: 59) + digits)]]))
                .certificate
        }
        let sizes = many.map { $0.subject.der.count + 2 }
        let size = try #require(sizes.first)
        #expect(Set(sizes).count == 1)
        let fitting = 8192 / size
        let full = try field.epoch(anchors: Array(many.prefix(fitting)), intermediates: [])
        #expect(full.advertisedNames.count == fitting)
        let over = try field.epoch(anchors: Array(many.prefix(fitting + 1)), intermediates: [])
        #expect(over.advertisedNames.isEmpty)
        #expect(over.findings(at: midday).map(\.kind) == [.namesTooLong])
    }

    @Test func `policy values are brought within their limits`() {
        let policy = TrustPolicy(
            depthMax: 11, keyBitsMinRSA: 1024, chainBytesMax: .max, chainCertificatesMax: 0)
        #expect(policy.depthMax == 10 && policy.keyBitsMinRSA == 2048)
        #expect(policy.chainBytesMax == 1024 * 1024 && policy.chainCertificatesMax == 1)
        var changed = TrustPolicy()
        changed.depthMax = 100
        changed.keyBitsMinRSA = 0
        #expect(changed.depthMax == 10 && changed.keyBitsMinRSA == 2048)
    }

    /// Without key identifiers only the name links a certificate to its issuer.
    @Test func `an authority that changed its key keeps its old and its new customers`() throws {
        let keys = (0..<3).map { _ in
            TestAuthority(name: "Rolled CA").intermediate(name: "Rolled Issuing", hasKeyIdentifiers: false)
        }
        let roots = (0..<3).map { _ in TestAuthority(name: "Rolled Root") }
        let issuing = roots.map { $0.intermediate(name: "Rolled Issuing", hasKeyIdentifiers: false) }
        let epoch = try field.epoch(
            anchors: roots.map(\.certificate), intermediates: issuing.map(\.certificate))
        for authority in issuing {
            let customer = authority.issue("TSUSER0001", hasKeyIdentifiers: false).certificate
            #expect(Outcome(epoch.judge([customer], at: midday)) == .trusted)
        }
        let impostor = keys[0].issue("TSUSER0001", hasKeyIdentifiers: false).certificate
        #expect(Outcome(epoch.judge([impostor], at: midday)) == .refused(.unknownIssuer))
    }

    @Test func `one epoch judges on many threads at once`() async throws {
        let epoch = try field.epoch()
        let good = field.issuing.issue("TSUSER0001").certificate
        let bad = TestAuthority(name: "Elsewhere").issue("TSUSER0001").certificate
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<50).allSatisfy { _ in
                        Outcome(epoch.judge([good], at: midday)) == .trusted
                            && Outcome(epoch.judge([bad], at: midday)) == .refused(.unknownIssuer)
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
