import Authorization
import Consent
import Crypto
import Glibc
import HTTP
import Serving
import Settings
import Storage
import TestPKI
import Testing
import Text
import X509

/// How partners prove who they are, at each endpoint and under both profiles.
@Suite struct ClientRowsTests {
    typealias Profile = ConsentSettings.Profile

    private static let paths = ["/token", "/par", "/revoke", "/introspect"]

    private func error(_ response: WebResponse) throws -> String? { try json(response)["error"]?.string }

    // MARK: Certificates

    @Test(arguments: Profile.allCases, paths)
    func `row 24, every endpoint wants to know the client`(profile: Profile, path: String) throws {
        let bench = try Bench(profile: profile)
        let fields = bench.pushFields() + [("token", "x")]
        let unnamed = fields.filter { $0.0 != "client_id" }
        for (fields, claims) in [
            (fields, bench.partner(subject: "CN=stranger")), (unnamed, bench.partner()),
            (fields.map { $0.0 == "client_id" ? ("client_id", "nobody") : $0 }, bench.partner()),
            (fields + [("client_secret", "s")], bench.partner()),
            (fields + [("client_assertion", "a.b.c")], bench.partner()),
            (fields + [("client_assertion_type", ClientCredential.assertionType)], bench.partner()),
        ] {
            let response = try bench.post(path, fields, as: claims)
            #expect(response.status == 401)
            #expect(try error(response) == "invalid_client")
            #expect(response.headers["Cache-Control"] == "no-store")
        }
        #expect(try bench.post(path, fields, as: bench.customer()).status == 403)
        #expect(try bench.post(path, fields, as: bench.anonymous).status == 403)
    }

    @Test(arguments: [
        (ConsentSettings.PartnerAuthentication.dns("api.kaikei.example"), ["DNS:API.Kaikei.example"]),
        (.uri("urn:partner:kaikei"), ["DNS:x.example", "URI:urn:partner:kaikei"]),
        (.address([192, 0, 2, 7]), ["IP:192.0.2.7"]),
        (.email("api@kaikei.example"), ["email:api@Kaikei.example"]),
    ])
    func `row 25, a partner is known by exactly the kind of name it registered`(
        registered: ConsentSettings.PartnerAuthentication, names: [String]
    ) throws {
        let bench = try Bench()
        try bench.register(bench.partner("named", known: registered))
        let application = try bench.reopened()
        let authority = TestAuthority(name: "CA")
        func status(san: [String], header: [UInt8]? = nil, fingerprint: [UInt8]? = nil) throws -> Int {
            let certificate = authority.issue("named", san: san).certificate
            let claims = bench.partner(fingerprint: fingerprint ?? certificate.fingerprint.bytes)
            return try bench.post(
                "/par", bench.pushFields(["client_id": "named"]), as: claims,
                headers: [("Client-Cert", ":\(Base64.encode(header ?? certificate.der)):")], on: application
            ).status
        }
        #expect(try status(san: names) == 201)
        #expect(try status(san: []) == 401)
        #expect(try status(san: ["DNS:api.kaikei.example.evil.example", "URI:urn:partner:kaikei2"]) == 401)
        #expect(try status(san: ["DNS:*.kaikei.example", "email:API@kaikei.example", "IP:192.0.2.8"]) == 401)
        #expect(try status(san: ["URI:api.kaikei.example", "DNS:urn.partner.kaikei"]) == 401)
        // A header with another certificate than the one the gateway vouches for is worth nothing.
        let other = authority.issue("named", san: names).certificate
        #expect(try status(san: [], header: other.der) == 401)
        #expect(try status(san: names, fingerprint: [UInt8](repeating: 5, count: 32)) == 401)
        #expect(try status(san: names, header: Array(other.der.dropLast())) == 401)
    }

    @Test(
        arguments: Profile.allCases,
        [
            "cn=sample-partner,o=Sample Kaikei,c=JP", "2.5.4.3=sample-partner, O=Sample Kaikei, C=JP",
            "CN=sample\\2dpartner,O=Sample Kaikei,C=JP",
        ])
    func `row 26, subjects are compared by their meaning`(profile: Profile, subject: String) throws {
        let bench = try Bench(profile: profile)
        #expect(try bench.push(as: bench.partner(subject: subject)).status == 201)
    }

    @Test(arguments: [
        "CN=sample-partner,O=Sample Kaikei", "C=JP,O=Sample Kaikei,CN=sample-partner",
        "CN=sample-partner,O=Sample Kaikei,C=JP,C=JP", "CN=Sample-Partner,O=Sample Kaikei,C=JP",
        "CN=sample-partner+O=Sample Kaikei,C=JP",
    ])
    func `row 26, another subject is another party`(subject: String) throws {
        let bench = try Bench()
        #expect(try bench.push(as: bench.partner(subject: subject)).status == 401)
    }

    // MARK: Assertions

    /// A backend where `signer` signs its requests, and the key it signs with.
    private func signing(_ profile: Profile) throws -> (Bench, ConsentApplication, SigningKey) {
        let bench = try Bench(profile: profile)
        let key = try SigningKey()
        try bench.register(bench.partner("signer", known: .keys([Bench.webKey(of: key)])))
        return (bench, try bench.reopened(), key)
    }

    @Test(arguments: Profile.allCases, paths)
    func `row 24, a signed assertion says who it is at every endpoint`(profile: Profile, path: String) throws
    {
        let (bench, application, key) = try signing(profile)
        let fields = bench.pushFields() + [("token", "x")]
        func send(_ assertion: String, _ more: [(String, String)] = []) throws -> WebResponse {
            try bench.post(
                path, bench.signed(fields, assertion) + more, as: bench.partner(subject: "CN=any"),
                on: application)
        }
        #expect(try error(send(try bench.clientAssertion(by: SigningKey()))) == "invalid_client")
        #expect(
            try error(send(try bench.clientAssertion(by: key), [("client_id", "sample")])) == "invalid_client"
        )
        let good = try send(try bench.clientAssertion(by: key))
        #expect(good.status != 401)
        #expect(try send(try bench.clientAssertion(by: key), [("client_id", "signer")]).status != 401)
        // Its certificate alone is not enough, and neither is another method's partner.
        let bare = fields.map { $0.0 == "client_id" ? ("client_id", "signer") : $0 }
        #expect(try bench.post(path, bare, as: bench.partner(), on: application).status == 401)
    }

    @Test func `a partner known by certificate cannot sign instead`() throws {
        let bench = try Bench()
        let key = try SigningKey()
        let assertion = try bench.clientAssertion(
            by: key, ["iss": .text("sample"), "sub": .text("sample")])
        let response = try bench.post(
            "/par", bench.signed(bench.pushFields(), assertion), as: bench.partner())
        #expect(response.status == 401)
    }

    @Test(arguments: Profile.allCases)
    func `row 42, an assertion is good once`(profile: Profile) throws {
        let (bench, application, key) = try signing(profile)
        let assertion = try bench.clientAssertion(by: key, id: "one")
        let fields = bench.signed(bench.pushFields(), assertion)
        #expect(try bench.post("/par", fields, as: bench.partner(), on: application).status == 201)
        #expect(try bench.post("/par", fields, as: bench.partner(), on: application).status == 401)
        // Not the words make it another one, but its id; and another process knows too.
        let again = try bench.clientAssertion(by: key, id: "one", ["iat": .number(bench.now.seconds - 1)])
        let others = bench.signed(bench.pushFields(), again)
        #expect(try bench.post("/par", others, as: bench.partner(), on: bench.reopened()).status == 401)
        #expect(try bench.logged().contains("usedBefore"))
        #expect(try !bench.logged().contains(assertion.suffix(20)))
    }

    @Test func `row 42, an assertion is remembered for as long as it could be good`() throws {
        let (bench, application, key) = try signing(.fapi2)
        let assertion = try bench.clientAssertion(by: key, ["exp": .number(bench.now.seconds + 3600)])
        let fields = bench.signed(bench.pushFields(), assertion)
        #expect(try bench.post("/par", fields, as: bench.partner(), on: application).status == 201)
        bench.pass(seconds: 3599)
        try bench.store.removeRemains(before: bench.now, countMax: 100)
        #expect(try bench.post("/par", fields, as: bench.partner(), on: application).status == 401)
        #expect(try bench.logged().contains("usedBefore"))
    }

    @Test func `row 42, two partners may give their assertions the same ids`() throws {
        let (bench, _, key) = try signing(.bcp)
        let other = try SigningKey()
        try bench.register(bench.partner("second", known: .keys([Bench.webKey(of: other)])))
        let application = try bench.reopened()
        for (key, id) in [(key, "signer"), (other, "second")] {
            let assertion = try bench.clientAssertion(
                by: key, id: "one", ["iss": .text(id), "sub": .text(id)])
            let fields = bench.signed(bench.pushFields(), assertion)
            #expect(try bench.post("/par", fields, as: bench.partner(), on: application).status == 201)
        }
    }

    @Test(arguments: Profile.allCases)
    func `row 24, a partner renews its keys: both are good for a while, then the new one alone`(
        profile: Profile
    ) throws {
        let (bench, application, old) = try signing(profile)
        let new = try SigningKey()
        func isKnown(_ key: SigningKey) throws -> Bool {
            let fields = bench.signed(bench.pushFields(), try bench.clientAssertion(by: key))
            return try bench.post("/par", fields, as: bench.partner(), on: application).status == 201
        }
        func register(_ keys: [SigningKey]) throws {
            try bench.register(bench.partner("signer", known: .keys(keys.map(Bench.webKey))))
            usleep(1_500_000)  // the running backend asks twice a second
        }
        #expect(try isKnown(old) && !isKnown(new))
        try register([old, new])
        #expect(try isKnown(old) && isKnown(new))
        try register([new])
        #expect(try !isKnown(old) && isKnown(new))
    }

    @Test func `of many uses of one assertion at once one is good`() throws {
        let (bench, application, key) = try signing(.bcp)
        let fields = bench.signed(bench.pushFields(), try bench.clientAssertion(by: key))
        let statuses = concurrently(8) { _ in
            try? bench.post("/par", fields, as: bench.partner(), on: application).status
        }
        #expect(statuses.count { $0 == 201 } == 1)
        #expect(statuses.count { $0 == 401 } == 7)
    }

    @Test(
        arguments: Profile.allCases,
        [
            ("iat", 10, true), ("iat", 11, false), ("iat", 60, false), ("nbf", 10, true), ("nbf", 11, false),
            ("nbf", -3600, true), ("exp", 1, true), ("exp", 0, false), ("exp", 3610, true),
            ("exp", 3611, false),
        ] as [(String, Int64, Bool)])
    func
        `row 42, clocks may be ten seconds ahead, and nothing is good after its end or for more than an hour`(
            profile: Profile, moment: (claim: String, seconds: Int64, isGood: Bool)
        ) throws
    {
        let (bench, application, key) = try signing(profile)
        let assertion = try bench.clientAssertion(
            by: key, [moment.claim: .number(bench.now.seconds + moment.seconds)])
        let response = try bench.post(
            "/par", bench.signed(bench.pushFields(), assertion), as: bench.partner(), on: application)
        #expect(response.status == (moment.isGood ? 201 : 401))
    }

    @Test(
        arguments: Profile.allCases,
        [
            ["aud": .text("https://api.fb.example/token")], ["aud": nil],
            ["aud": .text("https://fb.example/")],
            ["aud": .list(["https://fb.example", "https://other.example"])], ["iss": .text("sample")],
            ["sub": .text("sample")], ["sub": nil], ["iss": nil], ["jti": nil], ["jti": .text("")],
            ["jti": .text(String(repeating: "j", count: 256))], ["exp": nil], ["exp": .text("soon")],
        ] as [[String: Claim?]])
    func `row 42, an assertion that says anything else is nobody's`(
        profile: Profile, changes: [String: Claim?]
    ) throws {
        let (bench, application, key) = try signing(profile)
        let assertion = try bench.clientAssertion(by: key, changes)
        let response = try bench.post(
            "/par", bench.signed(bench.pushFields(), assertion), as: bench.partner(), on: application)
        #expect(response.status == 401)
        #expect(try error(response) == "invalid_client")
    }

    @Test(arguments: Profile.allCases)
    func `row 42, the audience is the issuer, for fapi2 as a plain string`(profile: Profile) throws {
        let (bench, application, key) = try signing(profile)
        let assertion = try bench.clientAssertion(by: key, ["aud": .list([Bench.issuer])])
        let response = try bench.post(
            "/par", bench.signed(bench.pushFields(), assertion), as: bench.partner(), on: application)
        #expect(response.status == (profile == .bcp ? 201 : 401))
    }

    // MARK: What is bound to certificates

    @Test(arguments: Profile.allCases)
    func `rows 27 and 28, the tokens of a partner that signs are bound to the certificate it shows`(
        profile: Profile
    ) throws {
        let (bench, application, key) = try signing(profile)
        let pushed = try bench.post(
            "/par", bench.signed(bench.pushFields(), try bench.clientAssertion(by: key)), as: bench.partner(),
            on: application)
        let uri = try #require(json(pushed)["request_uri"]?.string)
        let arrived = try bench.get(
            bench.address(of: uri, client: "signer"), as: bench.customer(), on: application)
        let address = try #require(arrived.headers["Location"])
        let page = try bench.get(address, as: bench.customer(), on: application)
        let granted = try bench.post(
            "/consent", bench.fields(of: page, decision: "allow"), as: bench.customer(), on: application)
        let code = try #require(try query(of: granted)["code"])
        let response = try bench.post(
            "/token", bench.signed(bench.tokenFields(code), try bench.clientAssertion(by: key)),
            as: bench.partner(), on: application)
        #expect(response.status == 200)
        let token = ("Authorization", "Bearer \(try #require(json(response)["access_token"]?.string))")
        func read(_ claims: Claims) throws -> Int {
            try bench.get("/api/v1/accounts", as: claims, headers: [token], on: application).status
        }
        #expect(try read(bench.partner(fingerprint: [UInt8](repeating: 3, count: 32))) == 401)
        #expect(try read(bench.partner()) == 200)
    }

    @Test(arguments: Profile.allCases)
    func `row 38, what did not come through the gateway is nobody's, whatever it shows`(profile: Profile)
        throws
    {
        let bench = try Bench(profile: profile)
        let certificate = TestAuthority(name: "CA").issue("sample-partner").certificate
        let cert = ("Client-Cert", ":\(Base64.encode(certificate.der)):")
        for path in Self.paths + ["/authorize", "/consent", "/api/v1/accounts"] {
            #expect(bench.send("POST", path, headers: [cert]).status == 403)
            #expect(
                bench.send("GET", path, headers: [cert, ("Sekisho-Assertion", "e30.e30.x")]).status == 403)
        }
    }
}
