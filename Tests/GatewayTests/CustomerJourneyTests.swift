import HTTP
import Identity
import Serving
import Settings
import Storage
import TestPKI
import Testing
import Text

@testable import Gateway

/// A customer's way through the login, in process.
@Suite struct CustomerJourneyTests {
    let running: RunningBank
    var bank: TestBank { running.bank }
    let login = TestBank.login
    let certificateHost = TestBank.certificate

    init() throws { try self.init { _ in } }

    init(_ change: (TestBank) throws -> Void) throws {
        running = try RunningBank(change)
        try bank.add("TSUSER0001", .certificate)
        try bank.add("TSUSER0002", .password)
    }

    struct Started {
        /// The pre-login cookie as the browser sends it back.
        let cookie: String
        let sealed: String
    }

    struct NotThere: Error {}

    func start() throws -> Started {
        let response = try running.client(to: login).send("GET", "/accounts?a=b", headers: headers(login))
        #expect(response.head.status == 303)
        guard let location = response.head.headers["Location"], let mark = location.firstRange(of: "?c="),
            let cookie = response.head.headers["Set-Cookie"]?.split(separator: ";").first
        else { throw NotThere() }
        #expect(location.hasPrefix("https://\(login)/.sekisho/login"))
        return Started(cookie: String(cookie), sealed: String(location[mark.upperBound...]))
    }

    /// The session cookie, or nil when the login was refused; and the page that says so.
    func logIn(
        _ client: BlockingClient, _ host: String, _ path: String, _ form: [(String, String)], _ cookie: String
    )
        throws -> (cookie: String?, response: ClientResponse)
    {
        let more = [
            ("Cookie", cookie), ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", "https://\(host)"),
        ]
        let body = Array(FormFields.encode(form).utf8)
        let response = try client.send("POST", path, headers: headers(host, more), body: body)
        guard response.head.status == 303, let next = response.head.headers["Location"] else {
            return (nil, response)
        }
        let page = try client.send("GET", next, headers: headers(host, [("Cookie", cookie)]))
        guard next.hasPrefix("/.sekisho/continue?c=") else { return (nil, page) }
        #expect(page.text.contains("content=\"0; url=/accounts?a=b\""))
        return (response.head.headers["Set-Cookie"]?.split(separator: ";").first.map(String.init), page)
    }

    /// One more try with ID and password, from the beginning.
    func logIn(_ id: String, _ password: String = "password") throws -> (
        cookie: String?, response: ClientResponse
    ) {
        let started = try start()
        let form = [("c", started.sealed), ("id", id), ("password", password)]
        return try logIn(running.client(to: login), login, "/.sekisho/password", form, started.cookie)
    }

    // Threats rows 1, 4 and 62.
    @Test func `a certificate session lives on its certificate and dies with its anchor`() throws {
        let started = try start()
        let identity = bank.customers.issue("TSUSER0001")
        let client = try running.client(to: certificateHost, as: identity)
        let page = try client.send(
            "GET", "/.sekisho/certificate?c=\(started.sealed)",
            headers: headers(certificateHost, [("Cookie", started.cookie)]))
        #expect(page.head.status == 200)
        let form = [("c", started.sealed), ("password", "password")]
        let session = try #require(
            try logIn(client, certificateHost, "/.sekisho/certificate", form, started.cookie).cookie)
        let request = headers(certificateHost, [("Cookie", "\(session); mine=1; \(started.cookie)")])
        #expect(try client.send("GET", "/accounts", headers: request).head.status == 200)
        #expect(try running.assertedClaims()["sub"]?.string == "TSUSER0001")
        #expect(
            running.backend.requests.last?.head.headers["Cookie"] == "mine=1",
            "no cookie of the gateway's own")

        // The same customer's other certificate, or none, is not the one that the session is bound to.
        bank.settings.trust["customers"]?.anchors.removeFirst()
        bank.settings.trust["customers"]?.lockoutsMax = 10
        bank.settings.mapping.removeFirst()
        try running.gateway.reload(bank.settings)
        let refusal = try client.send("GET", "/accounts", headers: request)
        #expect(refusal.head.status == 403)
        #expect(refusal.text.contains("APL-1104"), "the page says why")
        #expect(refusal.head.headers.values(of: "Set-Cookie").contains { $0.hasPrefix("__Host-") })
        #expect(running.backend.requests.count == 1)
    }

    @Test func `a stolen cookie is worth nothing without its certificate, and then nothing at all`() throws {
        let started = try start()
        let client = try running.client(to: certificateHost, as: bank.customers.issue("TSUSER0001"))
        let form = [("c", started.sealed), ("password", "password")]
        let session = try #require(
            try logIn(client, certificateHost, "/.sekisho/certificate", form, started.cookie).cookie)
        let request = headers(certificateHost, [("Cookie", session)])
        let thief = try running.client(to: certificateHost, as: bank.customers.issue("TSUSER0001"))
        #expect(try thief.send("GET", "/accounts", headers: request).head.status == 303)
        #expect(
            try running.client(to: certificateHost).send("GET", "/accounts", headers: request).head.status
                == 303)
        #expect(running.backend.requests.isEmpty)
    }

    @Test func `a partner's certificate is none of a customer's`() throws {
        let started = try start()
        let client = try running.client(to: certificateHost, as: bank.partners.issue("TSUSER0001"))
        let page = try client.send(
            "GET", "/.sekisho/certificate?c=\(started.sealed)",
            headers: headers(certificateHost, [("Cookie", started.cookie)]))
        #expect(page.head.status == 403)
        #expect(page.text.contains("APL-1104"))
        let form = [("c", started.sealed), ("password", "password")]
        #expect(
            try logIn(client, certificateHost, "/.sekisho/certificate", form, started.cookie).cookie == nil)
    }

    @Test func `a password session serves on the login host`() throws {
        let started = try start()
        let client = try running.client(to: login)
        let form = [("c", started.sealed), ("id", "TSUSER0002"), ("password", "password")]
        let session = try #require(
            try logIn(client, login, "/.sekisho/password", form, started.cookie).cookie)
        #expect(
            try client.send("GET", "/accounts", headers: headers(login, [("Cookie", session)])).head.status
                == 200)
        let claims = try running.assertedClaims()
        #expect(claims["sub"]?.string == "TSUSER0002")
        #expect(claims["acr"]?.string == "urn:sekisho:acr:password")
    }

    @Test func `a wrong password, an unknown customer and one who must show a certificate see the same page`()
        throws
    {
        let started = try start()
        let client = try running.client(to: login)
        for (id, password) in [("TSUSER0002", "wrong"), ("NOBODY", "password"), ("TSUSER0001", "password")] {
            let form = [("c", started.sealed), ("id", id), ("password", password)]
            let response = try logIn(client, login, "/.sekisho/password", form, started.cookie).response
            #expect(response.head.status == 401)
            #expect(response.text.contains("APL-1201"))
        }
    }

    @Test func `a page that tells of a refusal can be read again, by the browser that was refused alone`()
        throws
    {
        let started = try start()
        let client = try running.client(to: login)
        let form = [("c", started.sealed), ("id", "TSUSER0002"), ("password", "wrong")]
        let more = [
            ("Cookie", started.cookie), ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", "https://\(login)"),
        ]
        let posted = try client.send(
            "POST", "/.sekisho/password", headers: headers(login, more),
            body: Array(FormFields.encode(form).utf8))
        let address = try #require(posted.head.headers["Location"])
        for _ in 0..<3 {
            let page = try client.send("GET", address, headers: headers(login, [("Cookie", started.cookie)]))
            #expect(page.head.status == 401 && page.text.contains("APL-1201"))
        }
        let id = try #require(CustomerID("TSUSER0002"))
        #expect(try bank.customerStore.customer(id)?.failures.consecutive == 1)
        let other = try start()
        let note = try #require(address.firstRange(of: "&n=").map { String(address[$0.lowerBound...]) })
        let page = try client.send(
            "GET", "/.sekisho/login?c=\(other.sealed)\(note)",
            headers: headers(login, [("Cookie", other.cookie)]))
        #expect(page.head.status == 200 && !page.text.contains("APL-1201"))
    }

    @Test func `a form that is sent twice is one login`() throws {
        let started = try start()
        func send(_ password: String) throws -> ClientResponse {
            let form = [("c", started.sealed), ("id", "TSUSER0002"), ("password", password)]
            let more = [
                ("Cookie", started.cookie), ("Content-Type", "application/x-www-form-urlencoded"),
                ("Origin", "https://\(login)"),
            ]
            return try running.client(to: login).send(
                "POST", "/.sekisho/password", headers: headers(login, more),
                body: Array(FormFields.encode(form).utf8))
        }
        let first = try send("password")
        let second = try send("password")
        #expect(first.head.headers["Set-Cookie"] == second.head.headers["Set-Cookie"])
        #expect(first.head.headers["Location"] == second.head.headers["Location"])
        for _ in 0..<2 { _ = try send("wrong") }
        let id = try #require(CustomerID("TSUSER0002"))
        #expect(try bank.customerStore.customer(id)?.failures.consecutive == 1)
        _ = try send("wronger")
        #expect(try bank.customerStore.customer(id)?.failures.consecutive == 2)
    }

    @Test func `the language link keeps the choice for the bank's hosts and leads back, nowhere else`() throws
    {
        let client = try running.client(to: login)
        let path = "/.sekisho/language?lang=en&to="
        let response = try client.send("GET", path + "/a%3Fb%3Dc", headers: headers(login))
        #expect(response.head.status == 303 && response.head.headers["Location"] == "/a?b=c")
        let cookie = response.head.headers["Set-Cookie"]
        #expect(cookie?.hasPrefix("sekisho-language=en; Path=/; Domain=bank.example;") == true)
        for bad in [
            path + "//evil.example", path + "https://evil.example/", path, path + "/%5Cevil",
            "/.sekisho/language?lang=xx&to=/", "/.sekisho/language?lang=en&to=/a&to=/b",
        ] {
            #expect(try client.send("GET", bad, headers: headers(login)).head.status == 400)
        }
    }

    @Test func `nobody can be pushed into somebody else's login`() throws {
        let attacker = try start()
        let victim = try start()
        let client = try running.client(to: login)
        let form = [("c", attacker.sealed), ("id", "TSUSER0002"), ("password", "password")]
        let response = try logIn(client, login, "/.sekisho/password", form, victim.cookie).response
        #expect(response.head.status == 403)
        #expect(response.text.contains("APL-1901"))
    }
}
