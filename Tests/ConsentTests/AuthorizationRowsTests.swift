import Authorization
import Consent
import Crypto
import HTTP
import Serving
import Settings
import Storage
import Testing
import Text

/// The protocol's checklist at the authorization endpoint, on the real application, under both profiles.
@Suite struct AuthorizationRowsTests {
    typealias Profile = ConsentSettings.Profile

    @Test(arguments: Profile.allCases)
    func `row 1, a repeated parameter is refused, an unknown one ignored`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        if profile == .bcp {
            let response = try bench.get(bench.authorizationQuery() + "&scope=balance", as: bench.customer())
            #expect(try query(of: response)["error"] == "invalid_request")
            _ = try bench.form(
                try #require(
                    bench.get(bench.authorizationQuery() + "&color=red", as: bench.customer())
                        .headers["Location"]), decision: "allow")
        }
        let repeated = try bench.post(
            "/par", bench.pushFields() + [("scope", "balance")], as: bench.partner())
        #expect(repeated.status == 400)
        #expect(try json(repeated)["error"]?.string == "invalid_request")
        let unknown = try bench.post("/par", bench.pushFields() + [("color", "red")], as: bench.partner())
        #expect(unknown.status == 201)
    }

    @Test(
        arguments: Profile.allCases,
        [
            "https://partner.example:8444/callback/", "https://partner.example:8444/Callback",
            "https://PARTNER.example:8444/callback", "https://partner.example:8444/callback?x=1",
            "https://partner.example/callback", "http://partner.example:8444/callback",
            "https://partner.example:8444/callback#f", "https://evil.example/",
        ])
    func `rows 2, 3 and 4, a redirect URI that is not registered letter by letter is never gone to`(
        profile: Profile, uri: String
    ) throws {
        let bench = try Bench(profile: profile)
        let response = try bench.get(bench.authorizationQuery(["redirect_uri": uri]), as: bench.customer())
        #expect(response.status == 400)
        #expect(response.headers["Location"] == nil)
        let pushed = try bench.push(["redirect_uri": uri])
        #expect(pushed.status == 400)
        #expect(try json(pushed)["error"]?.string == "invalid_request")
    }

    @Test(arguments: Profile.allCases)
    func `row 3, an unknown partner gets a page and no redirect`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        for id in ["nobody", nil] {
            let response = try bench.get(
                bench.authorizationQuery(["client_id": id]), as: bench.customer())
            #expect(response.status == 400 && response.headers["Location"] == nil)
            #expect(text(response).contains("APL-1001"))
        }
    }

    @Test(arguments: Profile.allCases)
    func `row 4, nobody is sent anywhere before having logged in`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        for address in [try bench.arrival(), bench.authorizationQuery(["response_type": "token"])] {
            for stranger in [bench.anonymous, bench.partner()] {
                let response = try bench.get(address, as: stranger)
                #expect(response.status == 403 && response.headers["Location"] == nil)
            }
        }
    }

    @Test(arguments: Profile.allCases, ["token", "id_token", "code id_token", "none"])
    func `row 5, no response type but code, and no grant but code and refresh token`(
        profile: Profile, type: String
    ) throws {
        let bench = try Bench(profile: profile)
        let pushed = try bench.push(["response_type": type])
        #expect(try json(pushed)["error"]?.string == "unsupported_response_type")
        if profile == .bcp {
            let response = try bench.get(
                bench.authorizationQuery(["response_type": type]), as: bench.customer())
            #expect(try query(of: response)["error"] == "unsupported_response_type")
        }
        for grantType in ["password", "client_credentials", "implicit"] {
            let response = try bench.post(
                "/token",
                [("grant_type", grantType), ("client_id", "sample"), ("username", "u"), ("password", "p")],
                as: bench.partner())
            #expect(try json(response)["error"]?.string == "unsupported_grant_type")
        }
    }

    @Test(
        arguments: Profile.allCases,
        [
            ["code_challenge": nil], ["code_challenge": "short"], ["code_challenge_method": nil],
            ["code_challenge_method": "plain"], ["code_challenge_method": "s256"],
        ] as [[String: String?]])
    func `rows 6 and 7, a request without an S256 challenge is refused`(
        profile: Profile, changes: [String: String?]
    ) throws {
        let bench = try Bench(profile: profile)
        #expect(try json(bench.push(changes))["error"]?.string == "invalid_request")
        if profile == .bcp {
            let response = try bench.get(bench.authorizationQuery(changes), as: bench.customer())
            #expect(try query(of: response)["error"] == "invalid_request")
        }
    }

    @Test(arguments: Profile.allCases, ["", "~", "a b&c=d+%41", String(repeating: "x", count: 1024)])
    func `rows 11, 12 and 14, state and issuer come back with success and error`(
        profile: Profile, state: String
    ) throws {
        let bench = try Bench(profile: profile)
        for decision in ["allow", "deny"] {
            let form = try bench.form(bench.begin(["state": state]), decision: decision)
            let response = try bench.post("/consent", form, as: bench.customer())
            let parameters = try query(of: response)
            #expect(parameters["state"] == (state.isEmpty ? nil : state))
            #expect(parameters["iss"] == Bench.issuer)
            #expect((parameters["code"] != nil) == (decision == "allow"))
            #expect(parameters["error"] == (decision == "deny" ? "access_denied" : nil))
        }
    }

    @Test(
        arguments: Profile.allCases,
        [
            (["scope": "everything"], "invalid_scope"), (["scope": "transfers"], "invalid_scope"),
            (["response_type": "token"], "unsupported_response_type"),
            (["response_type": nil], "invalid_request"), (["response_mode": "fragment"], "invalid_request"),
        ] as [([String: String?], String)])
    func `row 13, errors have the names of RFC 6749`(
        profile: Profile, fault: ([String: String?], String)
    ) throws {
        let bench = try Bench(profile: profile)
        var fields = bench.pushFields(fault.0)
        for (name, value) in fault.0 where !fields.contains(where: { $0.0 == name }) {
            if let value { fields.append((name, value)) }
        }
        let pushed = try bench.post("/par", fields, as: bench.partner())
        #expect(pushed.status == 400)
        #expect(try json(pushed)["error"]?.string == fault.1)
    }

    @Test(arguments: Profile.allCases)
    func `row 13, a partner that may not ask for consent is unauthorized, and keeps what it has`(
        profile: Profile
    ) throws {
        let bench = try Bench(profile: profile)
        let tokens = try bench.tokens()
        let arrival = try bench.arrival(["state": "s"])
        var partner = try bench.partner("sample", known: .fingerprint(Bench.partnerFingerprint))
        partner.newConsents = false
        try bench.register(partner)
        let application = try bench.reopened()
        let response = try bench.get(arrival, as: bench.customer(), on: application)
        let parameters = try query(of: response)
        #expect(response.status == 303 && parameters["error"] == "unauthorized_client")
        #expect(parameters["state"] == "s" && parameters["iss"] == Bench.issuer)
        let pushed = try bench.post("/par", bench.pushFields(), as: bench.partner(), on: application)
        #expect(pushed.status == 400)
        #expect(try json(pushed)["error"]?.string == "unauthorized_client")
        let fields = bench.refreshFields(tokens.refresh)
        #expect(try bench.post("/token", fields, as: bench.partner(), on: application).status == 200)
    }

    @Test(arguments: Profile.allCases)
    func `row 19, every redirect is a 303`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        let arrived = try bench.get(bench.arrival(), as: bench.customer())
        #expect(arrived.status == 303)
        for decision in ["allow", "deny"] {
            let form = try bench.form(bench.begin(), decision: decision)
            #expect(try bench.post("/consent", form, as: bench.customer()).status == 303)
        }
        if profile == .bcp {
            let refused = try bench.get(bench.authorizationQuery(["scope": "x"]), as: bench.customer())
            #expect(refused.status == 303)
        }
    }

    @Test(arguments: Profile.allCases)
    func `rows 20, 21 and 23, every page is framed by nobody, loads nothing and tells nothing`(
        profile: Profile
    ) throws {
        let bench = try Bench(profile: profile)
        let pages = [
            try bench.get(bench.begin(), as: bench.customer()),
            try bench.get("/authorize", as: bench.customer()),
            try bench.get("/nowhere", as: bench.customer()),
            try bench.get("/authorize", as: bench.anonymous),
            bench.send("GET", "/authorize", headers: [("Origin", "https://partner.example:8444")]),
        ]
        for page in pages {
            #expect(page.headers["Content-Security-Policy"]?.contains("frame-ancestors 'none'") == true)
            #expect(page.headers["Content-Security-Policy"]?.contains("default-src 'none'") == true)
            #expect(page.headers["X-Frame-Options"] == "DENY")
            #expect(page.headers["Referrer-Policy"] == "no-referrer")
            #expect(page.headers["Cache-Control"] == "no-store")
            #expect(page.headers["Access-Control-Allow-Origin"] == nil)
            #expect(!text(page).contains("src=\"http") && !text(page).contains("href=\"http"))
        }
    }

    @Test(arguments: Profile.allCases)
    func `row 22, a form without its one-time token does nothing`(profile: Profile) throws {
        let bench = try Bench(profile: profile)
        let form = try bench.form(bench.begin(), decision: "allow")
        let stripped = form.filter { $0.0 != "token" }
        #expect(try bench.post("/consent", stripped, as: bench.customer()).status == 400)
        let forged = try bench.follow(
            bench.post("/consent", stripped + [("token", "x")], as: bench.customer()))
        #expect(text(forged).contains("APL-1905"))
        #expect(try bench.store.grants(of: "C1").isEmpty)
    }

    @Test(arguments: Profile.allCases)
    func `row 39, the customer reads which company's service asks, for what and until when`(
        profile: Profile
    ) throws {
        let bench = try Bench(profile: profile)
        let page = text(try bench.get(bench.begin(), as: bench.customer()))
        for words in ["サンプル会計&lt;b&gt;", "株式会社サンプル", "残高照会", "2026年11月23日 ～ 2027年11月22日"] {
            #expect(page.contains(words), "\(words)")
        }
    }
}
