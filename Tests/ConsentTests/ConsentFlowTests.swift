import Authorization
import Crypto
import HTTP
import Serving
import Storage
import Testing
import Text

/// From the authorization endpoint over the consent page and back to the partner.
@Suite struct ConsentFlowTests {
    let bench: Bench

    init() throws { bench = try Bench() }

    // MARK: The authorization endpoint

    @Test(
        arguments: [
            (["client_id": "nobody"], "APL-1001"), (["client_id": nil], "APL-1001"),
            (["redirect_uri": "https://evil.example/"], "APL-1002"), (["redirect_uri": nil], "APL-1002"),
        ] as [([String: String?], String)])
    func `row 3, an unknown partner or address gets a page with a number and no redirect`(
        changes: [String: String?], id: String
    ) throws {
        let response = try bench.get(bench.authorizationQuery(changes), as: bench.customer())
        #expect(response.status == 400)
        #expect(response.headers["Location"] == nil)
        #expect(text(response).contains(id))
        #expect(text(response).contains("受付番号"))
    }

    @Test(arguments: ["%", "client_id=%FF", "a=\u{0}"])
    func `a query that cannot be read gets a page`(query: String) throws {
        let response = try bench.get("/authorize?\(query)", as: bench.customer())
        #expect(response.status == 400)
    }

    @Test(
        arguments: [
            (["response_type": "token"], "unsupported_response_type"),
            (["scope": "transfers"], "invalid_scope"),
            (["code_challenge": nil], "invalid_request"),
            (["code_challenge_method": "plain"], "invalid_request"),
        ] as [([String: String?], String)])
    func `rows 11 to 13, other errors go to the partner with state and issuer`(
        changes: [String: String?], error: String
    ) throws {
        let response = try bench.get(bench.authorizationQuery(changes), as: bench.customer())
        #expect(response.status == 303)
        let parameters = try query(of: response)
        #expect(parameters["error"] == error)
        #expect(parameters["state"] == "s 1")
        #expect(parameters["iss"] == Bench.issuer)
        #expect(response.headers["Location"]?.hasPrefix("https://partner.example:8444/callback?") == true)
    }

    @Test func `row 23, nothing is said about other origins`() throws {
        let origin = [("Origin", "https://partner.example:8444")]
        let response = try bench.get(bench.authorizationQuery(), as: bench.customer(), headers: origin)
        #expect(response.headers["Access-Control-Allow-Origin"] == nil)
    }

    // MARK: The page

    @Test func `the page says what the source says, with the partner's and the institution's names`() throws {
        let page = text(try bench.get(bench.begin(), as: bench.customer()))
        let name = "サンプル会計&lt;b&gt;"
        for sentence in [
            "<title>API連携認証（情報アクセス許可）（利用登録）</title>", "<html lang=\"ja\">",
            "\(name)（株式会社サンプル）がお客様のインターネットバンキングの口座情報・明細情報へのアクセスを求めています。",
            "\(name)（株式会社サンプル）と都島信用組合ＦＢサービスはそれぞれの利用規約とプライバシーポリシーに従って、この情報を使用します。",
            "以下の認可対象・認可期間をご確認の上、「許可」ボタンを押してください。", "<h2>認可対象</h2>", "<h2>認可期間</h2>", "<h2>同意確認</h2>",
            "「許可」ボタンを押す前に、\(name)のWebサイトを閲覧できるかどうかをお客様自身の判断で確認してください。",
            "「許可」ボタンを押すことによって、お客様は\(name)の利用規約のもと利用を続けることになります。",
            "認可手続きを継続する場合は「認可手続きを継続する」のチェックボックスをチェックしてください。お客様の入力されたIDやパスワード等の認証情報はAPI連携事業者には開示されません。また、API連携事業者との間の通信は暗号化されています。",
            "なお、本アプリケーションへのアクセスは、使用開始後いつでも解除することができます。",
            "<li>残高照会</li>",
            "<li>インターネット支店（001） <span class=\"whole\">普通 2000002</span></li>",
            "2026年11月23日 ～ 2027年11月22日",
        ] { #expect(page.contains(sentence), "\(sentence)") }
        #expect(!page.contains("入出金明細照会"))
        #expect(!page.contains(" checked"))
        let deny = try #require(page.firstRange(of: ">拒否<"))
        let allow = try #require(page.firstRange(of: ">許可<"))
        #expect(deny.upperBound < allow.lowerBound)
    }

    @Test
    func `rows 20 and 21, the page is for this browser window alone and lets its form end at the partner`()
        throws
    {
        let page = try bench.get(bench.begin(), as: bench.customer())
        #expect(
            page.headers["Content-Security-Policy"]
                == "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
                + "form-action 'self' https://partner.example:8444; frame-ancestors 'none'; base-uri 'none'")
        #expect(page.headers["X-Frame-Options"] == "DENY")
        #expect(page.headers["Referrer-Policy"] == "no-referrer")
        #expect(page.headers["X-Content-Type-Options"] == "nosniff")
        #expect(page.headers["Cache-Control"] == "no-store")
        #expect(!text(page).contains("<script>"))
        let error = try bench.get("/nowhere", as: bench.customer())
        #expect(error.headers["X-Frame-Options"] == "DENY")
        #expect(error.headers["Content-Security-Policy"]?.contains("frame-ancestors 'none'") == true)
    }

    // MARK: 許可 and 拒否

    @Test func `許可 without the tick stays, with a message that takes the focus`() throws {
        let form = try bench.form(bench.begin(), decision: "allow", agree: false)
        let answer = try bench.post("/consent", form, as: bench.customer())
        #expect(answer.status == 303)
        let response = try bench.get(#require(answer.headers["Location"]), as: bench.customer())
        let page = text(response)
        #expect(page.contains("「認可手続きを継続する」にチェックしてください。（APL-1601）"))
        #expect(page.contains("role=\"alert\" tabindex=\"-1\" autofocus"))
        #expect(page.contains("aria-invalid=\"true\""))
        #expect(page.contains("aria-describedby=\"agree-error\""))
        #expect(response.headers["Content-Security-Policy"]?.contains("https://partner.example:8444") == true)
        #expect(try bench.count(of: "consent.granted") == 0)
        let second = try bench.post("/consent", form + [("agree", "yes")], as: bench.customer())
        #expect(try query(of: second)["code"] != nil)
    }

    @Test func `rows 11, 12 and 19, 許可 sends code, state and issuer by 303`() throws {
        let form = try bench.form(bench.begin(), decision: "allow")
        let response = try bench.post("/consent", form, as: bench.customer())
        #expect(response.status == 303)
        #expect(response.headers["Cache-Control"] == "no-store")
        #expect(response.headers["Referrer-Policy"] == "no-referrer")
        let parameters = try query(of: response)
        #expect(parameters.keys.sorted() == ["code", "iss", "state"])
        #expect(parameters["code"]?.utf8.count == 43)
        #expect(parameters["state"] == "s 1")
        #expect(parameters["iss"] == Bench.issuer)
    }

    @Test func `許可 is kept with what was consented to, until when and on which evidence`() throws {
        _ = try bench.code(as: bench.certificateCustomer())
        let grant = try #require(try bench.store.grants(of: "C1").first)
        #expect(grant.partner == "sample")
        #expect(grant.scopes.text == "balance")
        #expect(grant.period.japaneseText == "2026年11月23日 ～ 2027年11月22日")
        #expect(grant.grantedAt == bench.now)
        #expect(grant.evidence.session == "S1")
        #expect(grant.evidence.context == "urn:sekisho:acr:certificate")
        #expect(grant.evidence.certificateFingerprint == [UInt8](repeating: 9, count: 32))
        #expect(try bench.count(of: "consent.granted") == 1)
        #expect(try bench.count(of: "code.issued") == 1)
    }

    @Test(arguments: [true, false])
    func `row 14, 拒否 sends access_denied and keeps nothing`(ticked: Bool) throws {
        let form = try bench.form(bench.begin(), decision: "deny", agree: ticked)
        let response = try bench.post("/consent", form, as: bench.customer())
        #expect(response.status == 303)
        #expect(try query(of: response) == ["error": "access_denied", "state": "s 1", "iss": Bench.issuer])
        #expect(try bench.store.grants(of: "C1").isEmpty)
        #expect(try bench.count(of: "consent.denied") == 1)
    }

    @Test func `a new 許可 supersedes the one before`() throws {
        _ = try bench.code()
        _ = try bench.code()
        #expect(try bench.store.grants(of: "C1").map(\.status.rawValue).sorted() == ["active", "superseded"])
    }

    // MARK: What customers do besides

    @Test func `許可 pressed twice gives one grant and the same answer`() throws {
        let form = try bench.form(bench.begin(), decision: "allow")
        let first = try bench.post("/consent", form, as: bench.customer())
        let second = try bench.post("/consent", form, as: bench.customer())
        #expect(first.headers["Location"] == second.headers["Location"])
        #expect(try bench.store.grants(of: "C1").count == 1)
        #expect(try bench.count(of: "consent.granted") == 1)
        bench.pass(seconds: 60)
        let late = try bench.follow(bench.post("/consent", form, as: bench.customer()))
        #expect(late.status == 409)
        #expect(text(late).contains("APL-1904"))
    }

    @Test func `許可 pressed twice gives the same answer from two processes over one store`() throws {
        let form = try bench.form(bench.begin(), decision: "allow")
        let first = try bench.post("/consent", form, as: bench.customer())
        let headers = [
            ("Sekisho-Assertion", try bench.assertion(bench.customer())),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ]
        let second = bench.send(
            "POST", "/consent", headers: headers, body: Array(FormFields.encode(form).utf8),
            to: try bench.application())
        #expect(first.headers["Location"] == second.headers["Location"])
        let code = try #require(try query(of: second)["code"])
        #expect(try bench.post("/token", bench.tokenFields(code), as: bench.partner()).status == 200)
    }

    @Test func `many 許可 at once give one grant and one answer`() throws {
        let form = try bench.form(bench.begin(), decision: "allow")
        let claims = bench.customer()
        let answers = concurrently(8) { [bench] _ in try? bench.post("/consent", form, as: claims) }
        #expect(Set(answers.map { $0?.headers["Location"] }).count == 1)
        #expect(answers.allSatisfy { $0?.status == 303 })
        #expect(try bench.store.grants(of: "C1").count == 1)
    }

    @Test func `a finished flow says so when it is opened again`() throws {
        let address = try bench.begin()
        _ = try bench.post("/consent", bench.form(address, decision: "allow"), as: bench.customer())
        let page = try bench.get(address, as: bench.customer())
        #expect(page.status == 409)
        #expect(text(page).contains("APL-1904"))
    }

    @Test func `row 22, a form without the right token does nothing`() throws {
        let form = try bench.form(bench.begin(), decision: "allow")
        for token in ["", "x", String(repeating: "A", count: 43)] {
            let forged = form.map { $0.0 == "token" ? ("token", token) : $0 }
            let response = try bench.post("/consent", forged, as: bench.customer())
            #expect(response.headers["Location"]?.hasPrefix("https:") != true)
        }
        #expect(try bench.store.grants(of: "C1").isEmpty)
    }

    @Test func `a page opened in two tabs, or reloaded, works in both`() throws {
        let address = try bench.begin()
        let first = try bench.form(address, decision: "allow")
        _ = try bench.form(address, decision: "allow")
        #expect(try bench.post("/consent", first, as: bench.customer()).status == 303)
    }

    @Test func `neither another session nor another customer can see or answer a flow`() throws {
        let address = try bench.begin()
        let form = try bench.form(address, decision: "allow")
        for stranger in [bench.customer("C1", session: "S2"), bench.customer("C2", session: "S1")] {
            let page = try bench.get(address, as: stranger)
            #expect(page.status == 404)
            #expect(text(page).contains("APL-1903"))
            #expect(!text(page).contains("サンプル会計"))
            let answer = try bench.follow(bench.post("/consent", form, as: stranger), as: stranger)
            #expect(answer.status == 404)
        }
        #expect(try bench.post("/consent", form, as: bench.customer()).status == 303)
    }

    @Test(arguments: [
        "/consent", "/consent?flow=", "/consent?flow=x", "/consent?flow=x&flow=y", "/consent?%",
    ])
    func `a flow that is not there looks like another's`(address: String) throws {
        let page = try bench.get(address, as: bench.customer())
        #expect(page.status == 404)
        #expect(text(page).contains("APL-1903"))
    }

    @Test func `ten idle minutes end the flow, and the page says what to do`() throws {
        let address = try bench.begin()
        let form = try bench.form(address, decision: "allow")
        bench.pass(seconds: 600)
        let response = try bench.follow(bench.post("/consent", form, as: bench.customer()))
        #expect(response.status == 410)
        #expect(text(response).contains("一定時間操作がなかったため、お手続きを終了しました。"))
        #expect(text(response).contains("API連携先の画面からもう一度お手続きください。"))
        #expect(try bench.get(address, as: bench.customer()).status == 410)
        let id = FlowID(String(address.dropFirst("/consent?flow=".count)))
        #expect(try bench.store.flow(id)?.state == .ended(.expired))
        #expect(try bench.store.grants(of: "C1").isEmpty)
    }

    @Test func `a newer flow of the customer ends the older one`() throws {
        let old = try bench.begin()
        let form = try bench.form(old, decision: "allow")
        let new = try bench.begin(as: bench.customer("C1", session: "S2"))
        let response = try bench.follow(bench.post("/consent", form, as: bench.customer()))
        #expect(response.status == 409)
        #expect(text(response).contains("APL-1902"))
        #expect(try bench.get(new, as: bench.customer("C1", session: "S2")).status == 200)
    }

    @Test func `a form that is none, or says neither 許可 nor 拒否, gets a page`() throws {
        let form = try bench.form(bench.begin(), decision: "maybe")
        #expect(try bench.post("/consent", form, as: bench.customer()).status == 400)
        #expect(try bench.post("/consent", [], as: bench.customer()).status == 400)
        let headers = [
            ("Sekisho-Assertion", try bench.assertion(bench.customer())), ("Content-Type", "text/plain"),
        ]
        let plain = bench.send("POST", "/consent", headers: headers, body: Array("flow=x".utf8))
        #expect(plain.status == 400)
    }

    // MARK: The rest

    @Test func `other methods are refused with those that are not`() throws {
        let headers = [("Sekisho-Assertion", try bench.assertion(bench.customer()))]
        for (method, path, allowed) in [
            ("POST", "/authorize", "GET"), ("PUT", "/consent", "GET, POST"), ("GET", "/token", "POST"),
            ("DELETE", "/api/v1/accounts", "GET"),
        ] {
            let response = bench.send(method, path, headers: headers)
            #expect(response.status == 405)
            #expect(response.headers["Allow"] == allowed)
        }
        #expect(bench.send("GET", "/nowhere", headers: headers).status == 404)
    }

    @Test func `the stylesheet is there for everybody who comes through the gateway`() throws {
        let response = try bench.get("/consent/style.css", as: bench.anonymous)
        #expect(response.status == 200)
        #expect(response.headers["Content-Type"] == "text/css; charset=utf-8")
    }

    @Test func `rows 6, 12, 29 and 35, the metadata says what there is`() throws {
        let document = try json(bench.get("/.well-known/oauth-authorization-server", as: bench.anonymous))
        #expect(document["issuer"]?.string == Bench.issuer)
        #expect(document["authorization_endpoint"]?.string == "https://fb.example/authorize")
        #expect(document["token_endpoint"]?.string == "https://api.fb.example/token")
        #expect(document["code_challenge_methods_supported"]?.array?.map(\.string) == ["S256"])
        #expect(
            document["token_endpoint_auth_methods_supported"]?.array?.map(\.string)
                == ["tls_client_auth", "private_key_jwt"])
        #expect(document["authorization_response_iss_parameter_supported"]?.bool == true)
        #expect(document["tls_client_certificate_bound_access_tokens"]?.bool == true)
        #expect(
            document["mtls_endpoint_aliases"]?["token_endpoint"]?.string == "https://api.fb.example/token")
    }
}
