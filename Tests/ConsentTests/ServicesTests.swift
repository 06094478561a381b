import Authorization
import Consent
import HTTP
import Serving
import Storage
import Testing
import Text

/// 連携中サービス一覧 and 解除.
@Suite struct ServicesTests {
    let bench: Bench

    init() throws { bench = try Bench() }

    private func page(as claims: Claims? = nil) throws -> WebResponse {
        try bench.get("/consent/services", as: claims ?? bench.customer())
    }

    private func form(_ page: WebResponse) throws -> [(String, String)] {
        try ["grant", "token"].map { name in
            let text = text(page)
            let start = try #require(text.firstRange(of: "name=\"\(name)\" value=\""))
            return (name, String(text[start.upperBound...].prefix { $0 != "\"" }))
        }
    }

    @Test func `the page names each service with 業務, accounts and 認可期間`() throws {
        #expect(text(try page()).contains("連携中のサービスはありません。"))
        _ = try bench.code()
        let text = text(try page())
        for part in [
            "連携中サービス一覧", "サンプル会計&lt;b&gt;", "株式会社サンプル", "残高照会",
            "インターネット支店（001） <span class=\"whole\">普通 2000002</span>",
            "2026年11月23日 ～ 2027年11月22日", ">解除",
        ] { #expect(text.contains(part), "\(part)") }
        #expect(try page(as: bench.customer("C2")).body.count < page().body.count)
    }

    @Test func `解除 ends the access at once, and says so`() throws {
        let token = try bench.token()
        let form = try form(page())
        for _ in 1...2 {
            let response = try bench.post("/consent/services", form, as: bench.customer())
            #expect(response.status == 303)
            let after = try bench.get(try #require(response.headers["Location"]), as: bench.customer())
            #expect(text(after).contains("との連携を解除しました。"))
            #expect(text(after).contains("連携中のサービスはありません。"))
        }
        #expect(try bench.accounts(token).status == 401)
        #expect(try bench.count(of: "grant.ended") == 1)
        #expect(try bench.store.grants(of: "C1").first?.status == .revokedByCustomer)
    }

    @Test func `nobody else can end it, and no other session or form`() throws {
        _ = try bench.code()
        let good = try form(page())
        let forged = [
            (good, bench.customer("C2", session: "S2")), (good, bench.customer("C1", session: "S2")),
            ([good[0], ("token", "x")], bench.customer()), ([("grant", "x"), good[1]], bench.customer()),
        ]
        for (form, claims) in forged {
            let answer = try bench.post("/consent/services", form, as: claims)
            let page = try bench.follow(answer, as: claims)
            #expect(page.status == 200 && !text(page).contains("解除しました"))
        }
        #expect(try bench.post("/consent/services", [], as: bench.customer()).status == 400)
        #expect(try bench.store.grants(of: "C1").first?.status == .active)
    }

    @Test func `an old button says that it has done nothing, on the customer's own page alone`() throws {
        _ = try bench.code()
        let form = try form(page())
        let stale = bench.customer("C1", session: "S2")
        let answer = try bench.post("/consent/services", form, as: stale)
        let page = try bench.follow(answer, as: stale)
        #expect(page.status == 200 && text(page).contains("APL-1905"))
        #expect(try bench.get("/consent/services?unchanged=x", as: stale).body == self.page(as: stale).body)
        let stranger = bench.customer("C2")
        #expect(try !text(bench.follow(answer, as: stranger)).contains("APL-1905"))
        let long = try bench.post(
            "/consent/services", [("grant", String(repeating: "x", count: 65)), ("token", "x")],
            as: bench.customer())
        #expect(long.headers["Location"] == "/consent/services")
    }

    @Test func `what has ended with 認可期間 is not shown`() throws {
        _ = try bench.code()
        bench.pass(seconds: 366 * 86_400)
        #expect(text(try page()).contains("連携中のサービスはありません。"))
    }

    @Test func `a new 許可 stands in the place of the old one`() throws {
        _ = try bench.code()
        bench.pass(seconds: 1)
        _ = try bench.code()
        #expect(text(try page()).split(separator: ">解除").count == 2)
        #expect(try bench.store.grants(of: "C1").map(\.status) == [.active, .superseded])
    }

    @Test func `the institution can end what a customer has allowed, or what rests on a certificate`() throws
    {
        let token = try bench.token()
        #expect(try bench.store.endGrants(of: "C2").isEmpty)
        #expect(try bench.store.endGrants(of: "C1").count == 1)
        #expect(try bench.accounts(token).status == 401)
        let certificate = [UInt8](repeating: 9, count: 32)
        _ = try bench.code(as: bench.certificateCustomer(fingerprint: certificate))
        #expect(try bench.store.endGrants(restingOn: [UInt8](repeating: 8, count: 32)).isEmpty)
        #expect(try bench.store.endGrants(restingOn: certificate).count == 1)
    }

    @Test func `an auditor reads who allowed what, when and on which evidence`() throws {
        _ = try bench.code()
        _ = try bench.code(as: bench.customer("C2", session: "S2"))
        let first = try bench.store.grants(after: nil, countMax: 1)
        let rest = try bench.store.grants(after: first.last, countMax: 10)
        #expect(first.count == 1 && rest.count == 1)
        #expect(try bench.store.grants(after: rest.last, countMax: 10).isEmpty)
        for grant in first + rest {
            let line = try JSONReader.read(Array(grant.auditLine.utf8), dialect: .json)
            #expect(line["customer"]?.string == grant.customer && line["scope"]?.string == "balance")
            #expect(line["accounts"]?.array?.first?.string == "001-1-2000002")
            #expect(line["granted_at"]?.string == bench.now.rfc3339)
            #expect(line["evidence"]?["context"]?.string == "urn:sekisho:acr:password")
            #expect(line["evidence"]?["client"]?.string == "192.0.2.7")
        }
    }
}
