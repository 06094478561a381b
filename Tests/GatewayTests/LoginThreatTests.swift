import Crypto
import HTTP
import Identity
import Logs
import Reactor
import Serving
import Settings
import Storage
import TestFolders
import TestPKI
import Testing
import Text

@testable import Gateway

/// What attackers would do at the login, over real TLS.
@Suite struct LoginThreatTests {
    private let journey: CustomerJourneyTests
    private var running: RunningBank { journey.running }
    private var bank: TestBank { running.bank }
    private let login = TestBank.login
    private let certificateHost = TestBank.certificate

    init() throws { journey = try CustomerJourneyTests() }

    private func failures(_ name: String) throws -> Int? {
        try bank.customerStore.customer(#require(CustomerID(name)))?.failures.consecutive
    }

    private func audit(_ text: String) throws -> Bool {
        return try bank.audited().split(separator: "\n").contains { $0.contains(text) }
    }

    // MARK: One customer's certificate and another's password

    // Threats row 42. The certificate alone says who it is: another's password, and another's ID, are failures of
    // the certificate's customer, and the record names the certificate. The other's count never moves, or whoever
    // holds one certificate could lock everybody out.
    @Test(arguments: [(nil, "wrongPassword"), ("TSUSER0003", "identityMismatch"), ("", "identityMismatch")])
    func `with one customer's certificate another's credentials fail for the first`(
        id: String?, reason: String
    ) throws {
        try bank.add("TSUSER0003", .certificate, password: "another")
        let started = try journey.start()
        let client = try running.client(to: certificateHost, as: bank.customers.issue("TSUSER0001"))
        let form =
            [("c", started.sealed), ("password", "another")] + (id.map { [("id", $0)] } ?? [])
        let outcome = try journey.logIn(
            client, certificateHost, "/.sekisho/certificate", form, started.cookie)
        #expect(outcome.cookie == nil && outcome.response.text.contains("APL-1201"))
        #expect(try failures("TSUSER0001") == 1)
        #expect(try failures("TSUSER0003") == 0)
        let records = try bank.audited().split(separator: "\n")
        let record = try #require(records.last { $0.contains("\"reason\":\"\(reason)\"") })
        #expect(record.contains("\"customer\":\"TSUSER0001\"") && record.contains("\"fingerprint\":"))
        // Operators hear of it at once when the form named somebody else, under the same support code.
        let log = try bank.logged().split(separator: "\n")
        let alarm = log.last { $0.contains("\"login.identityMismatch\"") }
        #expect((alarm != nil) == (id != nil))
        if let alarm {
            #expect(alarm.contains("\"level\":\"warning\"") && alarm.contains("\"customer\":\"TSUSER0001\""))
            let code = try #require(record.firstMatch(of: #/"support_code":"[^"]+"/#)?.output)
            #expect(alarm.contains(code))
        }
    }

    // Threats row 42.
    @Test func `the right password beside another's ID opens nothing either`() throws {
        let started = try journey.start()
        let client = try running.client(to: certificateHost, as: bank.customers.issue("TSUSER0001"))
        let form = [("c", started.sealed), ("password", "password"), ("id", "TSUSER0002")]
        let outcome = try journey.logIn(
            client, certificateHost, "/.sekisho/certificate", form, started.cookie)
        #expect(outcome.cookie == nil && outcome.response.head.status == 401)
        #expect(try failures("TSUSER0001") == 1)
    }

    // MARK: Guessing from one place

    // Threats row 64.
    @Test func `one source can neither guess at many customers nor lock many out`() throws {
        bank.settings.lockout.sourceFailuresMax = 6
        try running.gateway.reload(bank.settings)
        for number in 0..<8 { try bank.add("MANY\(number)", .password) }
        for number in 0..<6 {
            #expect(try journey.logIn("MANY\(number)", "guess").response.head.status == 401)
        }
        let refused = try journey.logIn("MANY6", "guess").response
        #expect(refused.head.status == 429)
        #expect(refused.text.contains("APL-1207"))
        let seconds = try #require(refused.head.headers["Retry-After"].flatMap { Int($0) })
        #expect((1...100).contains(seconds))
        #expect(try journey.logIn("MANY7").response.head.status == 429, "right or wrong is not looked at")
        #expect(try failures("MANY6") == 0)
        #expect(try failures("MANY5") == 1)
        #expect(try audit("\"reason\":\"sourceBudget\""))
    }

    // Threats row 64.
    @Test func `an ID that nobody has takes from the budget too, a right password does not`() throws {
        bank.settings.lockout.sourceFailuresMax = 3
        try running.gateway.reload(bank.settings)
        for _ in 0..<5 { #expect(try journey.logIn("TSUSER0002").cookie != nil) }
        for number in 0..<3 { #expect(try journey.logIn("NOBODY\(number)").response.head.status == 401) }
        #expect(try journey.logIn("NOBODY3").response.head.status == 429)
    }

    @Test func `many failures at once write one alarm`() throws {
        bank.settings.lockout.alarmFailuresMax = 2
        try running.gateway.reload(bank.settings)
        _ = try journey.logIn("NOBODY1")
        #expect(try !audit("login.failuresHigh"))
        for number in 2..<5 { _ = try journey.logIn("NOBODY\(number)") }
        #expect(try audit("login.failuresHigh"))
    }

    // MARK: Sessions that are not one's own

    // Login CSRF: with all that the form needs, and still not from our page.
    @Test(arguments: [
        [("Origin", "https://evil.example")], [("Origin", "https://evil.\(TestBank.login)")],
        [("Origin", "null"), ("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")],
    ])
    func `a form of another site logs nobody in`(said: [(String, String)]) throws {
        let started = try journey.start()
        let form = [("c", started.sealed), ("id", "TSUSER0002"), ("password", "password")]
        let type = ("Content-Type", "application/x-www-form-urlencoded")
        func post(_ said: [(String, String)]) throws -> ClientResponse {
            try running.client(to: login).send(
                "POST", "/.sekisho/password",
                headers: headers(login, [("Cookie", started.cookie), type] + said),
                body: Array(FormFields.encode(form).utf8))
        }
        let refused = try post(said)
        #expect(refused.head.status == 403 && refused.head.headers["Set-Cookie"] == nil)
        #expect(try audit("\"reason\":\"foreignOrigin\""))
        #expect(try post([("Origin", "null"), ("Sec-Fetch-Site", "same-origin")]).head.status == 303)
    }

    // Session fixation.
    @Test func `a login makes a session of its own, whatever cookie the browser brought`() throws {
        let planted = try #require(try journey.logIn("TSUSER0002").cookie)
        let started = try journey.start()
        let form = [("c", started.sealed), ("id", "TSUSER0002"), ("password", "password")]
        for brought in [planted, "__Host-sekisho=chosen-by-an-attacker"] {
            let outcome = try journey.logIn(
                running.client(to: login), login, "/.sekisho/password",
                form + [("n", String(brought.utf8.count))], "\(started.cookie); \(brought)")
            let session = try #require(outcome.cookie)
            #expect(session != brought)
            let client = try running.client(to: login)
            let answer = try client.send("GET", "/accounts", headers: headers(login, [("Cookie", brought)]))
            #expect(answer.head.status != 200, "what was there before the login opens nothing")
        }
    }

    // Open redirect.
    @Test(arguments: ["//evil.example/", "/\\evil.example", "/%5cevil.example/..", "https://evil.example/"])
    func `nothing that leads to another site comes out of a login`(target: String) throws {
        let client = try running.client(to: login)
        let response = try client.send("GET", target, headers: headers(login))
        let location = response.head.headers["Location"]
        #expect(location == nil || location?.hasPrefix("https://\(login)/.sekisho/login?c=") == true)
        let started = try journey.start()
        for forged in [target, started.sealed + "A", "\(started.sealed.dropLast())"] {
            let page = try client.send(
                "GET", "/.sekisho/continue?c=\(FormFields.encode([("", forged)]).dropFirst())",
                headers: headers(login, [("Cookie", started.cookie)]))
            #expect(page.head.status == 403 && !page.text.contains("refresh"))
        }
    }

    @Test func `a login page that was open for too long ends in a page that says so`() throws {
        let started = try journey.start()
        let preLogin = try #require(started.cookie.split(separator: "=", maxSplits: 1).last)
        let file = try bank.folder.text(of: "continuation.key").filter { $0 != "\n" }
        let key = try #require(Base64.decode(file).flatMap(SealingKey.init(bytes:)))
        let now = WallTime(seconds: Clock.wall())
        let target = try #require(Continuation(to: "/accounts?a=b"))
        for (age, isGood) in [(1790, true), (1801, false)] {
            let sealed = target.sealed(for: String(preLogin), with: key, at: now.adding(seconds: -Int64(age)))
            let outcome = try journey.logIn(
                running.client(to: login), login, "/.sekisho/password",
                [("c", sealed), ("id", "TSUSER0002"), ("password", "password")], started.cookie)
            #expect((outcome.cookie != nil) == isGood)
            #expect(isGood || outcome.response.text.contains("30分間"))
            #expect(isGood || outcome.response.text.contains("APL-1901"))
        }
    }

    // Threats row 67.
    @Test func `a certificate cannot take up a login that another browser began`() throws {
        let begun = try journey.start()
        let other = try journey.start()
        let client = try running.client(to: certificateHost, as: bank.customers.issue("TSUSER0001"))
        let form = [("c", begun.sealed), ("password", "password")]
        let outcome = try journey.logIn(
            client, certificateHost, "/.sekisho/certificate", form, other.cookie)
        #expect(outcome.cookie == nil && outcome.response.text.contains("APL-1901"))
        #expect(try failures("TSUSER0001") == 0)
    }

    // Threats row 67.
    @Test func `the backend is told how the customer really logged in`() throws {
        try bank.add("TSUSER0004", .either)
        let session = try #require(try journey.logIn("TSUSER0004").cookie)
        let client = try running.client(to: login)
        _ = try client.send("GET", "/accounts", headers: headers(login, [("Cookie", session)]))
        let byPassword = try running.assertedClaims()
        #expect(byPassword["acr"]?.string == "urn:sekisho:acr:password")
        #expect(byPassword["cnf"] == nil)
        // The same cookie on the certificate host, with the customer's certificate, is still a password's.
        let other = try running.client(to: certificateHost, as: bank.customers.issue("TSUSER0004"))
        _ = try other.send("GET", "/accounts", headers: headers(certificateHost, [("Cookie", session)]))
        #expect(try running.assertedClaims()["acr"]?.string == "urn:sekisho:acr:password")
        #expect(try running.assertedClaims()["cnf"] == nil)
    }

    // MARK: Sessions that must end

    /// A second, and what a busy machine adds.
    private static let secondMilliseconds = 4_000

    // Threats row 43, and 62 for the certificate's own part.
    @Test
    func `a customer who is suspended, or whose certificate no longer leads there, is out within a second`()
        throws
    {
        let started = try journey.start()
        let client = try running.client(to: certificateHost, as: bank.customers.issue("TSUSER0001"))
        let form = [("c", started.sealed), ("password", "password")]
        func open() throws -> HeaderFields {
            let cookie = try journey.logIn(
                client, certificateHost, "/.sekisho/certificate",
                form + [("try", "\(UInt64.random(in: 0...9999))")],
                started.cookie
            ).cookie
            return headers(certificateHost, [("Cookie", try #require(cookie))])
        }
        func isOut(_ request: HeaderFields) throws -> Bool {
            let deadline = Clock.monotonic().adding(milliseconds: Self.secondMilliseconds)
            while Clock.monotonic() < deadline {
                if try client.send("GET", "/accounts", headers: request).head.status != 200 { return true }
            }
            return false
        }
        var request = try open()
        #expect(try client.send("GET", "/accounts", headers: request).head.status == 200)
        try bank.add("TSUSER0001", .certificate, .stopped)
        #expect(try isOut(request))
        #expect(try audit("\"reason\":\"customerStopped\""))

        try bank.add("TSUSER0001", .certificate)
        request = try open()
        #expect(try client.send("GET", "/accounts", headers: request).head.status == 200)
        bank.settings.mapping.removeFirst()
        try running.gateway.reload(bank.settings)
        #expect(try isOut(request))
        #expect(try audit("\"reason\":\"certificateUnmapped\""))
    }

    @Test func `a session that an operator ends is out within a second`() throws {
        let session = try #require(try journey.logIn("TSUSER0002").cookie)
        let request = headers(login, [("Cookie", session)])
        let client = try running.client(to: login)
        #expect(try client.send("GET", "/accounts", headers: request).head.status == 200)
        let open = try #require(bank.sessionStore.list(of: nil, after: nil, countMax: 9).first)
        #expect(try bank.sessionStore.end(publicID: open.publicID) != nil)
        let deadline = Clock.monotonic().adding(milliseconds: Self.secondMilliseconds)
        var status = 200
        while status == 200, Clock.monotonic() < deadline {
            status = try client.send("GET", "/accounts", headers: request).head.status
        }
        #expect(status == 303)
    }

    @Test func `who comes back to an idle session is told so where the login is, and goes on`() throws {
        bank.settings.session.idleSeconds = 1
        bank.settings.session.absoluteSeconds = 2
        try running.gateway.reload(bank.settings)
        let session = try #require(try journey.logIn("TSUSER0002").cookie)
        let client = try running.client(to: login)
        let request = headers(login, [("Cookie", session), ("Accept-Language", "en")])
        let deadline = Clock.monotonic().adding(milliseconds: 5_000)
        var answer = try client.send("GET", "/accounts", headers: request)
        while answer.head.status == 200, Clock.monotonic() < deadline {
            answer = try client.send("GET", "/accounts", headers: request)
        }
        let location = try #require(answer.head.headers["Location"])
        let cookie = try #require(answer.head.headers["Set-Cookie"]?.split(separator: ";").first)
        let page = try client.send(
            "GET", "/" + location.split(separator: "/").dropFirst(2).joined(separator: "/"),
            headers: headers(login, [("Cookie", String(cookie)), ("Accept-Language", "en")]))
        #expect(page.head.status == 200)
        #expect(page.text.contains("APL-1901") || page.text.contains("no activity"))
        #expect(page.text.contains("<html lang=\"en\">") && page.text.contains("name=\"password\""))
    }

    // MARK: When the service is closed

    @Test func `in a maintenance customers see a page, partners are told to come back`() throws {
        let now = WallTime(seconds: Clock.wall())
        bank.settings.service.maintenance = [
            GatewaySettings.Maintenance(from: now.adding(seconds: -60), until: now.adding(seconds: 600))
        ]
        try running.gateway.reload(bank.settings)
        for path in ["/accounts", "/public", "/.sekisho/login"] {
            let page = try running.client(to: login).send("GET", path, headers: headers(login))
            #expect(page.head.status == 503 && page.text.contains("APL-1922"))
            let seconds = try #require(page.head.headers["Retry-After"].flatMap { Int($0) })
            #expect((590...600).contains(seconds))
        }
        let style = try running.client(to: login).send("GET", "/.sekisho/style.css", headers: headers(login))
        #expect(style.head.status == 200)
        let partner = try running.client(to: TestBank.partner, as: bank.partners.issue("p"))
        let answer = try partner.send("GET", "/", headers: headers(TestBank.partner))
        #expect(answer.head.status == 503 && answer.text.contains("temporarily_unavailable"))
        #expect(running.backend.requests.isEmpty)
        #expect(try audit("\"reason\":\"maintenance\""))
    }

    @Test func `outside the hours customers see when it opens, partners and public pages go on`() throws {
        let minute = WallTime(seconds: Clock.wall()).japaneseDayAndMinute.minute
        let later = (minute + 120) % 1440
        bank.settings.service.hours = [
            GatewaySettings.Hours(days: .everyday, from: later, until: later + 1)
        ]
        try running.gateway.reload(bank.settings)
        let page = try running.client(to: login).send("GET", "/accounts", headers: headers(login))
        #expect(page.head.status == 503 && page.text.contains("APL-1921"))
        let hours = "\(later / 60)時"
        #expect(page.text.contains(hours))
        #expect(
            try running.client(to: login).send("GET", "/public", headers: headers(login)).head.status == 200)
        let partner = try running.client(to: TestBank.partner, as: bank.partners.issue("p"))
        #expect(try partner.send("GET", "/", headers: headers(TestBank.partner)).head.status == 200)
    }

    // MARK: Pages

    @Test func `what a customer must do first is a page that leads there`() throws {
        bank.settings.institution.bankingURL = WebURL("https://ib.bank.example/login")
        try running.gateway.reload(bank.settings)
        for (duty, id) in [
            (CustomerDuty.changePassword, "APL-1204"), (.finishSetup, "APL-1205"), (.readNotice, "APL-1206"),
        ] {
            try bank.add("DUTY", .password, duty: duty)
            let page = try journey.logIn("DUTY").response
            #expect(page.head.status == 403 && page.text.contains(id))
            #expect(page.text.contains("href=\"https://ib.bank.example/login\""))
            #expect(try journey.logIn("DUTY", "wrong").response.text.contains("APL-1201"))
        }
    }

    @Test func `a pause says when it ends`() throws {
        for _ in 0..<4 { _ = try journey.logIn("TSUSER0002", "wrong") }
        let page = try journey.logIn("TSUSER0002", "wrong").response
        let id = try #require(CustomerID("TSUSER0002"))
        let until = try #require(try bank.customerStore.customer(id)?.failures.pausedUntil)
        #expect(page.text.contains("APL-1202") && page.text.contains(until.japaneseDateTime))
        #expect(try journey.logIn("TSUSER0002").response.text.contains(until.japaneseDateTime))
    }

    @Test func `the support code of every page that refuses names an audit record`() throws {
        let client = try running.client(to: login)
        running.backend.stop()
        for path in ["/nothing/../x", "/.sekisho/nothing", "/public"] {
            let page = try client.send("GET", path, headers: headers(login))
            #expect(page.head.status >= 400)
            let code = try #require(page.text.firstMatch(of: #/<dd>([0-9A-Z]{5}-[0-9A-Z]{5})</dd>/#)?.1)
            #expect(try audit("\"support_code\":\"\(code)\""))
        }
    }
}
