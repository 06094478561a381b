import Crypto
import HTTP
import Serving
import Testing
import Text

/// Nothing is let in that the gateway does not vouch for.
@Suite struct AssertionTests {
    let bench: Bench

    init() throws { bench = try Bench() }

    private func status(_ headers: [(String, String)], _ target: String = "/authorize") -> Int {
        bench.send("GET", target, headers: headers).status
    }

    /// The status of a request for the authorization endpoint with these claims: 400, as it asks for nothing, when
    /// they are believed.
    private func status(_ claims: Claims, key: SigningKey? = nil, type: String = "sekisho-assertion+jwt")
        throws -> Int
    {
        status([("Sekisho-Assertion", try bench.assertion(claims, key: key, type: type))])
    }

    @Test(arguments: [
        "/authorize", "/consent", "/token", "/api/v1/accounts", "/.well-known/oauth-authorization-server",
        "/consent/style.css", "/", "/nowhere",
    ])
    func `without an assertion every address is refused`(path: String) throws {
        for method in ["GET", "POST", "HEAD"] {
            let response = bench.send(method, path)
            #expect(response.status == 403)
            #expect(response.headers["Cache-Control"] == "no-store")
        }
        #expect(try bench.count(of: "assertion.refused") == 3)
    }

    @Test func `the health check needs none and says nothing`() {
        let response = bench.send("GET", "/healthz")
        #expect(response.status == 200)
        #expect(text(response) == "ok")
    }

    @Test func `a person gets a page with a number, a program JSON`() throws {
        let page = bench.send("GET", "/authorize")
        #expect(text(page).contains("APL-9001"))
        let refused = bench.send("POST", "/token")
        #expect(try json(refused)["error"]?.string == "refused")
    }

    @Test func `two assertions are none`() throws {
        let token = try bench.assertion(bench.customer())
        #expect(status([("Sekisho-Assertion", token), ("sekisho-assertion", token)]) == 403)
    }

    @Test func `no proper prefix of an assertion is one`() throws {
        let token = try bench.assertion(bench.customer())
        for length in stride(from: 0, to: token.utf8.count, by: 7) {
            #expect(status([("Sekisho-Assertion", String(token.prefix(length)))]) == 403)
        }
    }

    @Test func `another key, another type or no signature is refused`() throws {
        #expect(try status(bench.customer(), key: SigningKey()) == 403)
        #expect(try status(bench.customer(), type: "JWT") == 403)
        let parts = try bench.assertion(bench.customer()).split(separator: ".")
        let unsigned = Base64URL.encode(Array("{\"alg\":\"none\",\"typ\":\"sekisho-assertion+jwt\"}".utf8))
        #expect(status([("Sekisho-Assertion", "\(unsigned).\(parts[1]).")]) == 403)
    }

    @Test(
        arguments: [
            ("iss", .text("https://gate.example/")), ("iss", .number(1)), ("aud", .text("other")),
            ("aud", .list(["sekisho-consent"])), ("sub", .text("")), ("sub_kind", .text("admin")),
            ("sid", .text("")),
            ("sid", .number(1)), ("acr", .text("urn:sekisho:acr:none")),
            ("acr", .text("urn:sekisho:acr:certificate")),
            ("amr", .list(["swk", "pwd"])), ("amr", .list([])), ("auth_time", .text("now")),
            ("client_ip", .number(1)),
            ("cnf", .confirmation("AAAA")), ("exp", .text("x")), ("iat", .text("x")),
        ] as [(String, Claim)])
    func `one wrong claim of a customer refuses all`(name: String, value: Claim) throws {
        #expect(try status(bench.customer().merging([name: value]) { $1 }) == 403)
    }

    @Test(arguments: [
        "iss", "aud", "sub", "sub_kind", "sid", "acr", "amr", "auth_time", "client_ip", "exp", "iat",
    ])
    func `one missing claim of a customer refuses all`(name: String) throws {
        #expect(try status(bench.customer().filter { $0.key != name }) == 403)
    }

    @Test(
        arguments: [
            ("sub", .text("partner:00")), ("sub", .text("C1")), ("cnf", .confirmation("AAAA")),
            ("cnf", .text("x")),
            ("cert_sub", .number(1)), ("sub_kind", .text("customer")),
        ] as [(String, Claim)])
    func `one wrong claim of a partner refuses all`(name: String, value: Claim) throws {
        #expect(try bench.post("/token", [], as: bench.partner()).status == 400 + 1)
        #expect(try bench.post("/token", [], as: bench.partner().merging([name: value]) { $1 }).status == 403)
    }

    @Test func `a certificate customer without the certificate's thumbprint is refused`() throws {
        #expect(try status(bench.certificateCustomer()) == 400)
        #expect(try status(bench.certificateCustomer().filter { $0.key != "cnf" }) == 403)
        #expect(try status(bench.certificateCustomer(fingerprint: [1, 2, 3])) == 403)
    }

    @Test func `row 42, an assertion from ten seconds ahead is believed, from eleven not`() throws {
        let now = bench.now.seconds
        func claims(ahead: Int64) -> Claims {
            bench.customer().merging(["iat": .number(now + ahead), "exp": .number(now + ahead + 60)]) { $1 }
        }
        #expect(try status(claims(ahead: 11)) == 403)
        #expect(try status(claims(ahead: 10)) == 400)
    }

    @Test func `an assertion is believed for ten seconds after its end, the known one too`() throws {
        let token = try bench.assertion(bench.customer())
        #expect(status([("Sekisho-Assertion", token)]) == 400)
        bench.pass(seconds: 69)
        #expect(status([("Sekisho-Assertion", token)]) == 400)
        bench.pass(seconds: 1)
        #expect(status([("Sekisho-Assertion", token)]) == 403)
    }

    @Test func `an assertion for longer than five minutes, or that ends before it begins, is refused`() throws
    {
        let now = bench.now.seconds
        func claims(lifetime: Int64) -> Claims {
            bench.customer().merging(["exp": .number(now + lifetime)]) { $1 }
        }
        #expect(try status(claims(lifetime: 301)) == 403)
        #expect(try status(claims(lifetime: -1)) == 403)
        #expect(try status(claims(lifetime: .max - now)) == 403)
        #expect(try status(claims(lifetime: 300)) == 400)
    }

    @Test func `neither customers nor nobody get what is for partners, nor the other way round`() throws {
        for path in ["/authorize", "/consent"] {
            #expect(try bench.get(path, as: bench.partner()).status == 403)
            #expect(try bench.get(path, as: bench.anonymous).status == 403)
        }
        for claims in [bench.customer(), bench.anonymous] {
            #expect(try bench.post("/token", [], as: claims).status == 403)
            #expect(try bench.get("/api/v1/accounts", as: claims).status == 403)
        }
    }

    // MARK: Keys

    @Test func `without keys everything is refused, and they are read when they appear`() throws {
        let bench = try Bench(publishesKeys: false)
        #expect(try bench.get("/authorize", as: bench.customer()).status == 403)
        bench.publish([bench.key])
        #expect(try bench.get("/authorize", as: bench.customer()).status == 403)
        bench.pass(seconds: 1)
        #expect(try bench.get("/authorize", as: bench.customer()).status == 400)
        #expect(try bench.count(of: "assertionKeys.unreadable") == 1)
    }

    @Test func `a new key works within a second, a withdrawn one is gone within a minute`() throws {
        let next = try SigningKey()
        #expect(try status(bench.customer()) == 400)
        bench.publish([bench.key, next])
        bench.pass(seconds: 1)
        #expect(try status(bench.customer(), key: next) == 400)
        bench.publish([next])
        bench.pass(seconds: 60)
        #expect(try status(bench.customer()) == 403)
        #expect(try status(bench.customer(), key: next) == 400)
    }

    @Test func `a broken key file leaves the keys as they were`() throws {
        #expect(try status(bench.customer()) == 400)
        bench.write(Array("{".utf8), to: "jwks.json")
        bench.pass(seconds: 61)
        #expect(try status(bench.customer()) == 400)
        #expect(try bench.count(of: "assertionKeys.unreadable") == 1)
    }
}
