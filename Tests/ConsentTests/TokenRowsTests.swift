import Authorization
import Consent
import Crypto
import HTTP
import Serving
import Settings
import Storage
import Testing
import Text

/// Codes, access tokens, refresh tokens, and what is said about them, under both profiles.
@Suite struct TokenRowsTests {
    typealias Profile = ConsentSettings.Profile

    private func error(_ response: WebResponse) throws -> String? { try json(response)["error"]?.string }

    private func refresh(
        _ token: String, _ more: [(String, String)] = [], on bench: Bench, as claims: Claims? = nil
    ) throws -> WebResponse {
        try bench.post("/token", bench.refreshFields(token, more), as: claims ?? bench.partner())
    }

    private func introspection(_ token: String, on bench: Bench) throws -> JSONNode {
        let response = try bench.post(
            "/introspect", [("client_id", "sample"), ("token", token)], as: bench.partner())
        #expect(response.status == 200)
        #expect(response.headers["Cache-Control"] == "no-store")
        return try json(response)
    }

    private func revoke(_ token: String, on bench: Bench, client: String = "sample", as claims: Claims? = nil)
        throws -> WebResponse
    {
        try bench.post(
            "/revoke", [("client_id", client), ("token", token)], as: claims ?? bench.partner())
    }

    private let inactive = #"{"active":false}"#

    // MARK: Codes

    @Test(arguments: Profile.allCases)
    func `rows 6, 8 and 10, a code needs its verifier and its redirect URI`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        for changes in [
            ["code_verifier": String(repeating: "b", count: 43)],
            ["code_verifier": String(verifier.dropLast()) + "x"],
            ["redirect_uri": "https://partner.example:8444/callback/"],
        ] {
            let response = try bench.post(
                "/token", bench.tokenFields(bench.code(), changes.mapValues { $0 }), as: bench.partner())
            #expect(response.status == 400)
            #expect(try error(response) == "invalid_grant")
        }
        #expect(try bench.post("/token", bench.tokenFields(bench.code()), as: bench.partner()).status == 200)
    }

    @Test(arguments: Profile.allCases)
    func `row 9, a code lives a minute, and used twice takes back all that came of it`(profile: Profile)
        throws
    {
        let bench = try Bench(profile: profile)
        let late = try bench.code()
        bench.pass(seconds: 60)
        #expect(
            try error(bench.post("/token", bench.tokenFields(late), as: bench.partner())) == "invalid_grant")
        let code = try bench.code()
        bench.pass(seconds: 59)
        let document = try json(bench.post("/token", bench.tokenFields(code), as: bench.partner()))
        let token = try #require(document["access_token"]?.string)
        let refreshToken = try #require(document["refresh_token"]?.string)
        #expect(try refresh(refreshToken, on: bench).status == 200)
        #expect(try bench.post("/token", bench.tokenFields(code), as: bench.partner()).status == 400)
        #expect(try bench.accounts(token).status == 401)
        #expect(try refresh(refreshToken, on: bench).status == 400)
        #expect(try bench.store.grants(of: "C1").first?.status == .revokedByReuse)
    }

    @Test(arguments: Profile.allCases)
    func `row 9, a code may live longer under bcp where it is configured, and never under fapi2`(
        profile: Profile
    ) throws {
        let bench = try Bench(lifetimes: .init(codeSeconds: 600), profile: profile)
        let code = try bench.code()
        bench.pass(seconds: 60)
        let response = try bench.post("/token", bench.tokenFields(code), as: bench.partner())
        #expect(response.status == (profile == .bcp ? 200 : 400))
    }

    @Test(arguments: Profile.allCases)
    func `row 10, a code is worth nothing once what it stands for has ended`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        let code = try bench.code()
        let grant = try #require(bench.store.grants(of: "C1").first)
        #expect(try bench.store.end(grant.id, as: .revokedByCustomer))
        let response = try bench.post("/token", bench.tokenFields(code), as: bench.partner())
        #expect(response.status == 400)
        #expect(try error(response) == "invalid_grant")
    }

    // MARK: Tokens

    @Test(arguments: Profile.allCases)
    func `rows 27, 28, 32 and 33, a token is bound, short, opaque and kept by nobody on the way`(
        profile: Profile
    ) throws {
        let bench = try Bench(profile: profile)
        let response = try bench.post("/token", bench.tokenFields(bench.code()), as: bench.partner())
        #expect(response.headers["Cache-Control"] == "no-store")
        let document = try json(response)
        let token = try #require(document["access_token"]?.string)
        #expect(token.utf8.count == 43)
        #expect(document["expires_in"]?.integer == 600)
        #expect(document["scope"]?.string == "balance")
        #expect(document["token_type"]?.string == "Bearer")
        let stranger = bench.partner(fingerprint: [UInt8](repeating: 3, count: 32))
        let refused = try bench.accounts(token, as: stranger)
        #expect(refused.status == 401)
        #expect(refused.headers["WWW-Authenticate"]?.contains("invalid_token") == true)
        #expect(try bench.accounts(token).status == 200)
    }

    @Test(arguments: Profile.allCases)
    func `row 30, a refresh token is used again and again and stays the same`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        let tokens = try bench.tokens()
        var access = Set([tokens.access])
        for _ in 1...3 {
            bench.pass(seconds: 600)
            let response = try refresh(tokens.refresh, on: bench)
            #expect(response.status == 200)
            let document = try json(response)
            #expect(document["refresh_token"] == nil)
            let token = try #require(document["access_token"]?.string)
            #expect(access.insert(token).inserted)
            #expect(try bench.accounts(token).status == 200)
        }
        #expect(try bench.count(of: "token.refreshed") == 3)
    }

    @Test(arguments: Profile.allCases)
    func `row 30, a refresh token is another partner's to use no more than a made-up one`(profile: Profile)
        throws
    {
        let bench = try Bench(partners: ["sample", "other"], profile: profile)
        let tokens = try bench.tokens()
        let other = bench.partner(fingerprint: [UInt8](repeating: 2, count: 32), subject: "CN=other")
        let fields = bench.refreshFields(tokens.refresh).map {
            $0.0 == "client_id" ? ("client_id", "other") : $0
        }
        #expect(try error(bench.post("/token", fields, as: other)) == "invalid_grant")
        for token in [tokens.access, tokens.refresh + "x", "x"] {
            #expect(try error(refresh(token, on: bench)) == "invalid_grant")
        }
        #expect(try error(bench.post("/token", Array(fields.dropLast()), as: other)) == "invalid_request")
        #expect(try refresh(tokens.refresh, on: bench).status == 200)
    }

    @Test(arguments: Profile.allCases)
    func `row 30, a refresh token survives the partner's new certificate, and its tokens are bound to that`(
        profile: Profile
    ) throws {
        let bench = try Bench(profile: profile)
        let tokens = try bench.tokens()
        let renewed = bench.partner(fingerprint: [UInt8](repeating: 8, count: 32))
        let response = try refresh(tokens.refresh, on: bench, as: renewed)
        let token = try #require(json(response)["access_token"]?.string)
        #expect(try bench.accounts(token, as: renewed).status == 200)
        #expect(try bench.accounts(token).status == 401)
        #expect(try bench.accounts(tokens.access).status == 200)
    }

    @Test(arguments: Profile.allCases)
    func `row 30, a refresh token that nobody uses ends, and each use begins the time anew`(profile: Profile)
        throws
    {
        let bench = try Bench(lifetimes: .init(refreshIdleSeconds: 3600), profile: profile)
        let tokens = try bench.tokens()
        for _ in 1...3 {
            bench.pass(seconds: 3599)
            #expect(try refresh(tokens.refresh, on: bench).status == 200)
        }
        bench.pass(seconds: 3600)
        #expect(try error(refresh(tokens.refresh, on: bench)) == "invalid_grant")
    }

    @Test(arguments: Profile.allCases)
    func `row 31, no refresh token outlives the 認可期間, however much it is used`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        let tokens = try bench.tokens()
        let until = try #require(bench.store.grants(of: "C1").first?.period.until)
        while bench.now.adding(seconds: 80 * 86_400) < until {
            bench.pass(seconds: 80 * 86_400)
            #expect(try refresh(tokens.refresh, on: bench).status == 200)
        }
        bench.pass(seconds: until.seconds - bench.now.seconds - 1)
        let last = try json(refresh(tokens.refresh, on: bench))
        #expect(last["expires_in"]?.integer == 1)
        bench.pass(seconds: 1)
        #expect(try error(refresh(tokens.refresh, on: bench)) == "invalid_grant")
        #expect(try bench.accounts(try #require(last["access_token"]?.string)).status == 401)
    }

    @Test(arguments: Profile.allCases)
    func `rows 30 and 33, a refresh may ask for less and never for more`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        let tokens = try bench.tokens(["scope": "balance movements"])
        for scope in ["transfers", "balance transfers", "x"] {
            let response = try refresh(tokens.refresh, [("scope", scope)], on: bench)
            #expect(try error(response) == "invalid_scope")
        }
        let narrow = try json(refresh(tokens.refresh, [("scope", "movements")], on: bench))
        #expect(narrow["scope"]?.string == "movements")
        #expect(try bench.accounts(try #require(narrow["access_token"]?.string)).status == 403)
        #expect(try json(refresh(tokens.refresh, on: bench))["scope"]?.string == "balance movements")
    }

    @Test(arguments: Profile.allCases)
    func `row 30, a partner without refresh tokens gets none, and keeps none`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        let tokens = try bench.tokens()
        try bench.register(
            bench.partner("sample", known: .fingerprint(Bench.partnerFingerprint), refreshTokens: false))
        let application = try bench.reopened()
        let response = try bench.post(
            "/token", bench.refreshFields(tokens.refresh), as: bench.partner(), on: application)
        #expect(try error(response) == "unauthorized_client")
        let asked = try bench.post(
            "/introspect", [("client_id", "sample"), ("token", tokens.refresh)], as: bench.partner(),
            on: application)
        #expect(text(asked) == inactive)
        let fresh = try bench.post(
            "/token", bench.tokenFields(bench.code()), as: bench.partner(), on: application)
        #expect(fresh.status == 200)
        #expect(try json(fresh)["refresh_token"] == nil)
    }

    @Test func `a partner that asks for tokens all the time keeps the latest twenty`() throws {
        let bench = try Bench()
        let tokens = try bench.tokens()
        var latest: [String] = []
        for _ in 1...21 {
            bench.pass(seconds: 1)
            latest.append(try #require(json(refresh(tokens.refresh, on: bench))["access_token"]?.string))
        }
        #expect(try bench.accounts(tokens.access).status == 401)
        #expect(try bench.accounts(latest[0]).status == 401)
        for token in latest.dropFirst() { #expect(try bench.accounts(token).status == 200) }
    }

    // MARK: Errors

    @Test(arguments: Profile.allCases)
    func `row 34, errors are JSON, 401 for a client nobody knows and 400 for the rest`(profile: Profile)
        throws
    {
        let bench = try Bench(profile: profile)
        let code = try bench.code()
        for (fields, claims, status, name) in [
            (bench.tokenFields(code), bench.partner(subject: "CN=x"), 401, "invalid_client"),
            (bench.tokenFields(code, ["grant_type": nil]), bench.partner(), 400, "invalid_request"),
            (bench.tokenFields(code, ["grant_type": "x"]), bench.partner(), 400, "unsupported_grant_type"),
            (bench.tokenFields("x"), bench.partner(), 400, "invalid_grant"),
        ] {
            let response = try bench.post("/token", fields, as: claims)
            #expect(response.status == status)
            #expect(response.headers["Content-Type"] == "application/json")
            #expect(try error(response) == name)
        }
    }

    // MARK: Metadata

    @Test(arguments: Profile.allCases)
    func `rows 6, 12, 29, 35 and 42, the metadata names every endpoint and what each can do`(profile: Profile)
        throws
    {
        let bench = try Bench(profile: profile)
        let document = try json(bench.get("/.well-known/oauth-authorization-server", as: bench.anonymous))
        #expect(document["issuer"]?.string == Bench.issuer)
        #expect(document["authorization_endpoint"]?.string == "\(Bench.issuer)/authorize")
        let aliases = try #require(document["mtls_endpoint_aliases"])
        for (name, path) in [
            ("token_endpoint", "/token"), ("pushed_authorization_request_endpoint", "/par"),
            ("revocation_endpoint", "/revoke"), ("introspection_endpoint", "/introspect"),
        ] {
            #expect(document[name]?.string == "https://api.fb.example\(path)")
            #expect(aliases[name]?.string == "https://api.fb.example\(path)")
        }
        func list(_ name: String) -> [String?]? { document[name]?.array?.map(\.string) }
        for endpoint in ["token", "revocation", "introspection"] {
            #expect(
                list("\(endpoint)_endpoint_auth_methods_supported") == ["tls_client_auth", "private_key_jwt"])
            #expect(
                list("\(endpoint)_endpoint_auth_signing_alg_values_supported") == ["ES256", "PS256", "EdDSA"])
        }
        #expect(list("response_types_supported") == ["code"])
        #expect(list("response_modes_supported") == ["query"])
        #expect(list("grant_types_supported") == ["authorization_code", "refresh_token"])
        #expect(list("code_challenge_methods_supported") == ["S256"])
        #expect(list("scopes_supported") == ["balance", "movements", "transfers"])
        #expect(document["authorization_response_iss_parameter_supported"]?.bool == true)
        #expect(document["tls_client_certificate_bound_access_tokens"]?.bool == true)
        #expect(document["require_pushed_authorization_requests"]?.bool == false)
    }

    // MARK: Revocation and introspection

    @Test(arguments: Profile.allCases)
    func `row 36, an access token that is revoked is gone, and nothing else`(profile: Profile) throws {
        let bench = try Bench(partners: ["sample", "other"], profile: profile)
        let tokens = try bench.tokens()
        let other = bench.partner(fingerprint: [UInt8](repeating: 2, count: 32), subject: "CN=other")
        for token in [tokens.access, tokens.refresh, "unknown"] {
            #expect(try revoke(token, on: bench, client: "other", as: other).status == 200)
        }
        #expect(try revoke("unknown", on: bench).status == 200)
        #expect(try bench.accounts(tokens.access).status == 200)
        #expect(try revoke(tokens.access, on: bench).status == 200)
        #expect(try bench.accounts(tokens.access).status == 401)
        #expect(try refresh(tokens.refresh, on: bench).status == 200)
        #expect(try bench.get("/revoke", as: bench.partner()).status == 405)
        #expect(try bench.post("/revoke", [("client_id", "sample")], as: bench.partner()).status == 400)
    }

    @Test(arguments: Profile.allCases)
    func `row 36, a refresh token that is revoked takes the grant and its access tokens along`(
        profile: Profile
    )
        throws
    {
        let bench = try Bench(profile: profile)
        let tokens = try bench.tokens()
        let second = try #require(json(refresh(tokens.refresh, on: bench))["access_token"]?.string)
        #expect(try revoke(tokens.refresh, on: bench).status == 200)
        for token in [tokens.access, second] { #expect(try bench.accounts(token).status == 401) }
        #expect(try error(refresh(tokens.refresh, on: bench)) == "invalid_grant")
        #expect(try bench.store.grants(of: "C1").map(\.status) == [.revokedByPartner])
        #expect(try bench.count(of: "grant.revokedByPartner") == 1)
    }

    @Test(arguments: Profile.allCases)
    func `rows 28 and 37, a partner learns all about its own good tokens and nothing about any other`(
        profile: Profile
    ) throws {
        let bench = try Bench(partners: ["sample", "other"], profile: profile)
        let tokens = try bench.tokens()
        let access = try introspection(tokens.access, on: bench)
        #expect(access["active"]?.bool == true)
        #expect(access["client_id"]?.string == "sample")
        #expect(access["scope"]?.string == "balance")
        #expect(access["exp"]?.integer == bench.now.seconds + 600)
        #expect(access["iss"]?.string == Bench.issuer)
        #expect(access["aud"]?.string == "https://api.fb.example")
        let until = try #require(bench.store.grants(of: "C1").first?.period.until)
        #expect(access["consent_expires_at"]?.integer == until.seconds)
        let refreshed = try json(refresh(tokens.refresh, on: bench))
        #expect(refreshed["consent_expires_at"]?.integer == until.seconds)
        #expect(access["cnf"]?["x5t#S256"]?.string == Base64URL.encode(Bench.partnerFingerprint))
        #expect(try introspection(tokens.refresh, on: bench)["active"]?.bool == true)
        let other = bench.partner(fingerprint: [UInt8](repeating: 2, count: 32), subject: "CN=other")
        for token in [tokens.access, tokens.refresh, "x"] {
            let response = try bench.post(
                "/introspect", [("client_id", "other"), ("token", token)], as: other)
            #expect(text(response) == inactive)
        }
        bench.pass(seconds: 600)
        let late = try bench.post(
            "/introspect", [("client_id", "sample"), ("token", tokens.access)], as: bench.partner())
        #expect(text(late) == inactive)
    }

    @Test(arguments: Profile.allCases)
    func `rows 37 and 40, after 解除 no token of the grant is active`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        let tokens = try bench.tokens()
        let grant = try #require(bench.store.grants(of: "C1").first)
        #expect(try bench.store.end(grant.id, as: .revokedByCustomer))
        for token in [tokens.access, tokens.refresh] {
            #expect(try introspection(token, on: bench)["active"]?.bool == false)
        }
        #expect(try bench.accounts(tokens.access).status == 401)
        #expect(try error(refresh(tokens.refresh, on: bench)) == "invalid_grant")
    }

    @Test func `no code, token, reference or assertion is ever logged or stored`() throws {
        let bench = try Bench(profile: .fapi2)
        let uri = try bench.requestURI()
        let tokens = try bench.tokens()
        let second = try #require(json(refresh(tokens.refresh, on: bench))["access_token"]?.string)
        _ = try introspection(tokens.access, on: bench)
        _ = try revoke(tokens.refresh, on: bench)
        let log = try bench.logged()
        let stored = try bench.storedBytes().map { String(decoding: $0, as: UTF8.self) }
        for secret in [tokens.access, tokens.refresh, second, String(uri.suffix(43)), verifier] {
            #expect(!log.contains(secret))
            for bytes in stored { #expect(!bytes.contains(secret)) }
        }
    }
}
