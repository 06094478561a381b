import Settings
import Testing
import Text

@Suite struct ConsentSettingsTests {
    @Test(arguments: [
        Change(
            "issuer: \"https://fb.example.jp\",\n", "issuer: 'https://fb.example.jp/',\n",
            "c.json5:3:11: issuer: expected an https URL without path (“https://fb.example.jp”), not"
                + " “https://fb.example.jp/”"),
        Change(
            "id: \"kaikei\"", "id: 'a b'",
            "c.json5:7:11: partners[0].id: expected a name (letters, digits, “-” and “_”; at most 64), not"
                + " “a b”"
        ),
        Change(
            "[\"balance\"]", "[]",
            "c.json5:7:63: partners[0].scopes: expected a list of 1 to 3, each “balance”, “movements” or"
                + " “transfers”, not 0"),
        Change(
            "[\"balance\"]", "['balance', 'balanse', 'balance']",
            "c.json5:7:75: partners[0].scopes[1]: expected “balance”, “movements” or “transfers”, not"
                + " “balanse”; did you mean “balance”?",
            "c.json5:7:86: partners[0].scopes[2]: “balance” is already said at 7:64"),
        Change(
            "\"https://kaikei.example/cb\"", "'http://kaikei.example/cb'",
            "c.json5:8:22: partners[0].redirectURIs[0]: expected an https URL without fragment (http only"
                + " on loopback), not “http://kaikei.example/cb”"),
        Change(
            "\"https://kaikei.example/cb\"", "'https://kaikei.example/cb#x'",
            "c.json5:8:22: partners[0].redirectURIs[0]: expected an https URL without fragment (http only"
                + " on loopback), not “https://kaikei.example/cb#x”"),
        Change(
            "\"CN=kaikei.example,C=JP\"", "'kaikei.example'",
            "c.json5:8:72: partners[0].certificateSubject: expected a subject as RFC 4514 writes it"
                + " (“CN=api.partner.example,O=Partner,C=JP”), not “kaikei.example”"),
        Change(
            "certificateSubject: \"CN=kaikei.example,C=JP\"", "certificateFingerprint: 'ab'",
            "c.json5:8:76: partners[0].certificateFingerprint: expected a SHA-256 in hexadecimal (64"
                + " digits), not “ab”"
        ),
        Change(
            ", certificateSubject: \"CN=kaikei.example,C=JP\"", "",
            "c.json5:7:5: partners[0].certificateSubject: missing; expected certificateSubject,"
                + " certificateDNS, certificateURI, certificateIP, certificateEmail, certificateFingerprint,"
                + " keys or keysFile"),
        Change(
            "\"CN=kaikei.example,C=JP\"",
            "'CN=a', certificateFingerprint: '\(String(repeating: "ab", count: 32))'",
            "c.json5:8:104: partners[0].certificateFingerprint: not together with certificateSubject"),
        Change(
            "id: \"kaikei\",", "id: 'kaikei', consentDays: 3651, requirePushedRequests: 1,",
            "c.json5:7:34: partners[0].consentDays: expected an integer from 1 to 3650 (days), not 3651",
            "c.json5:7:63: partners[0].requirePushedRequests: expected true or false, not 1"),
        Change(
            "listen:", "lifetimes: { codeSeconds: 9, flowIdleSeconds: 2000 }, listen:",
            "c.json5:2:29: lifetimes.codeSeconds: expected an integer from 10 to 600 (seconds), not 9",
            "c.json5:2:49: lifetimes.flowIdleSeconds: expected flowIdleSeconds (2000) to be at most"
                + " flowSeconds (1800)"
        ),
    ])
    func `what is wrong is complained about where it stands`(_ change: Change) throws {
        let complaints = readConsent(try change.applied(to: minimalConsent)).complaints
        #expect(complaints == change.complaints)
    }

    @Test func `two partners cannot have one id`() throws {
        let text = fullConsent.replacing("id: \"kakeibo\"", with: "id: \"kaikei\"")
        #expect(
            readConsent(text).complaints == [
                "c.json5:15:11: partners[1].id: “kaikei” is already the id of partners[0]"
            ])
    }

    @Test func `the minimal file is accepted and everything else has its default`() throws {
        let issuer = try #require(WebURL("https://fb.example.jp"))
        let expected = ConsentSettings(
            listen: [.unix(path: "/etc/sekisho/consent.sock")], issuer: issuer,
            institution: .init(name: "都島信用組合", service: "都島信用組合ＦＢサービス"),
            store: .sqlite(path: "/etc/sekisho/sekisho-consent.db"),
            assertion: .init(issuer: issuer, jwksFile: "/etc/sekisho/assertion.jwks"),
            partners: [
                .init(
                    id: "kaikei", name: "会計ソフト", company: "会計株式会社",
                    redirectURIs: [try #require(WebURL("https://kaikei.example/cb"))],
                    authentication: .subject(try #require(SubjectName(rfc4514: "CN=kaikei.example,C=JP"))),
                    scopes: [.balance])
            ], pins: .init(keyFile: "/etc/sekisho/pins.key"))
        let outcome = readConsent(minimalConsent)
        #expect(try outcome.value == expected)
        #expect(outcome.warnings.isEmpty)
    }

    @Test func `the full file is accepted`() throws {
        let settings = try readConsent(fullConsent).value
        #expect(settings.issuer.origin == "https://fb.example.jp:8443")
        #expect(settings.store == .sqlite(path: "/etc/sekisho/consent/records.db"))
        #expect(settings.assertion.jwksFile == "/run/a.jwks")
        let partner = try #require(settings.partners.first)
        #expect(
            partner.redirectURIs.map(\.text) == ["https://kaikei.example/cb?x=1", "http://127.0.0.1:9000/cb"])
        #expect(partner.scopes == [.balance, .movements])
        #expect([partner.id, partner.name, partner.company] == ["kaikei", "会計ソフト", "会計株式会社"])
        #expect(partner.consentDays == 90)
        #expect(partner.requirePushedRequests && !partner.newConsents)
        let name = try #require(SubjectName(rfc4514: "2.5.4.3=kaikei.example,O=会計株式会社,C=JP"))
        #expect(partner.authentication == .subject(name))
        guard case .fingerprint(let bytes) = settings.partners[1].authentication else {
            Issue.record("the second partner is known by fingerprint")
            return
        }
        #expect(bytes.count == 32)
        #expect(
            settings.lifetimes
                == .init(
                    codeSeconds: 10, accessTokenSeconds: 60, pushedRequestSeconds: 40,
                    refreshIdleSeconds: 3600, flowIdleSeconds: 20, flowSeconds: 30))
        #expect(partner.profile == .fapi2 && !partner.refreshTokens)
        #expect(
            partner.lifetimes == .init(code: 60, accessToken: 61, pushedRequest: 62, refreshIdle: 63))
        let address: [UInt8] = [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]
        #expect(
            settings.partners[2...].map(\.authentication) == [
                .dns("api.d.example"), .uri("urn:partner:d"), .address(address), .email("api@d.example"),
                .keys([
                    .init(
                        type: "EC", curve: "P-256", x: "eA", y: "eQ", modulus: "bg", exponent: "AQAB",
                        id: "1", use: "sig", algorithm: "ES256")
                ]), .keysFile("/etc/sekisho/file.jwks"),
            ])
        #expect(
            settings.limits
                == .init(
                    workers: 1, queueMax: 2, connectionsMax: 3, bodyBytesMax: 4096, pushesPerMinuteMax: 5,
                    drainSeconds: 6, drainNoticeSeconds: 7))
        #expect(
            settings.challenge
                == .init(when: [[.password, .newAddress], [.newCertificate]], wrongAnswersMax: 3))
        #expect(settings.pins == .init(keyFile: "/k/pins.key", length: 6, offersSkipping: true))
        #expect(partner.scopeSelection == .fixed && settings.partners[1].scopeSelection == .user)
        #expect(
            settings.logs
                == .init(
                    format: .text, access: false, accessFile: "/etc/sekisho/access.json",
                    auditFile: "/etc/sekisho/audit.json", auditKeyFile: "/etc/sekisho/audit.key",
                    rotateBytes: 0, accessFilesKept: 0))
    }

    @Test func `a partner's document says the same as the file it came from`() throws {
        for partner in try readConsent(fullConsent).value.partners {
            let outcome = ConsentSettings.Partner.read(
                text: Array(partner.document.utf8), file: "p", folder: "/")
            #expect(try outcome.value == partner)
        }
    }

    @Test(arguments: [
        ("certificateDNS: \"API.d.example\"", "certificateDNS: '*.d.example'", "certificateDNS"),
        ("urn:partner:d", "partner d", "certificateURI"), ("2001:db8::7", "2001:db8::7::1", "certificateIP"),
        ("2001:db8::7", "256.0.0.1", "certificateIP"), ("api@d.example", "api@", "certificateEmail"),
        ("{ codeSeconds: 60,", "{ codeSeconds: 61,", "at most 60 with the profile fapi2"),
        ("pushedRequestSeconds: 62", "pushedRequestSeconds: 600", "from 10 to 599"),
        ("keysFile: \"file.jwks\"", "keysFile: 'f', keys: [{ kty: 'EC' }]", "not together with keys"),
    ])
    func `what a partner cannot be known by is complained about`(
        text: String, change: String, complaint: String
    ) throws {
        let complaints = readConsent(fullConsent.replacing(text, with: change)).complaints
        #expect(complaints.count == 1)
        #expect(complaints.first?.contains(complaint) == true, "\(complaints)")
    }

    @Test(
        arguments: [
            ("1.2.3.4", [1, 2, 3, 4]), ("::", [UInt8](repeating: 0, count: 16)),
            ("::1", [UInt8](repeating: 0, count: 15) + [1]),
            ("1::", [0, 1] + [UInt8](repeating: 0, count: 14)),
            ("::ffff:1.2.3.4", [UInt8](repeating: 0, count: 10) + [255, 255, 1, 2, 3, 4]),
            ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
        ] as [(String, [UInt8])])
    func `an address is read to its bytes and back`(text: String, bytes: [UInt8]) throws {
        let settings = try readConsent(fullConsent.replacing("2001:db8::7", with: text)).value
        #expect(settings.partners[4].authentication == .address(bytes))
        let again = ConsentSettings.Partner.read(
            text: Array(settings.partners[4].document.utf8), file: "p", folder: "/")
        #expect(try again.value.authentication == .address(bytes))
    }

    @Test func `a fingerprint may have colons between its bytes`() throws {
        let plain = "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"
        let pairs = stride(from: 0, to: 64, by: 2).map { plain.dropFirst($0).prefix(2) }
        let grouped = pairs.joined(separator: ":")
        #expect(
            try readConsent(fullConsent.replacing(plain, with: grouped)).value
                == readConsent(fullConsent).value)
        #expect(!readConsent(fullConsent.replacing(plain, with: "\(grouped):")).complaints.isEmpty)
        #expect(!readConsent(fullConsent.replacing(plain, with: plain.dropLast())).complaints.isEmpty)
        #expect(
            !readConsent(fullConsent.replacing(plain, with: "0:0112233\(plain.dropFirst(8))")).complaints
                .isEmpty)
    }
}
