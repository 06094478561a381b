import COpenSSL
import TestPKI
import Testing
import Text

@testable import X509

/// All that a certificate may be reached through, and what a store makes of it.
private struct Maze {
    var anchors: [Certificate]
    var intermediates: [Certificate] = []
    var presented: [Certificate] = []
    var policy = TrustPolicy()

    func outcome(_ customer: TestCertificate) throws -> Outcome {
        let epoch = try TrustEpoch(
            store: "customers", number: TrustEpochNumber(1), anchors: anchors, intermediates: intermediates,
            policy: policy)
        return Outcome(epoch.judge([customer.certificate] + presented, at: midday))
    }

    /// The same with helpers in every order and place.
    func outcomes(_ customer: TestCertificate) throws -> Set<String> {
        let helpers = intermediates + presented
        var seen: Set<String> = []
        for turn in 0..<max(1, helpers.count) {
            let order = Array(helpers[turn...] + helpers[..<turn])
            for maze in [
                Maze(anchors: anchors, intermediates: order, policy: policy),
                Maze(anchors: anchors.reversed(), presented: order.reversed(), policy: policy),
            ] {
                seen.insert("\(try maze.outcome(customer))")
            }
        }
        return seen
    }

    func libcrypto(_ customer: TestCertificate) -> Int32 {
        verifyCode(customer.certificate, presented + intermediates, anchors, at: midday)
    }
}

@Suite struct `Finding a path` {
    let root = TestAuthority(name: "Root")
    let past = midday.adding(seconds: -1)

    @Test func `an expired cross-certificate hides no good one, where it does for libcrypto`() throws {
        let issuing = root.intermediate(name: "Issuing", hasKeyIdentifiers: false)
        let customer = issuing.issue("TSUSER0001", hasKeyIdentifiers: false)
        let other = TestAuthority(name: "Other Root")
        let expired = other.certify(issuing, notAfter: past)
        let maze = Maze(
            anchors: [root.certificate, other.certificate],
            intermediates: [expired.certificate, issuing.certificate])
        #expect(try maze.outcomes(customer) == ["trusted"])
    }

    /// What makes a path bad, when it is not the signature, shows only when the whole path is verified.
    @Test func `a way that breaks a rule further up is left for another`() throws {
        let limits: [TestExtension] = [
            TestExtension("nameConstraints", "critical,excluded;dirName:excludedName"),
            TestExtension("policyConstraints", "critical,requireExplicitPolicy:0"),
            TestExtension("extendedKeyUsage", "serverAuth"), TestExtension("1.2.3.4", "critical,DER:0500"),
        ]
        let middle = root.intermediate(name: "Middle")
        let issuing = middle.intermediate(name: "Issuing")
        let customer = issuing.issue("TSUSER0001", san: ["DNS:pc.bank.example"])
        for limit in limits {
            let limited =
                limit.name == "nameConstraints"
                ? TestExtension("nameConstraints", "critical,excluded;DNS:bank.example") : limit
            // The same authority, crossed from above with the limit.
            let crossed = TestAuthority(name: "Other Root").certify(middle, extensions: [limited])
            let within = root.certify(middle, extensions: [limited])
            let maze = Maze(
                anchors: [root.certificate],
                intermediates: [
                    crossed.certificate, within.certificate, middle.certificate, issuing.certificate,
                ])
            #expect(try maze.outcomes(customer) == ["trusted"], "\(limit.name)")
            let only = Maze(
                anchors: [root.certificate], intermediates: [within.certificate, issuing.certificate])
            #expect(try only.outcome(customer) != .trusted, "\(limit.name)")
        }
        let short = root.certify(middle, pathLength: 0)
        let maze = Maze(
            anchors: [root.certificate],
            intermediates: [short.certificate, middle.certificate, issuing.certificate])
        #expect(try maze.outcomes(customer) == ["trusted"])
    }

    @Test func `a weak or revoked way is left for another, since both refuse the path and not the leaf`()
        throws
    {
        let issuing = root.intermediate(name: "Issuing")
        let weakRoot = TestAuthority(name: "Weak Root", key: .rsa1024)
        let crossed = weakRoot.certify(issuing)
        let customer = issuing.issue("TSUSER0001")
        let maze = Maze(
            anchors: [weakRoot.certificate, root.certificate],
            intermediates: [crossed.certificate, issuing.certificate])
        #expect(try maze.outcomes(customer) == ["trusted"])

        let other = TestAuthority(name: "Other Root")
        let revoked = other.certify(issuing)
        func list(_ entries: [TestRevocationList.Entry], _ authority: TestAuthority) throws -> RevocationList
        {
            try RevocationList(der: TestRevocationList(entries, at: midday).signed(by: authority))
        }
        let epoch = try TrustEpoch(
            store: "customers", number: TrustEpochNumber(1), anchors: [other.certificate, root.certificate],
            intermediates: [revoked.certificate, issuing.certificate],
            revocation: [
                list([.init(revoked.certificate)], other), list([], root), list([], issuing),
            ], policy: TrustPolicy(revocation: RevocationPolicy(check: .chain)))
        #expect(Outcome(epoch.judge([customer.certificate], at: midday)) == .trusted)
    }

    @Test func `a rotated root is reached from its old and its new side`() throws {
        let new = TestAuthority(name: "Root 2")
        let newByOld = root.certify(new)
        let oldByNew = new.certify(root)
        let issuing = new.intermediate(name: "Issuing 2")
        let customer = issuing.issue("TSUSER0001")
        let oldCustomer = root.intermediate(name: "Issuing 1")
        for anchors in [[root.certificate], [new.certificate], [root.certificate, new.certificate]] {
            let maze = Maze(
                anchors: anchors,
                intermediates: [
                    newByOld.certificate, oldByNew.certificate, issuing.certificate, oldCustomer.certificate,
                ])
            #expect(try maze.outcomes(customer) == ["trusted"])
            #expect(try maze.outcomes(oldCustomer.issue("TSUSER0002")) == ["trusted"])
        }
    }

    @Test func `authorities that certify each other are no way up, and no way round for ever`() throws {
        let a = TestAuthority(name: "A")
        let b = TestAuthority(name: "B")
        let loop = [a.certify(b).certificate, b.certify(a).certificate]
        let customer = a.issue("TSUSER0001")
        #expect(
            try Maze(anchors: [root.certificate], intermediates: loop).outcomes(customer) == [
                "refused(X509.RefusalReason.unknownIssuer)"
            ])
        let exit = root.certify(b).certificate
        #expect(
            try Maze(anchors: [root.certificate], intermediates: loop + [exit]).outcomes(customer) == [
                "trusted"
            ])
    }

    @Test func `the right one of many authorities with one name is found`() throws {
        let named = (0..<6).map { _ in root.intermediate(name: "Issuing", hasKeyIdentifiers: false) }
        for authority in named {
            let customer = authority.issue("TSUSER0001", hasKeyIdentifiers: false)
            let maze = Maze(anchors: [root.certificate], intermediates: named.map(\.certificate))
            #expect(try maze.outcomes(customer) == ["trusted"])
        }
        let stranger = TestAuthority(name: "Issuing").issue("TSUSER0001", hasKeyIdentifiers: false)
        let maze = Maze(anchors: [root.certificate], intermediates: named.map(\.certificate))
        #expect(try maze.outcomes(stranger) == ["refused(X509.RefusalReason.unknownIssuer)"])
    }

    @Test func `row 33: a thicket of certificates is refused within the bounds of the search`() throws {
        // Nine namesakes that may each have issued the others, and a tenth that has issued the leaf.
        let named = (0..<9).map { _ in
            TestAuthority(name: "Root").intermediate(name: "Root", hasKeyIdentifiers: false)
        }
        let customer = TestAuthority(name: "Root").issue("TSUSER0001", hasKeyIdentifiers: false)
        let maze = Maze(anchors: [root.certificate], presented: named.map(\.certificate))
        #expect(try maze.outcome(customer) == .refused(.unknownIssuer))
        let builder = PathBuilder(anchors: maze.anchors, intermediates: [], policy: maze.policy)
        var search = PathSearch(
            builder: builder, presented: maze.presented, time: midday, path: [customer.certificate])
        search.extend { _ in }
        #expect(search.attemptCount <= 32)
    }

    @Test func `an intermediate among the anchors helps, and ends a path only where the policy says so`()
        throws
    {
        let issuing = root.intermediate(name: "Issuing")
        let customer = issuing.issue("TSUSER0001")
        let other = TestAuthority(name: "Other Root")
        let mixed = Maze(anchors: [issuing.certificate, root.certificate])
        #expect(try mixed.outcome(customer) == .trusted)
        #expect(mixed.libcrypto(customer) == X509_V_OK)
        var apart = Maze(anchors: [issuing.certificate, other.certificate])
        #expect(try apart.outcome(customer) == .refused(.unknownIssuer))
        #expect(apart.libcrypto(customer) != X509_V_OK)
        apart.policy.partialChain = true
        #expect(try apart.outcome(customer) == .trusted)
    }

    /// Six authorities that certify each other at random, some of them badly.
    @Test func `whatever libcrypto finds is found, and whatever any order of it would`() throws {
        var random = SeededGenerator(seed: 20_260_615)
        var counts = (trusted: 0, beyond: 0)
        for _ in 0..<120 {
            let roots = (0..<2).map { TestAuthority(name: TestName([[.utf8("CN", "Root \($0)")]])) }
            let others = (0..<4).map {
                // Two of them share a name.
                TestAuthority(name: TestName([[.utf8("CN", "Authority \($0 / 2 * 2)")]]))
            }
            var certificates: [Certificate] = []
            for subject in others {
                for issuer in roots + others where Bool.random(using: &random) {
                    let kind = Int.random(in: 0..<6, using: &random)
                    certificates.append(
                        issuer.certify(
                            subject, notAfter: kind == 0 ? past : TestAuthority.notAfter,
                            pathLength: kind == 1 ? 0 : nil, hasKeyIdentifiers: kind > 2
                        ).certificate)
                }
            }
            certificates = Array(certificates.shuffled(using: &random).prefix(9))
            let customer = others[Int.random(in: 0..<4, using: &random)].issue(
                "TSUSER0001", hasKeyIdentifiers: false)
            let maze = Maze(anchors: roots.map(\.certificate), presented: certificates)
            let ours = try maze.outcome(customer)
            let plain = maze.libcrypto(customer) == X509_V_OK
            if plain { #expect(ours == .trusted) }
            let any = plain || anyPath(customer.certificate, certificates, roots.map(\.certificate))
            #expect((ours == .trusted) == any)
            if any { counts.trusted += 1 }
            if any, !plain { counts.beyond += 1 }
        }
        // The maze is worth its name: many have a way, and some a way that libcrypto does not find.
        #expect(counts.trusted > 30 && counts.beyond > 0, "\(counts)")
    }

    /// Every way there is, up to three intermediates, each given to libcrypto alone.
    private func anyPath(_ leaf: Certificate, _ helpers: [Certificate], _ roots: [Certificate]) -> Bool {
        func search(_ path: [Certificate]) -> Bool {
            for root in roots where root.subject == path.last?.issuer {
                if verifyCode(leaf, Array(path.dropFirst()), [root], at: midday) == X509_V_OK { return true }
            }
            guard path.count <= 3 else { return false }
            return helpers.contains { helper in
                helper.subject == path.last?.issuer && !path.contains(helper) && search(path + [helper])
            }
        }
        return search([leaf])
    }
}

@Suite struct `Certificate policies` {
    let root = TestAuthority(name: "Root")

    func outcome(
        authority: [TestExtension] = [], leaf: [TestExtension] = [], required: Set<String> = []
    ) throws -> Outcome {
        let issuing = root.intermediate(name: "Issuing", extensions: authority)
        let customer = issuing.issue("TSUSER0001", extensions: leaf)
        return try Maze(
            anchors: [root.certificate], intermediates: [issuing.certificate],
            policy: TrustPolicy(requiredPolicies: required)
        ).outcome(customer)
    }

    func policies(_ oids: String) -> [TestExtension] { [TestExtension("certificatePolicies", oids)] }

    @Test func `a path is valid for one of the required policies, or refused`() throws {
        let mine = policies("1.2.392.1.1")
        #expect(try outcome(authority: mine, leaf: mine, required: ["1.2.392.1.1"]) == .trusted)
        #expect(
            try outcome(authority: mine, leaf: mine, required: ["1.2.392.9.9", "1.2.392.1.1"]) == .trusted)
        #expect(
            try outcome(authority: policies("2.5.29.32.0"), leaf: mine, required: ["1.2.392.1.1"]) == .trusted
        )
        for (authority, leaf) in [
            (mine, policies("1.2.392.2.2")), (policies("1.2.392.2.2"), mine), (mine, []), ([], mine),
            ([], []),
        ] {
            #expect(
                try outcome(authority: authority, leaf: leaf, required: ["1.2.392.1.1"]) == .refused(.policy))
        }
        // Nothing required: any policy, or none.
        #expect(try outcome(authority: mine, leaf: policies("1.2.392.2.2")) == .trusted)
        #expect(try outcome() == .trusted)
    }

    @Test func `a policy that is no object identifier lets nobody pass`() throws {
        let mine = policies("1.2.392.1.1")
        #expect(try outcome(authority: mine, leaf: mine, required: ["nonsense"]) == .refused(.policy))
    }

    @Test func `an authority's demand for a policy is never ignored`() throws {
        let demand = TestExtension("policyConstraints", "critical,requireExplicitPolicy:0")
        let mine = policies("1.2.392.1.1")
        #expect(try outcome(authority: mine + [demand], leaf: mine) == .trusted)
        #expect(try outcome(authority: mine + [demand]) == .refused(.policy))
        #expect(try outcome(authority: [demand]) == .refused(.policy))
        // anyPolicy forbidden below the authority (CVE-2023-0465 was about ignoring such a leaf).
        let inhibit = TestExtension("inhibitAnyPolicy", "critical,0")
        #expect(
            try outcome(authority: mine + [demand, inhibit], leaf: policies("2.5.29.32.0"))
                == .refused(.policy))
    }

    @Test func `policies that do not decode, or are there twice, are refused`() throws {
        let broken = [TestExtension("2.5.29.32", "DER:0500")]
        #expect(try outcome(leaf: broken, required: ["1.2.392.1.1"]) != .trusted)
        let twice = policies("1.2.392.1.1") + policies("1.2.392.1.1")
        #expect(
            try outcome(authority: policies("1.2.392.1.1"), leaf: twice, required: ["1.2.392.1.1"])
                != .trusted)
    }
}

/// The same numbers every time.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
