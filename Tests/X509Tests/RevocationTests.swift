import TestPKI
import Testing
import Text

@testable import X509

extension Field {
    func list(
        _ revoked: [TestRevocationList.Entry] = [], number: UInt64? = 1, by authority: TestAuthority? = nil,
        change: (inout TestRevocationList) -> Void = { _ in }
    ) throws -> RevocationList {
        var list = TestRevocationList(revoked, number: number, at: midday)
        change(&list)
        return try RevocationList(der: list.signed(by: authority ?? issuing))
    }

    func epoch(
        lists: [RevocationList], _ revocation: RevocationPolicy = RevocationPolicy(check: .leaf),
        anchors: [Certificate]? = nil, intermediates: [Certificate]? = nil
    ) throws -> TrustEpoch {
        try TrustEpoch(
            store: "customers", number: TrustEpochNumber(8), anchors: anchors ?? [root.certificate],
            intermediates: intermediates ?? [issuing.certificate], revocation: lists,
            policy: TrustPolicy(revocation: revocation))
    }
}

func outcome(_ epoch: TrustEpoch, _ presented: TestCertificate..., at time: WallTime = midday) -> Outcome {
    Outcome(epoch.judge(presented.map(\.certificate), at: time))
}

/// Where a list of a test is due.
let due = midday.adding(seconds: 86_340)

@Suite struct `Asking a revocation list` {
    let field = Field()

    @Test func `who is listed is refused, who is not is trusted, whatever the reason`() throws {
        for reason: UInt8? in [nil, 0, 1, 6, 9] {
            let revoked = field.issuing.issue("TSUSER0006")
            let epoch = try field.epoch(lists: [field.list([.init(revoked.certificate, reason: reason)])])
            #expect(outcome(epoch, revoked) == .refused(.revoked))
            #expect(outcome(epoch, field.issuing.issue("TSUSER0001")) == .trusted)
        }
    }

    @Test func `row 19: the same serial number of another authority is not revoked`() throws {
        let other = field.root.intermediate(name: "Test Client CA G2")
        let first = field.issuing.issue("TSUSER0001", serial: [1])
        let second = other.issue("TSUSER0001", serial: [1])
        let epoch = try field.epoch(
            lists: [field.list([.init(serial: [1])]), field.list(by: other)],
            intermediates: [field.issuing.certificate, other.certificate])
        #expect(outcome(epoch, first) == .refused(.revoked))
        #expect(outcome(epoch, second) == .trusted)
    }

    @Test func `of two authorities with one key each is asked by its name`() throws {
        let renamed = field.root.certify(field.issuing, as: "Test Client CA G1 (renamed)")
        let first = field.issuing.issue("TSUSER0001", serial: [7])
        let second = renamed.issue("TSUSER0001", serial: [7])
        for lists in [
            [try field.list([.init(serial: [7])]), try field.list(by: renamed)],
            [try field.list(by: renamed), try field.list([.init(serial: [7])])],
        ] {
            let epoch = try field.epoch(
                lists: lists, intermediates: [field.issuing.certificate, renamed.certificate])
            #expect(epoch.revocationListsInUse.count == 2)
            #expect(outcome(epoch, first) == .refused(.revoked))
            #expect(outcome(epoch, second) == .trusted)
        }
        let alone = try field.epoch(
            lists: [field.list()], intermediates: [field.issuing.certificate, renamed.certificate])
        #expect(outcome(alone, first) == .trusted)
        #expect(outcome(alone, second) == .refused(.revocationUnknown))
    }

    @Test func `every certificate of the path is asked about, or the leaf alone, or none`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        let revoked = try field.list([.init(field.issuing.certificate)], by: field.root)
        let lists = [revoked, try field.list()]
        for (check, expected) in [
            (RevocationPolicy.Check.chain, Outcome.refused(.revoked)), (.leaf, .trusted), (.none, .trusted),
        ] {
            #expect(
                outcome(try field.epoch(lists: lists, RevocationPolicy(check: check)), customer) == expected)
        }
        let good = [try field.list(by: field.root), try field.list([.init(customer.certificate)])]
        #expect(
            outcome(try field.epoch(lists: good, RevocationPolicy(check: .chain)), customer)
                == .refused(.revoked))
        #expect(outcome(try field.epoch(lists: good, RevocationPolicy(check: .none)), customer) == .trusted)
        for check in RevocationPolicy.Check.allCases {
            let findings = try field.epoch(lists: good, RevocationPolicy(check: check)).findings(at: midday)
            #expect(findings.map(\.kind) == (check == .none ? [.crlNotAsked] : []))
        }
        // With `chain` the root must say something about its intermediates.
        let half = try field.epoch(lists: [field.list()], RevocationPolicy(check: .chain))
        #expect(outcome(half, customer) == .refused(.revocationUnknown))
    }

    @Test(arguments: [TestKeyKind.p256, .p384, .rsa2048, .ed25519])
    func `lists signed by any strong key are verified`(kind: TestKeyKind) throws {
        let issuing = field.root.intermediate(name: "Strong CA", key: kind)
        let revoked = issuing.issue("TSUSER0006")
        var der = TestRevocationList([.init(revoked.certificate)], at: midday).signed(by: issuing)
        func findings() throws -> [TrustFinding.Kind] {
            let epoch = try field.epoch(
                lists: [RevocationList(der: der)], intermediates: [issuing.certificate])
            if epoch.revocationListsInUse.count == 1 {
                #expect(outcome(epoch, revoked) == .refused(.revoked))
            }
            return epoch.findings(at: midday).map(\.kind).filter { $0 != .crlMissing }
        }
        #expect(try findings() == [])
        der[der.count - 1] ^= 1
        #expect(try findings() == [.crlWrongSignature])
    }

    @Test func `a list signed with RSASSA-PSS is verified`() throws {
        let issuing = field.root.intermediate(name: "PSS CA", key: .rsa2048)
        var list = TestRevocationList(at: midday)
        list.isPSS = true
        let epoch = try field.epoch(
            lists: [RevocationList(der: list.signed(by: issuing))], intermediates: [issuing.certificate])
        #expect(epoch.revocationListsInUse.count == 1)
        list.digest = .sha1
        #expect(listFault(list.signed(by: issuing)) == .weakSignature(algorithm: "RSASSA-PSS"))
    }

    @Test func `an authority is known by its name however it is written, and by its key`() throws {
        let name = TestName([[.printable("CN", "Written CA")]])
        let issuing = field.root.intermediate(name: name)
        let otherwise = TestAuthority(name: TestName([[.utf8("CN", "WRITTEN  ca")]]))
        let revoked = issuing.issue("TSUSER0006")
        let der = TestRevocationList([.init(revoked.certificate)], at: midday)
            .signed(by: issuing, named: otherwise.certificate)
        let epoch = try field.epoch(lists: [RevocationList(der: der)], intermediates: [issuing.certificate])
        #expect(outcome(epoch, revoked) == .refused(.revoked))
    }

    /// The client presents a certificate of the authority that the store does not have.
    @Test func `a list answers for its authority below a cross-certificate, too`() throws {
        let other = TestAuthority(name: "Other Root")
        let crossed = other.certify(field.issuing)
        let revoked = field.issuing.issue("TSUSER0006")
        let epoch = try field.epoch(
            lists: [field.list([.init(revoked.certificate)])],
            anchors: [field.root.certificate, other.certificate])
        #expect(outcome(epoch, revoked, crossed.identity) == .refused(.revoked))
        let good = field.issuing.issue("TSUSER0001")
        #expect(outcome(epoch, good, crossed.identity) == .trusted)
    }

    @Test func `row 30: a verdict is good until the list is due, or the certificate ends`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        func until(_ policy: RevocationPolicy, at time: WallTime = midday) throws -> (
            WallTime, PeerIdentity.Revocation
        )? {
            let verdict = try field.epoch(lists: [field.list()], policy)
                .judge([customer.certificate], at: time)
            guard case .trusted(let identity) = verdict else { return nil }
            return (identity.validUntil, identity.revocation)
        }
        #expect(try until(.init(check: .none))! == (TestAuthority.notAfter, .notAsked))
        #expect(try until(.init(check: .leaf))! == (due, .known))
        let grace = RevocationPolicy(check: .leaf, tolerance: .grace(hours: 2))
        #expect(try until(grace, at: due)! == (due.adding(seconds: 7200), .tolerated))
        let allow = RevocationPolicy(check: .leaf, tolerance: .allow)
        #expect(try until(allow, at: due)! == (TestAuthority.notAfter, .tolerated))
    }

    @Test func `row 30: of several lists that are asked the first that is due ends a verdict`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        func list(_ reasons: [UInt8], due: WallTime) throws -> RevocationList {
            try field.list { list in
                list.extensions = [TestRevocationList.scope(reasons)]
                list.nextUpdate = due
            }
        }
        // Key compromise in one list, all other reasons in another.
        let (first, second) = ([0x83, 2, 6, 0x40] as [UInt8], [0x83, 3, 7, 0x3F, 0x80] as [UInt8])
        let (early, late) = (midday.adding(seconds: 60), midday.adding(seconds: 7200))
        for (ofFirst, ofSecond) in [(early, late), (late, early)] {
            let lists = [try list(first, due: ofFirst), try list(second, due: ofSecond)]
            let grace = RevocationPolicy(check: .leaf, tolerance: .grace(hours: 1))
            let strict = try field.epoch(lists: lists)
            guard case .trusted(let identity) = strict.judge([customer.certificate], at: midday) else {
                Issue.record("refused")
                return
            }
            #expect(identity.validUntil == early)
            let epoch = try field.epoch(lists: lists, grace)
            guard case .trusted(let tolerated) = epoch.judge([customer.certificate], at: early) else {
                Issue.record("refused")
                return
            }
            #expect(tolerated.validUntil == early.adding(seconds: 3600))
        }
        // And of the lists of a chain.
        let chain = try field.epoch(
            lists: [
                field.list { $0.nextUpdate = late }, field.list(by: field.root) { $0.nextUpdate = early },
            ],
            RevocationPolicy(check: .chain))
        guard case .trusted(let identity) = chain.judge([customer.certificate], at: midday) else {
            Issue.record("refused")
            return
        }
        #expect(identity.validUntil == early)
    }
}

@Suite struct `Tolerating what nobody knows` {
    let field = Field()

    @Test(arguments: [
        (RevocationPolicy.Tolerance.deny, Int64(0)), (.grace(hours: 3), 3 * 3600), (.allow, 1_000_000),
    ])
    func `row 20: a stale list is met as the policy says, to the second`(
        tolerance: RevocationPolicy.Tolerance, seconds: Int64
    ) throws {
        let customer = field.issuing.issue("TSUSER0001")
        let revoked = field.issuing.issue("TSUSER0006")
        let epoch = try field.epoch(
            lists: [field.list([.init(revoked.certificate)])],
            RevocationPolicy(check: .leaf, tolerance: tolerance))
        let last = due.adding(seconds: seconds - 1)
        #expect(outcome(epoch, customer, at: last) == .trusted)
        let expected: Outcome = tolerance == .allow ? .trusted : .refused(.revocationUnknown)
        #expect(outcome(epoch, customer, at: last.adding(seconds: 1)) == expected)
        // What it lists stays revoked for ever.
        #expect(outcome(epoch, revoked, at: due.adding(seconds: 10_000_000)) == .refused(.revoked))
        #expect(epoch.findings(at: due.adding(seconds: -1)).map(\.kind) == [])
        #expect(epoch.findings(at: due).map(\.kind) == [.crlStale])
    }

    @Test func `row 21: one authority without a list leaves the customers of the other alone`() throws {
        let other = field.root.intermediate(name: "Test Client CA G2")
        let mine = field.issuing.issue("TSUSER0001")
        let theirs = other.issue("TSUSER0002")
        func epoch(_ tolerance: RevocationPolicy.Tolerance) throws -> TrustEpoch {
            try field.epoch(
                lists: [field.list()],
                RevocationPolicy(check: .leaf, exceptions: [other.certificate.subject.der: tolerance]),
                intermediates: [field.issuing.certificate, other.certificate])
        }
        for (tolerance, expected) in [
            (RevocationPolicy.Tolerance.deny, Outcome.refused(.revocationUnknown)),
            (.grace(hours: 1), .refused(.revocationUnknown)), (.allow, .trusted),
        ] {
            let epoch = try epoch(tolerance)
            #expect(outcome(epoch, mine) == .trusted)
            #expect(outcome(epoch, theirs) == expected)
            // Tolerated or not, the operator is told.
            let findings = epoch.findings(at: midday)
            #expect(findings.map(\.kind) == [.crlMissing])
            #expect(findings.map(\.member.subject) == ["CN=Test Client CA G2"])
        }
    }

    @Test func `a stale list of one authority is that one's trouble alone`() throws {
        let other = field.root.intermediate(name: "Test Client CA G2")
        let long = try field.list { $0.nextUpdate = due.adding(seconds: 86_400) }
        let epoch = try field.epoch(
            lists: [long, field.list(by: other)], RevocationPolicy(check: .leaf),
            intermediates: [field.issuing.certificate, other.certificate])
        #expect(outcome(epoch, field.issuing.issue("TSUSER0001"), at: due) == .trusted)
        #expect(outcome(epoch, other.issue("TSUSER0002"), at: due) == .refused(.revocationUnknown))
    }

    @Test func `a list from the future says nothing yet but who is revoked`() throws {
        let revoked = field.issuing.issue("TSUSER0006")
        let list = try field.list([.init(revoked.certificate)]) { $0.thisUpdate = midday.adding(seconds: 1) }
        let epoch = try field.epoch(lists: [list])
        #expect(outcome(epoch, field.issuing.issue("TSUSER0001")) == .refused(.revocationUnknown))
        #expect(outcome(epoch, revoked) == .refused(.revoked))
        #expect(outcome(epoch, field.issuing.issue("TSUSER0001"), at: midday.adding(seconds: 1)) == .trusted)
        #expect(epoch.findings(at: midday).map(\.kind) == [.crlNotYetValid])
    }

    /// Stricter than libcrypto, which asks only the complete list about its time.
    @Test func `a stale delta makes its list stale`() throws {
        let lists = [
            try field.list(number: 5) { $0.nextUpdate = due.adding(seconds: 100) },
            try field.list(number: 6) { $0.extensions = [TestRevocationList.delta(base: 5)] },
        ]
        let epoch = try field.epoch(lists: lists)
        let customer = field.issuing.issue("TSUSER0001")
        #expect(outcome(epoch, customer, at: due.adding(seconds: -1)) == .trusted)
        #expect(outcome(epoch, customer, at: due) == .refused(.revocationUnknown))
        // Taking the delta away goes back in time.
        let without = try field.epoch(lists: [lists[0]])
        #expect(without.objections(replacing: epoch, at: midday).map(\.kind) == [.crlOlder])
        let alone = try field.epoch(lists: [lists[1]])
        #expect(alone.findings(at: midday).map(\.kind) == [.crlWithoutBase, .crlMissing])
    }

    @Test func `a list that is never due is used, and reported`() throws {
        let epoch = try field.epoch(lists: [field.list { $0.nextUpdate = nil }])
        #expect(outcome(epoch, field.issuing.issue("TSUSER0001"), at: due.adding(seconds: 1)) == .trusted)
        #expect(epoch.findings(at: midday).map(\.kind) == [.crlWithoutNextUpdate])
    }
}

@Suite struct `Taking up a revocation list` {
    let field = Field()

    func kinds(_ lists: [RevocationList]) throws -> [TrustFinding.Kind] {
        try field.epoch(lists: lists).findings(at: midday).map(\.kind)
    }

    @Test func `row 22: of two lists the one with the higher number counts, in any order`() throws {
        let freed = field.issuing.issue("TSUSER0001")
        let revoked = field.issuing.issue("TSUSER0006")
        let first = try field.list([.init(freed.certificate)], number: 9)
        let second = try field.list([.init(revoked.certificate)], number: 10)
        for lists in [[first, second], [second, first]] {
            let epoch = try field.epoch(lists: lists)
            #expect(outcome(epoch, revoked) == .refused(.revoked))
            #expect(outcome(epoch, freed) == .trusted)
            #expect(epoch.findings(at: midday).map(\.kind) == [.crlSuperseded])
            #expect(epoch.revocationListsInUse.map(\.number) == [RevocationListNumber(10)])
        }
    }

    @Test
    func `row 22: a list older than the one in force is refused, the same again and a newer one are not`()
        throws
    {
        func objections(_ new: RevocationList?, _ old: RevocationList) throws -> [TrustFinding.Kind] {
            let before = try field.epoch(lists: [old])
            return try field.epoch(lists: new.map { [$0] } ?? [])
                .objections(replacing: before, at: midday).map(\.kind)
        }
        let five = try field.list(number: 5)
        #expect(try objections(field.list(number: 4), five) == [.crlOlder])
        #expect(try objections(field.list(number: 5), five) == [])
        #expect(try objections(field.list(number: 6), five) == [])
        #expect(try objections(nil, five) == [.crlGone])
        // By date where an authority does not count.
        let dated = try field.list(number: nil)
        let older = try field.list(number: nil) { $0.thisUpdate = midday.adding(seconds: -61) }
        #expect(try objections(older, dated) == [.crlOlder])
        #expect(try objections(dated, older) == [])
        // An authority that leaves takes its list along.
        let other = field.root.intermediate(name: "Other CA")
        let without = try field.epoch(lists: [], intermediates: [other.certificate])
        #expect(try without.objections(replacing: field.epoch(lists: [five]), at: midday).map(\.kind) == [])
        #expect(RevocationListNumber(256) > RevocationListNumber(255))
        #expect(RevocationListNumber(.max) > RevocationListNumber(0))
    }

    @Test func `row 23: a list by an authority of the same name with another key is refused`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        let impostor = TestAuthority(name: "Test Client CA G1")
        let forged = try field.list([.init(customer.certificate)], number: 99, by: impostor)
        let epoch = try field.epoch(lists: [forged, field.list()])
        #expect(outcome(epoch, customer) == .trusted)
        #expect(epoch.findings(at: midday).map(\.kind) == [.crlWrongSignature])
        let alone = try field.epoch(lists: [forged])
        #expect(outcome(alone, customer) == .refused(.revocationUnknown))
        #expect(alone.objections(replacing: epoch, at: midday).map(\.kind) == [.crlWrongSignature, .crlGone])
        #expect(
            alone.findings(at: midday).filter(\.refusesReplacement).map(\.member.role) == [.revocationList])
    }

    /// Both keys of the name are in the store: each has its own list, and neither answers for the other.
    @Test func `row 23: two authorities of one name are told apart by key`() throws {
        let second = field.root.intermediate(name: "Test Client CA G1")
        let mine = field.issuing.issue("TSUSER0001", serial: [7])
        let theirs = second.issue("TSUSER0002", serial: [7])
        let epoch = try field.epoch(
            lists: [field.list([.init(serial: [7])]), field.list(by: second)],
            intermediates: [field.issuing.certificate, second.certificate])
        #expect(outcome(epoch, mine) == .refused(.revoked))
        #expect(outcome(epoch, theirs) == .trusted)
        let half = try field.epoch(
            lists: [field.list()], intermediates: [field.issuing.certificate, second.certificate])
        #expect(outcome(half, theirs) == .refused(.revocationUnknown))
    }

    @Test func `a list of a stranger, or of an authority that may not sign lists, is refused`() throws {
        #expect(
            try kinds([field.list(), field.list(by: TestAuthority(name: "Stranger"))]) == [.crlUnknownIssuer])
        let mute = field.root.intermediate(name: "Mute CA", keyUsage: "critical,keyCertSign")
        let customer = mute.issue("TSUSER0001")
        let epoch = try field.epoch(lists: [field.list(by: mute)], intermediates: [mute.certificate])
        #expect(outcome(epoch, customer) == .refused(.revocationUnknown))
        #expect(epoch.findings(at: midday).map(\.kind).contains(.crlIssuerMayNotSign))
        let silent = field.root.intermediate(name: "Silent CA", keyUsage: nil)
        let open = try field.epoch(lists: [field.list(by: silent)], intermediates: [silent.certificate])
        #expect(outcome(open, silent.issue("TSUSER0001")) == .trusted)
    }

    @Test func `a customer's key signs no list`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        let forged = TestRevocationList(at: midday)
            .signed(by: TestAuthority(identity: customer), named: field.issuing.certificate)
        #expect(try kinds([RevocationList(der: forged)]) == [.crlWrongSignature, .crlMissing])
    }

    @Test func `the content hash moves with lists and everything the policy says about them`() throws {
        let one = try field.list(number: 1)
        let two = try field.list(number: 2)
        let leaf = RevocationPolicy(check: .leaf)
        let base = try field.epoch(lists: [one, two], leaf).contentHash
        #expect(try field.epoch(lists: [two, one, one], leaf).contentHash == base)
        var seen = Set([base])
        let others = [
            try field.epoch(lists: [one], leaf), try field.epoch(lists: [], leaf),
            try field.epoch(lists: [one, two], .init(check: .chain)),
            try field.epoch(lists: [one, two], .init(check: .leaf, tolerance: .grace(hours: 1))),
            try field.epoch(lists: [one, two], .init(check: .leaf, tolerance: .grace(hours: 2))),
            try field.epoch(lists: [one, two], .init(check: .leaf, tolerance: .allow)),
            try field.epoch(lists: [one, two], .init(check: .leaf, exceptions: [[1]: .allow])),
        ]
        for other in others { #expect(seen.insert(other.contentHash).inserted) }
        for policy in [TrustPolicy(partialChain: true), TrustPolicy(requiredPolicies: ["1.2.3"])] {
            #expect(try seen.insert(field.epoch(policy: policy).contentHash).inserted)
        }
    }

    @Test func `one list serves several epochs, on many threads`() async throws {
        let revoked = field.issuing.issue("TSUSER0006")
        let list = try field.list([.init(revoked.certificate)])
        let epochs = try (0..<4).map { _ in try field.epoch(lists: [list]) }
        await withTaskGroup(of: Bool.self) { group in
            for epoch in epochs {
                group.addTask { (0..<50).allSatisfy { _ in outcome(epoch, revoked) == .refused(.revoked) } }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
