import Identity
import Testing
import Text

private let commonName = "2.5.4.3"
private let userID = "0.9.2342.19200300.100.1.1"

private func issuer(_ name: String) -> IssuerName {
    IssuerName(
        der: Array(name.utf8), relativeNames: [[NameFact(oid: commonName, NameValue(name))]])
}

private func facts(
    _ subject: [[NameFact]], issuer name: IssuerName = issuer("CA"),
    alternativeNames: [AlternativeNameFact] = []
) -> CertificateFacts {
    CertificateFacts(
        issuer: name, issuerSerialKey: [9], fingerprint: [8], subject: subject,
        alternativeNames: alternativeNames, notBefore: WallTime(seconds: 0))
}

private func named(_ value: String, issuer name: IssuerName = issuer("CA")) -> CertificateFacts {
    facts([[NameFact(oid: commonName, NameValue(value))]], issuer: name)
}

private func rule(
    _ oid: String = commonName, _ pattern: String? = nil, foldsCase: Bool = false,
    issuer name: IssuerName = issuer("CA"), _ matching: MappingRule.IssuerMatching = .exact,
    _ supersession: Supersession = .never
) throws -> MappingRule {
    MappingRule(
        issuer: name, issuerMatching: matching,
        mode: .subject(
            .attribute(oid: oid),
            pattern: try pattern.map { text throws(IDPatternFault) in try IDPattern(text) },
            foldsCase: foldsCase),
        supersession: supersession)
}

private func enrolled(byFingerprint: Bool = false, issuer name: IssuerName = issuer("CA")) -> MappingRule {
    MappingRule(issuer: name, mode: .enrolled(byFingerprint: byFingerprint))
}

private func faults(_ rules: MappingRule...) -> [MappingFault] {
    do throws(MappingFaults) {
        _ = try MappingRules(rules)
        return []
    } catch {
        return error.faults
    }
}

private func customer(_ id: String) throws -> MappingOutcome { .customer(try #require(CustomerID(id))) }

@Suite struct MappingRulesTests {
    @Test func `exactly one readable value names a customer`() throws {
        let rules = try MappingRules([rule()])
        let name = NameFact(oid: commonName, NameValue("TSUSER0001"))
        let other = NameFact(oid: "2.5.4.10", NameValue("x/CN=ADMIN"))
        #expect(rules.evaluate(facts([[other], [name]])) == (try customer("TSUSER0001")))
        #expect(rules.evaluate(facts([[other]])) == .refused(.attributeAbsent))
        #expect(rules.evaluate(facts([])) == .refused(.attributeAbsent))
        #expect(rules.evaluate(named("a b")) == .refused(.notACustomerID))
        #expect(rules.evaluate(named("山田")) == .refused(.notACustomerID))
        #expect(rules.evaluate(named("")) == .refused(.notACustomerID))
        #expect(rules.evaluate(named("TSUSER0001", issuer: issuer("Other"))) == .refused(.noRule))
        #expect(try MappingRules([]).evaluate(named("TSUSER0001")) == .refused(.noRule))
    }

    @Test(arguments: NameFlaw.allCases)
    func `threats row 36, a value with a flaw names nobody, however well it reads`(_ flaw: NameFlaw) throws {
        let value = NameFact(oid: commonName, NameValue("TSUSER0001", flaw: flaw))
        let outcome = try MappingRules([rule()]).evaluate(facts([[value]]))
        #expect(outcome == .refused(try #require(MappingRefusal(rawValue: flaw.rawValue))))
    }

    @Test func `threats row 37, case matters unless the rule folds it`() throws {
        let exact = try MappingRules([rule()])
        #expect(exact.evaluate(named("cust001")) == (try customer("cust001")))
        #expect(exact.evaluate(named("CUST001")) == (try customer("CUST001")))
        let folding = try MappingRules([rule(foldsCase: true)])
        #expect(folding.evaluate(named("cust001")) == (try customer("CUST001")))
        let shaped = try MappingRules([rule(commonName, "CUST[0-9]{3}", foldsCase: true)])
        #expect(shaped.evaluate(named("Cust001")) == (try customer("CUST001")))
        let exactlyShaped = try MappingRules([rule(commonName, "CUST[0-9]{3}")])
        #expect(exactlyShaped.evaluate(named("Cust001")) == .refused(.patternMismatch))
    }

    @Test(arguments: ["tſuser0001", "tsuser00ı1", "ﬁ0001", "straße1", "ｔｓｕｓｅｒ", "\u{212A}0001"])
    func `threats row 37, folding case never makes an ID of what is none`(_ value: String) throws {
        #expect(
            try MappingRules([rule(foldsCase: true)]).evaluate(named(value)) == .refused(.notACustomerID))
    }

    @Test func `threats row 39, a repeated value is refused in whichever relative name it stands`() throws {
        let rules = try MappingRules([rule()])
        let name = NameFact(oid: commonName, NameValue("TSUSER0001"))
        let admin = NameFact(oid: commonName, NameValue("ADMIN"))
        for subject in [[[name], [admin]], [[name, admin]], [[admin], [name]], [[name], [name]]] {
            #expect(rules.evaluate(facts(subject)) == .refused(.attributeRepeated))
        }
        let unreadable = NameFact(oid: commonName, NameValue(nil, flaw: .undecodable))
        #expect(rules.evaluate(facts([[name], [unreadable]])) == .refused(.attributeRepeated))
    }

    @Test func `threats row 41, rules that name two customers are refused in either order`() throws {
        let both = facts([
            [NameFact(oid: commonName, NameValue("A"))], [NameFact(oid: userID, NameValue("B"))],
        ])
        for order in [[commonName, userID], [userID, commonName]] {
            let rules = try MappingRules(order.map { try rule($0) })
            #expect(rules.evaluate(both) == .refused(.rulesDisagree))
            #expect(
                rules.evaluate(facts([[NameFact(oid: userID, NameValue("B"))]])) == (try customer("B")))
        }
        let agreeing = facts([
            [NameFact(oid: commonName, NameValue("A"))], [NameFact(oid: userID, NameValue("A"))],
        ])
        #expect(try MappingRules([rule(), rule(userID)]).evaluate(agreeing) == (try customer("A")))
    }

    @Test func `what one rule finds wrong no other makes good`() throws {
        let rules = try MappingRules([rule(userID), rule(), enrolled()])
        let broken = facts([
            [NameFact(oid: userID, NameValue("A"))],
            [NameFact(oid: commonName, NameValue(nil, flaw: .control))],
        ])
        #expect(rules.evaluate(broken) == .refused(.control))
    }

    @Test func `the store is asked only when no rule by subject applies`() throws {
        let rules = try MappingRules([rule(commonName, "TS[0-9]{3}"), enrolled(byFingerprint: true)])
        #expect(rules.evaluate(named("TS001")) == (try customer("TS001")))
        let claim = EnrolmentClaim(issuerSerialKey: [9], fingerprint: [8])
        #expect(rules.evaluate(named("DEVICE-1")) == .enrolment(claim))
        #expect(
            try MappingRules([enrolled()]).evaluate(named("x"))
                == .enrolment(EnrolmentClaim(issuerSerialKey: [9])))
    }

    @Test func `a name of subjectAltName can be the customer ID, and only of its own kind`() throws {
        for kind in AlternativeNameKind.allCases {
            let rules = try MappingRules([
                MappingRule(
                    issuer: issuer("CA"),
                    mode: .subject(
                        .alternativeName(kind), pattern: try IDPattern("([A-Z0-9]{4})@bank"),
                        foldsCase: false))
            ])
            for other in AlternativeNameKind.allCases {
                let certificate = facts(
                    [], alternativeNames: [AlternativeNameFact(other, NameValue("AB12@bank"))])
                #expect(
                    rules.evaluate(certificate)
                        == (other == kind ? try customer("AB12") : .refused(.attributeAbsent)))
            }
            let two = [AlternativeNameFact](repeating: .init(kind, NameValue("AB12@bank")), count: 2)
            #expect(rules.evaluate(facts([], alternativeNames: two)) == .refused(.attributeRepeated))
        }
    }

    @Test func `each rule's finding is told, and the outcome is that of a login`() throws {
        let rules = try MappingRules([
            rule(issuer: issuer("Other")), rule(userID), rule(commonName, "A[0-9]"), enrolled(),
        ])
        let (findings, outcome) = rules.explain(named("B"))
        let claim = EnrolmentClaim(issuerSerialKey: [9])
        #expect(findings == [.otherIssuer, .absent, .patternMismatch, .asksStore(claim)])
        #expect(outcome == rules.evaluate(named("B")))
    }

    /// Over names of every kind of trouble: whoever is named stands in the certificate, alone and clean.
    @Test func `no generated name leads to anybody but its one clean value`() throws {
        var random = SystemRandomNumberGenerator()
        let values = [
            NameValue("A1"), NameValue("a1"), NameValue("B2"), NameValue("B 2"), NameValue("B2\u{0}"),
            NameValue("A1", flaw: .stringType), NameValue(nil, flaw: .control), NameValue("Ａ１"),
            NameValue(""),
        ]
        let rules = try [
            MappingRules([rule()]), MappingRules([rule(foldsCase: true), rule(userID)]),
            MappingRules([rule(commonName, "A[0-9]"), rule(userID, "[A-Z]{1}[0-9]"), enrolled()]),
        ]
        for _ in 0..<5000 {
            let subject = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                (0..<Int.random(in: 1...2, using: &random)).map { _ in
                    NameFact(
                        oid: Bool.random(using: &random) ? commonName : userID,
                        values[Int.random(in: 0..<values.count, using: &random)])
                }
            }
            for rules in rules {
                guard case .customer(let id) = rules.evaluate(facts(subject)) else { continue }
                let namesake = [commonName, userID].contains { oid in
                    let found = subject.joined().filter { $0.oid == oid }
                    return found.count == 1 && found[0].value.flaw == nil
                        && [found[0].value.text, found[0].value.text?.uppercased()].contains(id.text)
                }
                #expect(namesake, "\(subject) → \(id)")
            }
        }
    }
}

@Suite struct MappingFaultTests {
    @Test func `threats row 41, rules that could both apply are refused at load`() throws {
        #expect(
            faults(try rule(), try rule(userID), try rule()) == [MappingFault(rule: 2, earlier: 0, .repeated)]
        )
        #expect(
            faults(enrolled(), enrolled(issuer: issuer("B")), enrolled())
                == [MappingFault(rule: 2, earlier: 0, .repeated)])
        // Nothing behind a rule that takes everything.
        #expect(faults(enrolled(), try rule()) == [MappingFault(rule: 1, earlier: 0, .unreachable)])
        #expect(
            faults(enrolled(), enrolled(byFingerprint: true))
                == [MappingFault(rule: 1, earlier: 0, .unreachable)])
        #expect(
            faults(try rule(), try rule(commonName, "A")) == [MappingFault(rule: 1, earlier: 0, .unreachable)]
        )
        #expect(
            faults(try rule(), try rule(foldsCase: true)) == [MappingFault(rule: 1, earlier: 0, .unreachable)]
        )
        // Patterns with a value in common.
        #expect(
            faults(try rule(commonName, "[A-Z]{2,4}"), try rule(commonName, "A[B0-9]{2}"))
                == [MappingFault(rule: 1, earlier: 0, .overlaps(example: "ABB"))]
        )
        #expect(
            faults(try rule(commonName, "B"), try rule())
                == [MappingFault(rule: 1, earlier: 0, .overlaps(example: "B"))])
        #expect(
            faults(try rule(commonName, "AB"), try rule(commonName, "ab", foldsCase: false)) == [])
        #expect(
            faults(try rule(commonName, "ab"), try rule(commonName, "AB", foldsCase: true))
                == [MappingFault(rule: 1, earlier: 0, .overlaps(example: "ab"))])
        // Apart.
        #expect(faults(try rule(commonName, "A[0-9]"), try rule(commonName, "B[0-9]"), enrolled()) == [])
        #expect(faults(try rule(), try rule(issuer: issuer("B")), try rule(userID)) == [])
    }

    @Test func `one issuer's rules say the same of superseded certificates and of the issuer's name`() throws
    {
        let never = try rule(commonName, "A")
        let onLogin = try rule(commonName, "B", issuer: issuer("CA"), .exact, .onNewLogin)
        #expect(faults(never, onLogin) == [MappingFault(rule: 1, earlier: 0, .differs)])
        let normalised = try rule(commonName, "B", issuer: issuer("ca"), .normalised)
        #expect(faults(never, normalised) == [MappingFault(rule: 1, earlier: 0, .differs)])
        #expect(faults(never, try rule(commonName, "B", issuer: issuer("ca"))) == [])
    }

    @Test func `a pattern that nothing fits and a name that can't be read are refused by themselves`() throws
    {
        #expect(
            faults(try rule(commonName, "Ab", foldsCase: true))
                == [MappingFault(rule: 0, earlier: 0, .fitsNothing)])
        let unreadable = IssuerName(
            der: [1], relativeNames: [[NameFact(oid: commonName, NameValue(nil, flaw: .stringType))]])
        #expect(
            faults(try rule(issuer: unreadable, .normalised))
                == [MappingFault(rule: 0, earlier: 0, .issuerUnreadable)])
        #expect(faults(try rule(issuer: unreadable)) == [])
    }
}

@Suite struct IssuerNameTests {
    private func name(_ values: [[(String, String)]], flaw: NameFlaw? = nil) -> IssuerName {
        IssuerName(
            der: [UInt8.random(in: 0...255)],
            relativeNames: values.map { group in
                group.map { oid, text in
                    NameFact(oid: oid, flaw.map { NameValue(text, flaw: $0) } ?? NameValue(text))
                }
            })
    }

    @Test func `threats row 36, string type, case and blanks of an issuer do not count when normalised`()
        throws
    {
        let one = name([[("C", "JP")], [("CN", "Client CA  G1")]])
        let same = name([[("C", "jp")], [("CN", " client ca g1 ")]])
        let bmp = name([[("C", "JP")], [("CN", "Client CA G1")]], flaw: .stringType)
        #expect(
            one.normalised != nil && one.normalised == same.normalised && one.normalised == bmp.normalised)
        let rules = try MappingRules([rule(issuer: one, .normalised)])
        #expect(rules.evaluate(named("A", issuer: same)) == (try customer("A")))
        let exact = try MappingRules([rule(issuer: issuer("Client CA"))])
        #expect(exact.evaluate(named("A", issuer: issuer("client ca"))) == .refused(.noRule))
    }

    @Test func `names that differ in more stay apart`() {
        let names = [
            name([[("CN", "a")], [("O", "b")]]), name([[("O", "b")], [("CN", "a")]]),
            name([[("CN", "a"), ("O", "b")]]), name([[("CN", "ab")]]), name([[("CN", "a b")]]),
            name([[("CN", "Ａ")]]), name([[("CN", "ａ")]]), name([[("CN", "")]]), name([]),
        ]
        #expect(Set(names.map(\.normalised)).count == names.count)
        #expect(
            name([[("CN", "b"), ("O", "a")]]).normalised == name([[("O", "a"), ("CN", "b")]]).normalised)
        #expect(name([[("CN", "a")]], flaw: .control).normalised == nil)
    }
}

@Suite struct SupersessionTests {
    private let newest = NewestCertificate(
        issuerSerialKey: [2], notBefore: WallTime(seconds: 1000), firstLoginAt: WallTime(seconds: 5000))

    @Test func `an older certificate is refused from when the policy says`() {
        let old = WallTime(seconds: 999)
        func refused(_ policy: Supersession, at second: Int64) -> Bool {
            policy.supersedes([1], notBefore: old, by: newest, at: WallTime(seconds: second))
        }
        #expect(!refused(.never, at: .max))
        #expect(refused(.onNewLogin, at: 5000))
        #expect(!refused(.afterDays(14), at: 5000 + 14 * 86400 - 1))
        #expect(refused(.afterDays(14), at: 5000 + 14 * 86400))
    }

    @Test func `the newest, one as new, and the only one stay good`() {
        let now = WallTime(seconds: 9999)
        let policy = Supersession.onNewLogin
        #expect(!policy.supersedes([2], notBefore: WallTime(seconds: 1000), by: newest, at: now))
        #expect(!policy.supersedes([1], notBefore: WallTime(seconds: 1000), by: newest, at: now))
        #expect(!policy.supersedes([1], notBefore: WallTime(seconds: 1001), by: newest, at: now))
        #expect(!policy.supersedes([1], notBefore: WallTime(seconds: 1), by: nil, at: now))
    }
}
