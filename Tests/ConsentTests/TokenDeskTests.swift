import Authorization
import HTTP
import Serving
import Storage
import Testing
import Text

/// The token endpoint and the sample API.
@Suite struct TokenDeskTests {
    let bench: Bench

    init() throws { bench = try Bench(partners: ["sample", "other"]) }

    private func refusal(
        _ fields: [(String, String)], as claims: Claims? = nil
    ) throws -> (status: Int, error: String?) {
        let response = try bench.post("/token", fields, as: claims ?? bench.partner())
        #expect(response.headers["Cache-Control"] == "no-store")
        return (response.status, try json(response)["error"]?.string)
    }

    // MARK: Codes

    @Test(
        arguments: [
            (["client_id": nil], 401, "invalid_client"), (["client_id": "other"], 401, "invalid_client"),
            (["grant_type": "password"], 400, "unsupported_grant_type"),
            (["code": nil], 400, "invalid_request"),
            (["code_verifier": nil], 400, "invalid_request"),
            (["code_verifier": String(repeating: "a", count: 42)], 400, "invalid_grant"),
        ] as [([String: String?], Int, String)])
    func `rows 8, 24 and 34, a request that is not in order leaves the code alone`(
        changes: [String: String?], status: Int, error: String
    ) throws {
        let code = try bench.code()
        let refused = try refusal(bench.tokenFields(code, changes))
        #expect(refused.status == status)
        #expect(refused.error == error)
        #expect(try bench.post("/token", bench.tokenFields(code), as: bench.partner()).status == 200)
    }

    @Test(arguments: [
        "CN=sample-partner,O=Other,C=JP", "C=JP,O=Sample Kaikei,CN=sample-partner", "sample-partner",
    ])
    func `row 25, a certificate of another subject is an invalid client`(subject: String) throws {
        let refused = try refusal(bench.tokenFields(bench.code()), as: bench.partner(subject: subject))
        #expect(refused.error == "invalid_client")
    }

    @Test func `row 26, the subject is compared by its meaning`() throws {
        let claims = bench.partner(subject: "2.5.4.3=sample-partner, O=Sample Kaikei,c=JP")
        #expect(try bench.post("/token", bench.tokenFields(bench.code()), as: claims).status == 200)
    }

    @Test func `row 10, another partner's code is unknown to it and left alone`() throws {
        let code = try bench.code()
        let other = bench.partner(fingerprint: [UInt8](repeating: 2, count: 32), subject: "CN=other")
        let refused = try refusal(bench.tokenFields(code, ["client_id": "other"]), as: other)
        #expect(refused.error == "invalid_grant")
        #expect(try bench.post("/token", bench.tokenFields(code), as: bench.partner()).status == 200)
    }

    @Test(arguments: [
        ["code_verifier": String(repeating: "b", count: 43)],
        ["redirect_uri": "https://partner.example:8444/callback?"],
    ])
    func `rows 8 and 10, a wrong verifier or redirect URI spends the code`(changes: [String: String]) throws {
        let code = try bench.code()
        let refused = try refusal(bench.tokenFields(code, changes.mapValues { $0 }))
        #expect(refused.error == "invalid_grant")
        #expect(try bench.count(of: "code.refused") == 1)
        #expect(try refusal(bench.tokenFields(code)).error == "invalid_grant")
    }

    @Test func `row 9, a code is good for sixty seconds`() throws {
        let code = try bench.code()
        bench.pass(seconds: 60)
        #expect(try refusal(bench.tokenFields(code)).error == "invalid_grant")
        #expect(try bench.count(of: "code.expired") == 1)
    }

    @Test func `row 9, a code used twice ends what came of it`() throws {
        let code = try bench.code()
        let first = try bench.post("/token", bench.tokenFields(code), as: bench.partner())
        let token = try #require(try json(first)["access_token"]?.string)
        #expect(try bench.accounts(token).status == 200)
        #expect(try refusal(bench.tokenFields(code)).error == "invalid_grant")
        #expect(try bench.accounts(token).status == 401)
        #expect(try bench.store.grants(of: "C1").map(\.status) == [.revokedByReuse])
        #expect(try bench.count(of: "code.reused") == 1)
    }

    @Test func `rows 32 and 33, a token comes with its scope and lifetime and is not stored anywhere`() throws
    {
        let response = try bench.post("/token", bench.tokenFields(bench.code()), as: bench.partner())
        #expect(response.status == 200)
        #expect(response.headers["Cache-Control"] == "no-store")
        let document = try json(response)
        #expect(document["token_type"]?.string == "Bearer")
        #expect(document["expires_in"]?.integer == 600)
        #expect(document["scope"]?.string == "balance")
        #expect(document["access_token"]?.string?.utf8.count == 43)
    }

    // MARK: The API

    @Test func `row 28, a token opens nothing under another certificate`() throws {
        let token = try bench.token()
        let other = bench.partner(fingerprint: [UInt8](repeating: 3, count: 32))
        let response = try bench.accounts(token, as: other)
        #expect(response.status == 401)
        #expect(response.headers["WWW-Authenticate"] == "Bearer error=\"invalid_token\"")
        #expect(try bench.accounts(token).status == 200)
    }

    @Test func `a request without a token is challenged without an error`() throws {
        let response = try bench.get("/api/v1/accounts", as: bench.partner())
        #expect(response.status == 401)
        #expect(response.headers["WWW-Authenticate"] == "Bearer")
    }

    @Test(arguments: ["Bearer", "Basic abc", "Bearer a b", "", "Bearer "])
    func `another kind of authorization is an invalid request`(value: String) throws {
        let response = try bench.get(
            "/api/v1/accounts", as: bench.partner(), headers: [("Authorization", value)])
        #expect(response.status == 400)
    }

    @Test func `two tokens are an invalid request`() throws {
        let token = ("Authorization", "Bearer \(try bench.token())")
        let response = try bench.get("/api/v1/accounts", as: bench.partner(), headers: [token, token])
        #expect(response.status == 400)
    }

    @Test func `a token in the address counts for nothing`() throws {
        let response = try bench.get(
            "/api/v1/accounts?access_token=\(bench.token())", as: bench.partner())
        #expect(response.status == 401)
    }

    @Test func `a scope that was not granted is refused`() throws {
        let response = try bench.accounts(bench.token(["scope": "movements"]))
        #expect(response.status == 403)
        #expect(response.headers["WWW-Authenticate"] == "Bearer error=\"insufficient_scope\"")
    }

    @Test func `row 32, a token ends after ten minutes`() throws {
        let token = try bench.token()
        bench.pass(seconds: 599)
        #expect(try bench.accounts(token).status == 200)
        bench.pass(seconds: 1)
        #expect(try bench.accounts(token).status == 401)
    }

    @Test func `解除 works at once`() throws {
        let token = try bench.token()
        let grant = try #require(try bench.store.grants(of: "C1").first)
        _ = try bench.store.end(grant.id, as: .revokedByCustomer)
        #expect(try bench.accounts(token).status == 401)
    }

    @Test func `a partner that is registered no more has no access`() throws {
        let token = try bench.token()
        let headers = [
            ("Sekisho-Assertion", try bench.assertion(bench.partner())), ("Authorization", "Bearer \(token)"),
        ]
        let application = try bench.application(partners: ["other"])
        #expect(bench.send("GET", "/api/v1/accounts", headers: headers, to: application).status == 401)
        #expect(bench.send("GET", "/api/v1/accounts", headers: headers).status == 200)
    }

    // MARK: What is written down

    @Test func `no code, token, verifier, state or assertion is ever logged or stored`() throws {
        let code = try bench.code()
        let response = try bench.post("/token", bench.tokenFields(code), as: bench.partner())
        let token = try #require(try json(response)["access_token"]?.string)
        _ = try bench.accounts(token)
        _ = try bench.post("/token", bench.tokenFields(code), as: bench.partner())
        _ = bench.send("GET", "/authorize?secret=1", headers: [("Sekisho-Assertion", "a.b.c")])
        let log = try bench.logged()
        for secret in [code, token, verifier, "secret=1", "a.b.c", "eyJ"] { #expect(!log.contains(secret)) }
        for event in [
            "flow.started", "consent.granted", "code.issued", "token.issued", "resource.read", "code.reused",
            "assertion.refused", "request.served",
        ] { #expect(log.contains("\"event\":\"\(event)\""), "\(event)") }
        for kept in try bench.storedBytes() {
            for secret in [code, token, verifier] { #expect(kept.firstRange(of: Array(secret.utf8)) == nil) }
        }
    }
}
