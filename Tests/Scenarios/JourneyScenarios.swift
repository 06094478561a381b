import Foundation
import HTTP
import Journey
import Testing

/// The real programs on real sockets, walked by scripted customers with real certificates.
@Suite(.serialized) struct JourneyScenarios {
    let deployment: Deployment

    init() throws { deployment = try Deployment() }

    @Test func `the whole journey works, and every refusal has its page`() throws {
        try ChildProcess.run(
            Deployment.program("sekisho-partner"),
            [
                "walk", "--pki", deployment.pki.folder.path, "--partner", deployment.partnerOrigin,
                "--authorization-server", deployment.login, "--api", deployment.api,
            ])
    }

    @Test func `the support code on a page names the audit record with the real reason`() throws {
        let page = try certificatePage("expired")
        #expect(page.text.contains("APL-1102") && page.status == 403)
        let code = try #require(page.supportCode)
        let record = try deployment.awaitLog("audit.log", containing: code)
        #expect(record.contains(#""reason":"expired""#) && record.contains("TSUSER0005"))
    }

    @Test func `a revoked certificate gets the page that says so, and nobody else does`() throws {
        let page = try certificatePage("revoked")
        #expect(page.text.contains("APL-1103") && page.status == 403)
        let code = try #require(page.supportCode)
        let record = try deployment.awaitLog("audit.log", containing: code)
        #expect(record.contains(#""reason":"revoked""#) && record.contains("TSUSER0006"))
        #expect(try !certificatePage("master").text.contains("APL-11"))
    }

    @Test func `a customer mid-journey sees a page when the backend dies, and goes on when it is back`()
        throws
    {
        let visitor = try deployment.visitor()
        let consent = try logIn(visitor, "IDUSER0003")
        #expect(consent.title == "API連携認証（追加認証）（利用登録）")
        deployment.killConsent()
        let broken = try visitor.open("\(deployment.login)\(consent.url.target)")
        #expect(
            broken.status == 503 && broken.text.contains("APL-1912") && broken.headers["Retry-After"] != nil)
        #expect(broken.supportCode != nil)
        try deployment.startConsent()
        // The gateway gives a dead upstream a moment; the page says to reload.
        var again = try visitor.open("\(deployment.login)\(consent.url.target)")
        for _ in 0..<100 where again.status == 503 {
            usleep(20_000)
            again = try visitor.open("\(deployment.login)\(consent.url.target)")
        }
        #expect(again.title == "API連携認証（追加認証）（利用登録）")
    }

    @Test func `a stolen cookie without its certificate is worth nothing, and ends the session`() throws {
        let owner = try deployment.visitor("master")
        _ = try logInWithCertificate(owner)
        let cookie = try #require(owner.cookie("__Host-sekisho", for: "cert.fb.localhost"))
        let target = "\(deployment.certificateHost)/consent"
        for certificate in [nil, "general"] {
            let thief = try deployment.visitor(certificate)
            thief.plantCookie("__Host-sekisho", cookie, for: "cert.fb.localhost")
            let answer = try thief.request("GET", target)
            #expect(answer.status == 303 && answer.headers["Location"]?.contains("/.sekisho/login") == true)
        }
        _ = try deployment.awaitLog("audit.log", containing: #""reason":"certificateMissing""#)
        for _ in 0..<300 {
            if try owner.request("GET", target).status == 303 { return }
            usleep(10_000)
        }
        Issue.record("the session goes on after its cookie was seen without the certificate")
    }

    @Test func `the newest login wins and the older browser is told so`() throws {
        let (first, second) = (try deployment.visitor(), try deployment.visitor())
        let page = try logIn(first, "IDUSER0003")
        _ = try logIn(second, "IDUSER0003")
        var told = try first.open("\(deployment.login)\(page.url.target)")
        for _ in 0..<300 where told.status == 200 {
            usleep(10_000)  // sessions are looked up again after a second
            told = try first.open("\(deployment.login)\(page.url.target)")
        }
        #expect(told.text.contains("APL-1902"))
    }

    @Test func `nobody can be pushed into somebody else's login`() throws {
        let attacker = try deployment.visitor()
        let page = try arrive(attacker)
        let form = try #require(page.form(to: "/.sekisho/password"))
        let victim = try deployment.visitor()
        _ = try arrive(victim)
        let answer = try victim.submit(form, on: page, [("id", "IDUSER0003"), ("password", "Sakura2026")])
        #expect(answer.status == 403 && answer.text.contains("APL-1901"))
        #expect(victim.cookie("__Host-sekisho", for: "fb.localhost") == nil)
        // A form that another site posts is refused before its fields are looked at.
        let own = try #require(try arrive(victim).form(to: "/.sekisho/password"))
        let foreign = try victim.request(
            "POST", "\(deployment.login)/.sekisho/password", headers: [("Origin", "https://evil.example")],
            form: own.hidden + [("id", "IDUSER0003"), ("password", "Sakura2026")])
        #expect(foreign.status == 403)
    }

    @Test func `wrong passwords pause the customer, and the pause outlives a restart`() throws {
        let visitor = try deployment.visitor()
        for _ in 1...4 { #expect(try logIn(visitor, "IDUSER0009", password: "x").text.contains("APL-1201")) }
        #expect(try logIn(visitor, "IDUSER0009", password: "x").text.contains("APL-1202"))
        deployment.gateway?.stop()
        try deployment.startGateway()
        #expect(try logIn(try deployment.visitor(), "IDUSER0009").text.contains("APL-1202"))
    }

    @Test func `no secret reaches a log`() throws {
        let visitor = try deployment.visitor()
        _ = try logIn(visitor, "IDUSER0003")
        _ = try logIn(try deployment.visitor(), "IDUSER0003", password: "NotTheSecret1")
        let cookie = try #require(visitor.cookie("__Host-sekisho", for: "fb.localhost"))
        _ = try deployment.awaitLog("audit.log", containing: #""reason":"wrongPassword""#)
        let logs = try ["sekisho.log", "audit.log", "consent.log"].map { try deployment.log($0) }.joined()
        for secret in ["Sakura2026", "NotTheSecret1", cookie, "PRIVATE KEY", "eyJ"] {
            #expect(!logs.contains(secret), "a log holds \(secret.prefix(4))…")
        }
    }

    // MARK: Parts of the way

    private func arrive(_ visitor: Visitor) throws -> VisitedPage {
        let start = try visitor.open("\(deployment.partnerOrigin)/")
        return try visitor.submit(try #require(start.form(to: "/connect")), on: start, [])
    }

    private func logIn(_ visitor: Visitor, _ id: String, password: String = "Sakura2026") throws
        -> VisitedPage
    {
        let page = try arrive(visitor)
        // A session that is there already leads on without a login.
        guard let form = page.form(to: "/.sekisho/password") else { return page }
        return try visitor.submit(form, on: page, [("id", id), ("password", password)])
    }

    private func certificatePage(_ certificate: String?) throws -> VisitedPage {
        let visitor = try deployment.visitor(certificate)
        return try visitor.open(try #require(try arrive(visitor).link("電子証明書ログイン")))
    }

    private func logInWithCertificate(_ visitor: Visitor) throws -> VisitedPage {
        let page = try visitor.open(try #require(try arrive(visitor).link("電子証明書ログイン")))
        let form = try #require(page.form(to: "/.sekisho/certificate"))
        return try visitor.submit(form, on: page, [("password", "Sakura2026")])
    }
}
