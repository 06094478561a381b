import Authorization
import Consent
import Crypto
import HTTP
import Serving
import Settings
import Storage
import Testing
import Text

/// Pushed authorization requests (RFC 9126), under both profiles.
@Suite struct PushRowsTests {
    typealias Profile = ConsentSettings.Profile

    @Test(arguments: Profile.allCases)
    func `row 15, a pushed request gets a reference and its lifetime, for nobody to keep`(profile: Profile)
        throws
    {
        let bench = try Bench(profile: profile)
        let response = try bench.push()
        #expect(response.status == 201)
        #expect(response.headers["Cache-Control"] == "no-store")
        let document = try json(response)
        #expect(document["expires_in"]?.integer == 300)
        let uri = try #require(document["request_uri"]?.string)
        #expect(uri.hasPrefix("urn:ietf:params:oauth:request_uri:"))
        #expect(uri.utf8.count == "urn:ietf:params:oauth:request_uri:".utf8.count + 43)
        #expect(try bench.count(of: "request.pushed") == 1)
        #expect(try !bench.logged().contains(uri.suffix(43)))
    }

    @Test(arguments: Profile.allCases)
    func `row 15, errors are those of the token endpoint, and request_uri cannot be pushed`(profile: Profile)
        throws
    {
        let bench = try Bench(profile: profile)
        let stranger = bench.partner(subject: "CN=stranger")
        #expect(try bench.push(as: stranger).status == 401)
        #expect(try json(bench.push(as: stranger))["error"]?.string == "invalid_client")
        let uri = try bench.requestURI()
        let nested = try bench.post("/par", bench.pushFields() + [("request_uri", uri)], as: bench.partner())
        #expect(nested.status == 400)
        #expect(try json(nested)["error"]?.string == "invalid_request")
        let plain = bench.send(
            "POST", "/par", headers: [("Sekisho-Assertion", try bench.assertion(bench.partner()))],
            body: Array("x".utf8))
        #expect(plain.status == 400)
    }

    @Test(arguments: Profile.allCases)
    func `row 15, another method is 405, a large body 413, and too many requests 429`(profile: Profile) throws
    {
        let bench = try Bench(profile: profile, pushesPerMinuteMax: 3)
        let wrong = try bench.get("/par", as: bench.partner())
        #expect(wrong.status == 405)
        #expect(wrong.headers["Allow"] == "POST")
        let filler = String(repeating: "x", count: 32 * 1024)
        #expect(try bench.post("/par", [("x", filler)], as: bench.partner()).status == 413)
        for _ in 1...3 { #expect(try bench.push().status == 201) }
        let refused = try bench.push()
        #expect(refused.status == 429)
        #expect(refused.headers["Retry-After"].flatMap { Int($0) }.map { (1...60).contains($0) } == true)
        bench.pass(seconds: 60)
        #expect(try bench.push().status == 201)
    }

    @Test(arguments: Profile.allCases)
    func `row 16, a reference is another partner's to use no more than a made-up one`(profile: Profile) throws
    {
        let bench = try Bench(partners: ["sample", "other"], profile: profile)
        // In all but its id like the one that pushes: nothing else keeps it from the request.
        try bench.register(
            bench.partner("twin", known: .fingerprint([UInt8](repeating: 4, count: 32))))
        let application = try bench.reopened()
        let uri = try bench.requestURI()
        let twin = try bench.get(
            bench.address(of: uri, client: "twin"), as: bench.customer(), on: application)
        #expect(twin.status == 400 && text(twin).contains("APL-1003"))
        let made = "urn:ietf:params:oauth:request_uri:" + SecureRandom.token()
        for address in [
            bench.address(of: uri, client: "other"), bench.address(of: made), bench.address(of: uri + "x"),
            bench.address(of: String(uri.dropLast())),
            bench.address(of: uri) + "&" + FormFields.encode([("request_uri", uri)]),
        ] {
            let response = try bench.get(address, as: bench.customer())
            #expect(response.status == 400 && response.headers["Location"] == nil)
            #expect(text(response).contains("APL-1003"))
        }
        #expect(try bench.get(bench.address(of: uri), as: bench.customer()).status == 303)
    }

    @Test(arguments: Profile.allCases)
    func `row 16, a reference ends after its time`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        let uri = try bench.requestURI()
        bench.pass(seconds: 299)
        #expect(try bench.get(bench.address(of: uri), as: bench.customer()).status == 303)
        bench.pass(seconds: 1)
        #expect(try bench.get(bench.address(of: uri), as: bench.customer()).status == 400)
    }

    @Test(arguments: Profile.allCases, ["allow", "deny"])
    func `row 16, a reference may be opened again until it is answered, and is answered once`(
        profile: Profile, decision: String
    ) throws {
        let bench = try Bench(profile: profile)
        let uri = try bench.requestURI()
        let ahead = try bench.get(bench.address(of: uri), as: bench.customer())
        let flow = try bench.get(bench.address(of: uri), as: bench.customer("C2", session: "S2"))
        let address = try #require(flow.headers["Location"])
        let form = try bench.form(address, decision: decision, as: bench.customer("C2", session: "S2"))
        let answer = try bench.post("/consent", form, as: bench.customer("C2", session: "S2"))
        #expect(answer.status == 303)
        // The other flow, whoever it is, gets nothing any more, and no new one begins.
        let other = try bench.get(try #require(ahead.headers["Location"]), as: bench.customer())
        #expect(other.status == 409 && text(other).contains("APL-1902"))
        let again = try bench.get(bench.address(of: uri), as: bench.customer())
        #expect(again.status == 400 && text(again).contains("APL-1003"))
        #expect(try bench.store.grants(of: "C1").isEmpty)
    }

    @Test func `row 16, of two flows of one reference answered at once one gets a code`() throws {
        let bench = try Bench(profile: .fapi2)
        let uri = try bench.requestURI()
        let forms = try (1...4).map { number in
            let customer = bench.customer("C\(number)", session: "S\(number)")
            let arrived = try bench.get(bench.address(of: uri), as: customer)
            return (
                customer,
                try bench.form(#require(arrived.headers["Location"]), decision: "allow", as: customer)
            )
        }
        let answers = concurrently(4) { number in
            try? bench.post("/consent", forms[number].1, as: forms[number].0)
        }
        let places = answers.map { $0?.headers["Location"] ?? "" }
        #expect(places.count { $0.hasPrefix("https://partner.example:8444/callback?code=") } == 1)
        #expect(places.count { $0.hasPrefix("/consent?flow=") } == 3)
        for (place, form) in zip(places, forms) where place.hasPrefix("/") {
            #expect(try text(bench.get(place, as: form.0)).contains("APL-1902"))
        }
        #expect(try (1...4).flatMap { try bench.store.grants(of: "C\($0)") }.count == 1)
    }

    @Test func `row 17, a partner that must push cannot come with the request itself`() throws {
        let bench = try Bench(profile: .fapi2)
        let response = try bench.get(bench.authorizationQuery(), as: bench.customer())
        #expect(try query(of: response)["error"] == "invalid_request")
        #expect(try query(of: response)["iss"] == Bench.issuer)
    }

    @Test(arguments: Profile.allCases)
    func `row 18, beside a reference nothing of the address counts`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        let uri = try bench.requestURI(["scope": "balance", "state": "pushed"])
        let more = FormFields.encode([
            ("scope", "movements"), ("state", "front"), ("redirect_uri", "https://evil.example/"),
            ("response_type", "token"), ("code_challenge", "x"),
        ])
        let arrived = try bench.get(bench.address(of: uri) + "&" + more, as: bench.customer())
        let form = try bench.form(try #require(arrived.headers["Location"]), decision: "allow")
        let response = try bench.post("/consent", form, as: bench.customer())
        #expect(response.headers["Location"]?.hasPrefix("https://partner.example:8444/callback?") == true)
        #expect(try query(of: response)["state"] == "pushed")
        #expect(try bench.store.grants(of: "C1").first?.scopes.text == "balance")
    }

    @Test func `a registration that changes takes what it no longer allows from pushed requests`() throws {
        let bench = try Bench(profile: .bcp)
        let uri = try bench.requestURI(["scope": "movements"])
        var narrower = try bench.partner(
            "sample", known: .fingerprint(Bench.partnerFingerprint), profile: .bcp)
        narrower.scopes = [.balance]
        try bench.register(narrower)
        let response = try bench.get(bench.address(of: uri), as: bench.customer(), on: bench.reopened())
        #expect(response.status == 400)
    }
}
