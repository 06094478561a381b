import COpenSSL
import TestPKI
import Testing
import Text

@testable import X509

@Suite struct `Refusing a certificate of a known issuer` {
    let field = Field()

    @Test func `expired and not yet valid are told apart, to the second`() throws {
        let customer = field.issuing.issue(
            "TSUSER0001", notBefore: midday.adding(seconds: -60), notAfter: midday.adding(seconds: 60))
        #expect(try field.outcome(of: customer, at: midday.adding(seconds: -61)) == .refused(.notYetValid))
        #expect(try field.outcome(of: customer, at: midday.adding(seconds: -60)) == .trusted)
        #expect(try field.outcome(of: customer, at: midday.adding(seconds: 59)) == .trusted)
        #expect(try field.outcome(of: customer, at: midday.adding(seconds: 60)) == .refused(.expired))
        #expect(try field.outcome(of: customer, at: midday.adding(seconds: 61)) == .refused(.expired))
    }

    @Test(arguments: [Int64.min, -62_167_219_201, -1, 253_402_300_800, Int64.max])
    func `no moment however far off is trusted or fatal`(seconds: Int64) throws {
        let customer = field.issuing.issue("TSUSER0001")
        #expect(try field.outcome(of: customer, at: WallTime(seconds: seconds)) != .trusted)
    }

    @Test func `an expired intermediate expires what it issued`() throws {
        let old = field.root.intermediate(name: "Old CA", notAfter: midday.adding(seconds: -1))
        let customer = old.issue("TSUSER0001")
        #expect(try field.outcome(of: customer, old.identity) == .refused(.expired))
    }

    @Test func `a renewed authority of the same key takes the place of the expired one`() throws {
        let old = TestAuthority(name: "Renewed CA", notAfter: midday.adding(seconds: -1))
        let new = old.renewed(name: "Renewed CA")
        let customer = old.issue("TSUSER0001").certificate
        for anchors in [[old.certificate, new.certificate], [new.certificate, old.certificate]] {
            let epoch = try field.epoch(anchors: anchors, intermediates: [])
            #expect(Outcome(epoch.judge([customer], at: midday)) == .trusted)
        }
    }

    @Test func `row 28: a certificate not for clients is refused`() throws {
        let purposes: [([String]?, String?)] = [
            (["serverAuth"], "digitalSignature"), (["anyExtendedKeyUsage"], "digitalSignature"),
            (["1.2.3.4"], "digitalSignature"), (["clientAuth"], "keyEncipherment"),
            (["clientAuth"], "nonRepudiation,keyAgreement"), (nil, "digitalSignature"),
        ]
        for (extendedKeyUsage, keyUsage) in purposes {
            let customer = field.issuing.issue(
                "TSUSER0001", extendedKeyUsage: extendedKeyUsage, keyUsage: keyUsage)
            #expect(try field.outcome(of: customer) == .refused(.wrongPurpose))
        }
        let authority = field.issuing.issue(
            "TSUSER0001", keyUsage: "digitalSignature,keyCertSign", isCA: true)
        #expect(try field.outcome(of: authority) == .refused(.wrongPurpose))
    }

    @Test func `row 28: absent purposes pass where the policy allows it, wrong ones never`() throws {
        let lenient = TrustPolicy(clientAuthPurpose: .allowAbsent)
        let silent = field.issuing.issue("TSUSER0001", extendedKeyUsage: nil, keyUsage: nil)
        #expect(try field.outcome(of: silent, policy: lenient) == .trusted)
        #expect(try field.outcome(of: silent) == .refused(.wrongPurpose))
        for purpose in ["serverAuth", "anyExtendedKeyUsage"] {
            let server = field.issuing.issue("TSUSER0001", extendedKeyUsage: [purpose])
            #expect(try field.outcome(of: server, policy: lenient) == .refused(.wrongPurpose))
        }
        let both = field.issuing.issue("TSUSER0001", extendedKeyUsage: ["serverAuth", "clientAuth"])
        #expect(try field.outcome(of: both) == .trusted)
    }

    @Test func `an intermediate not for clients certifies no client`() throws {
        let mail = field.root.intermediate(
            name: "Mail CA", extensions: [TestExtension("extendedKeyUsage", "emailProtection")])
        let customer = mail.issue("TSUSER0001")
        #expect(try field.outcome(of: customer, mail.identity) == .refused(.wrongPurpose))
    }

    @Test(arguments: [TestKeyKind.rsa1024, .p224, .dsa1024])
    func `row 32: a weak key is refused in the leaf, the intermediate and the anchor`(kind: TestKeyKind)
        throws
    {
        #expect(try field.outcome(of: field.issuing.issue("TSUSER0001", key: kind)) == .refused(.weakKey))
        let weak = field.root.intermediate(name: "Weak CA", key: kind)
        #expect(try field.outcome(of: weak.issue("TSUSER0001"), weak.identity) == .refused(.weakKey))
        let anchor = TestAuthority(name: "Weak Root", key: kind)
        let epoch = try field.epoch(anchors: [anchor.certificate], intermediates: [])
        let customer = anchor.issue("TSUSER0001").certificate
        #expect(Outcome(epoch.judge([customer], at: midday)) == .refused(.weakKey))
        #expect(epoch.findings(at: midday).map(\.kind) == [.weakKey])
    }

    @Test(arguments: [TestKeyKind.p256, .p384, .rsa2048, .ed25519])
    func `a strong key is trusted`(kind: TestKeyKind) throws {
        #expect(try field.outcome(of: field.issuing.issue("TSUSER0001", key: kind)) == .trusted)
        let issuing = field.root.intermediate(name: "Strong CA", key: kind)
        #expect(try field.outcome(of: issuing.issue("TSUSER0001"), issuing.identity) == .trusted)
    }

    @Test func `RSA keys meet the policy's size at n and not at n - 1`() throws {
        let customer = field.issuing.issue("TSUSER0001", key: .rsa2048)
        #expect(try field.outcome(of: customer, policy: TrustPolicy(keyBitsMinRSA: 2048)) == .trusted)
        #expect(
            try field.outcome(of: customer, policy: TrustPolicy(keyBitsMinRSA: 2049)) == .refused(.weakKey))
        let weak = field.issuing.issue("TSUSER0001", key: .rsa1024)
        #expect(try field.outcome(of: weak, policy: TrustPolicy(keyBitsMinRSA: 1024)) == .refused(.weakKey))
    }

    @Test(arguments: [TestDigest.sha1, .md5])
    func `row 32: an old digest is refused anywhere but in the self-signed anchor`(digest: TestDigest) throws
    {
        // RSA, since ECDSA knows no MD5.
        let root = TestAuthority(name: "RSA Root", key: .rsa2048)
        let epoch = try field.epoch(anchors: [root.certificate])
        let leaf = root.issue("TSUSER0001", digest: digest).certificate
        #expect(Outcome(epoch.judge([leaf], at: midday)) == .refused(.weakKey))
        let issuing = root.intermediate(name: "Old CA", digest: digest)
        let below = [issuing.issue("TSUSER0001").certificate, issuing.certificate]
        #expect(Outcome(epoch.judge(below, at: midday)) == .refused(.weakKey))
        let anchor = TestAuthority(name: "Old Root", key: .rsa2048, digest: digest)
        let oldEpoch = try field.epoch(anchors: [anchor.certificate], intermediates: [])
        #expect(Outcome(oldEpoch.judge([anchor.issue("TSUSER0001").certificate], at: midday)) == .trusted)
    }

    @Test func `expiry is told before purpose and strength, an unknown issuer before all`() throws {
        let wrong = field.issuing.issue(
            "TSUSER0001", key: .rsa1024, notAfter: midday.adding(seconds: -1),
            extendedKeyUsage: ["serverAuth"])
        #expect(try field.outcome(of: wrong) == .refused(.expired))
        let stranger = TestAuthority(name: "Elsewhere")
            .issue("TSUSER0001", key: .rsa1024, notAfter: midday.adding(seconds: -1))
        #expect(try field.outcome(of: stranger) == .refused(.unknownIssuer))
        let forged = TestAuthority(name: "Test Client CA G1")
            .issue("TSUSER0001", notAfter: midday.adding(seconds: -1), hasKeyIdentifiers: false)
        #expect(try field.outcome(of: forged) == .refused(.unknownIssuer))
    }

    @Test func `as many intermediates as the policy says, and not one more`() throws {
        var authority = field.root
        var below: [TestCertificate] = []
        for level in 1...3 {
            authority = authority.intermediate(name: TestName([[.utf8("CN", "Level \(level)")]]))
            below.insert(authority.identity, at: 0)
        }
        let presented = ([authority.issue("TSUSER0001")] + below).map(\.certificate)
        for (depthMax, expected) in [
            (3, Outcome.trusted), (2, .refused(.chainTooLong)), (0, .refused(.chainTooLong)),
        ] {
            let epoch = try field.epoch(policy: TrustPolicy(depthMax: depthMax))
            #expect(Outcome(epoch.judge(presented, at: midday)) == expected)
        }
        let direct = field.root.issue("TSUSER0001")
        #expect(try field.outcome(of: direct, policy: TrustPolicy(depthMax: 0)) == .trusted)
    }

    @Test func `an authority's own limit on what stands below it holds`() throws {
        let last = field.root.intermediate(name: "Last CA", pathLength: 0)
        #expect(try field.outcome(of: last.issue("TSUSER0001"), last.identity) == .trusted)
        let beyond = last.intermediate(name: "Beyond CA")
        let customer = beyond.issue("TSUSER0001")
        #expect(try field.outcome(of: customer, beyond.identity, last.identity) == .refused(.policy))
    }

    @Test func `a certificate that may not sign certifies nobody`() throws {
        let plain = field.root.intermediate(name: "No CA", isCA: false)
        #expect(try field.outcome(of: plain.issue("TSUSER0001"), plain.identity) != .trusted)
        let mute = field.root.intermediate(name: "Mute CA", keyUsage: "critical,cRLSign")
        #expect(try field.outcome(of: mute.issue("TSUSER0001"), mute.identity) != .trusted)
    }

    @Test func `names outside an authority's constraints are refused`() throws {
        let limited = field.root.intermediate(
            name: "Limited CA",
            extensions: [TestExtension("nameConstraints", "critical,permitted;DNS:bank.example")])
        let outside = limited.issue("TSUSER0001", san: ["DNS:evil.example"])
        #expect(try field.outcome(of: outside, limited.identity) == .refused(.policy))
        let inside = limited.issue("TSUSER0001", san: ["DNS:pc1.bank.example"])
        #expect(try field.outcome(of: inside, limited.identity) == .trusted)
    }

    /// A name constrained as one type is never judged, nor let through, as another.
    @Test func `row 29: constraints hold for names of their own type, as libcrypto has it`() throws {
        // What an authority is constrained to, what a certificate says, and whether it may.
        let other = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:"
        let rows: [(constraints: String, names: [String], isGood: Bool)] = [
            ("permitted;DNS:bank.example", ["DNS:a.bank.example"], true),
            ("permitted;DNS:bank.example", ["DNS:evil.example"], false),
            ("permitted;DNS:bank.example", ["DNS:a.bank.example", "DNS:evil.example"], false),
            ("permitted;DNS:bank.example", ["DNS:notbank.example"], false),
            ("permitted;DNS:bank.example", ["DNS:bank.example.evil.example"], false),
            // No DNS name: nothing is said about names of other types, whatever their text.
            ("permitted;DNS:bank.example", ["URI:https://evil.example/"], true),
            ("permitted;DNS:bank.example", ["email:a@evil.example"], true),
            ("permitted;DNS:bank.example", ["URI:https://evil.example/", "DNS:evil.example"], false),
            ("permitted;URI:.bank.example", ["URI:https://a.bank.example/"], true),
            ("permitted;URI:.bank.example", ["URI:https://evil.example/"], false),
            ("permitted;URI:.bank.example", ["URI:https://evil.example/a.bank.example"], false),
            ("permitted;URI:.bank.example", ["URI:https://a.bank.example@evil.example/"], false),
            ("permitted;URI:.bank.example", ["DNS:evil.example"], true),
            ("permitted;email:bank.example", ["email:a@bank.example"], true),
            ("permitted;email:bank.example", ["email:a@evil.example"], false),
            ("permitted;IP:10.0.0.0/255.0.0.0", ["IP:10.1.2.3"], true),
            ("permitted;IP:10.0.0.0/255.0.0.0", ["IP:11.1.2.3"], false),
            ("excluded;DNS:evil.example", ["DNS:a.evil.example"], false),
            ("excluded;DNS:evil.example", ["DNS:EVIL.example"], false),
            ("excluded;DNS:evil.example", ["URI:https://a.evil.example/"], true),
            ("excluded;URI:.evil.example", ["URI:https://a.evil.example/"], false),
            // A constraint of a type that nobody can judge refuses names of that type.
            ("permitted;\(other)bank", ["\(other)bank"], false),
            ("permitted;\(other)bank", ["DNS:evil.example"], true),
        ]
        for row in rows {
            let limited = field.root.intermediate(
                name: "Limited CA",
                extensions: [TestExtension("nameConstraints", "critical,\(row.constraints)")])
            let leaf = limited.issue("TSUSER0001", san: row.names)
            let comment: Comment = "\(row.constraints), \(row.names)"
            let expected: Outcome = row.isGood ? .trusted : .refused(.policy)
            #expect(try field.outcome(of: leaf, limited.identity) == expected, comment)
            let code = verifyCode(
                leaf.certificate, [limited.certificate], [field.root.certificate], at: midday)
            #expect((code == X509_V_OK) == row.isGood, comment)
        }
    }

    @Test func `a critical extension nobody understands is refused`() throws {
        let strange = field.issuing.issue(
            "TSUSER0001", extensions: [TestExtension("1.2.3.4.5", "critical,DER:0500")])
        #expect(try field.outcome(of: strange) == .refused(.policy))
        let harmless = field.issuing.issue("TSUSER0001", extensions: [TestExtension("1.2.3.4.5", "DER:0500")])
        #expect(try field.outcome(of: harmless) == .trusted)
    }

    @Test func `an extension that does not decode is malformed`() throws {
        for name in ["2.5.29.17", "2.5.29.37", "2.5.29.15"] {
            let broken = field.root.issue(
                "TSUSER0001", extendedKeyUsage: nil, keyUsage: nil,
                extensions: [TestExtension(name, "DER:0102")])
            #expect(try field.outcome(of: broken) == .refused(.malformed), "\(name)")
        }
    }

    @Test func `more certificates or bytes than allowed are refused before anything is verified`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        let filler = field.root.identity
        let presented = [customer] + Array(repeating: filler, count: 9)
        func outcome(_ presented: [TestCertificate], _ policy: TrustPolicy) throws -> Outcome {
            Outcome(try field.epoch(policy: policy).judge(presented.map(\.certificate), at: midday))
        }
        #expect(try outcome(presented, TrustPolicy()) == .trusted)
        #expect(try outcome(presented + [filler], TrustPolicy()) == .refused(.chainTooLong))
        let size = customer.certificate.der.count
        #expect(try outcome([customer], TrustPolicy(chainBytesMax: size)) == .trusted)
        #expect(try outcome([customer], TrustPolicy(chainBytesMax: size - 1)) == .refused(.chainTooLong))
    }

    @Test func `every code libcrypto has leads to a reason`() {
        let codes = codesByReason.values.joined()
        #expect(codes.count == Set(codes).count)
        // 1…94 are in use; 50 codes around them have no row.
        let missing = (Int32(1)...94).filter { !codes.contains($0) }
        #expect(missing == [])
        #expect(RefusalReason(verifyError: 9999) == .policy)
        #expect(RefusalReason(verifyError: X509_V_OK) == .policy)
        for reason in RefusalReason.allCases {
            #expect(RefusalReason.mostHelpful(of: [reason]) == reason)
        }
    }
}
