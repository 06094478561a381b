import Crypto
import HTTP
import Identity
import Logs
import Serving
import Settings
import Storage
import TestFolders
import TestPKI
import Testing
import Text
import X509

@testable import Gateway

/// From a trusted certificate to its customer, over real TLS: threats rows 35 to 43.
@Suite struct CertificateMappingTests {
    private let running: RunningBank
    private var bank: TestBank { running.bank }
    private let host = TestBank.certificate

    init() throws {
        running = try RunningBank()
        try bank.add("TSUSER0001", .certificate)
        try bank.add("TSUSER0002", .certificate)
    }

    private struct NotThere: Error {}

    /// The pre-login cookie and the sealed way back.
    private func start() throws -> (cookie: String, sealed: String) {
        let response = try running.client(to: TestBank.login)
            .send("GET", "/accounts", headers: headers(TestBank.login))
        guard let location = response.head.headers["Location"], let mark = location.firstRange(of: "?c="),
            let cookie = response.head.headers["Set-Cookie"]?.split(separator: ";").first
        else { throw NotThere() }
        return (String(cookie), String(location[mark.upperBound...]))
    }

    /// The page that a certificate leads to.
    private func page(_ identity: TestCertificate) throws -> ClientResponse {
        let (cookie, sealed) = try start()
        return try running.client(to: host, as: identity)
            .send("GET", "/.sekisho/certificate?c=\(sealed)", headers: headers(host, [("Cookie", cookie)]))
    }

    /// Logs in with the right password.
    private func logIn(_ client: BlockingClient) throws -> (session: String?, response: ClientResponse) {
        let (cookie, sealed) = try start()
        let more = [
            ("Cookie", cookie), ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", "https://\(host)"),
        ]
        let body = Array(FormFields.encode([("c", sealed), ("password", "password")]).utf8)
        let response = try client.send(
            "POST", "/.sekisho/certificate", headers: headers(host, more), body: body)
        guard response.head.status == 303, let next = response.head.headers["Location"] else {
            return (nil, response)
        }
        guard next.hasPrefix("/.sekisho/continue") else {
            return (nil, try client.send("GET", next, headers: headers(host, [("Cookie", cookie)])))
        }
        return (response.head.headers["Set-Cookie"]?.split(separator: ";").first.map(String.init), response)
    }

    private func audit() throws -> [Substring] {
        return try bank.audited().split(separator: "\n")
    }

    private func change(_ change: (inout [GatewaySettings.Mapping]) throws -> Void) throws {
        try change(&bank.settings.mapping)
        try running.gateway.reload(bank.settings)
    }

    @Test(arguments: [
        (TestAttribute.utf8("CN", "TSUSER0001\u{0}.evil"), "control"),
        (.teletex("CN", Array("TSUSER0001".utf8)), "stringType"), (.bmp("CN", "TSUSER0001"), "stringType"),
        (.universal("CN", "TSUSER0001"), "stringType"), (.utf8("CN", "Ｔ0001"), "notACustomerID"),
        (.utf8("O", "x/CN=TSUSER0001"), "attributeAbsent"),
        (.utf8("CN", "TSUSER0001\r\nX-Client-Verify: SUCCESS"), "control"),
    ])
    func
        `threats rows 35, 36, 39 and 40, what is no clean ID sees one page and has one reason`(
            name: TestAttribute, reason: String
        ) throws
    {
        let response = try page(bank.customers.issue(TestName([[name]])))
        #expect(response.head.status == 403)
        #expect(response.text.contains("APL-1104"))
        let lines = try audit()
        let reasons = lines.filter { $0.contains("\"reason\":\"mapping.\(reason)\"") }
        #expect(reasons.count == 1 && lines.count == 1, "one line, whatever the name holds: \(lines)")
        #expect(lines.allSatisfy { line in line.unicodeScalars.allSatisfy { $0.value >= 0x20 } })
    }

    @Test func `threats row 39, two CNs are refused, in one relative name as in two`() throws {
        let (one, other) = (TestAttribute.utf8("CN", "TSUSER0001"), TestAttribute.utf8("CN", "TSUSER0002"))
        for name in [TestName([[one], [other]]), TestName([[one, other]])] {
            #expect(try page(bank.customers.issue(name)).text.contains("APL-1104"))
        }
        #expect(try audit().count { $0.contains("mapping.attributeRepeated") } == 2)
    }

    @Test func `threats row 41, rules that disagree about a certificate refuse it, and the gateway goes on`()
        throws
    {
        try change { mapping in
            let issuer = mapping[0].issuer
            mapping.append(GatewaySettings.Mapping(issuer: issuer, by: .subject, attribute: .userID))
        }
        let name = TestName([[.utf8("CN", "TSUSER0001")], [.utf8("UID", "TSUSER0002")]])
        #expect(try page(bank.customers.issue(name)).text.contains("APL-1104"))
        #expect(try audit().count { $0.contains("mapping.rulesDisagree") } == 1)
        #expect(try page(bank.customers.issue("TSUSER0001")).head.status == 200)
    }

    @Test func `threats row 41, overlapping rules are refused at load, each where it stands`() throws {
        bank.settings.mapping[0].pattern = try IDPattern("TS[A-Z]{4}[0-9]{4}")
        var other = bank.settings.mapping[0]
        other.pattern = try IDPattern("[A-Z]{6}000[0-9]")
        bank.settings.mapping.append(other)
        do throws(GatewayFault) {
            try running.gateway.reload(bank.settings)
            Issue.record("overlapping rules were taken")
        } catch {
            #expect(error.description.contains("ambiguous"))
            #expect(error.description.contains("“TSAAAA0000”"))
        }
    }

    @Test func `an unknown customer and an unenrolled certificate have their own reasons`() throws {
        #expect(try page(bank.customers.issue("NOBODY")).text.contains("APL-1104"))
        try change { mapping in
            mapping[0] = GatewaySettings.Mapping(issuer: mapping[0].issuer, by: .enrolled)
        }
        #expect(try page(bank.customers.issue("TSUSER0001")).text.contains("APL-1104"))
        let lines = try audit()
        #expect(lines.count { $0.contains("\"reason\":\"unknownCustomer\"") } == 1)
        #expect(lines.count { $0.contains("\"reason\":\"mapping.notEnrolled\"") } == 1)
    }

    // MARK: Renewal

    private func certificate(_ name: TestName = "TSUSER0001", from begin: Int64) -> TestCertificate {
        bank.customers.issue(
            name, notBefore: TestAuthority.notBefore.adding(seconds: begin * 86400))
    }

    @Test func `old and new certificate coexist until the new one has logged in`() throws {
        try change { $0[0].supersede = .onNewLogin }
        let (old, new) = (certificate(from: 0), certificate(from: 300))
        #expect(try logIn(running.client(to: host, as: old)).session != nil)
        #expect(try page(old).head.status == 200)
        #expect(try logIn(running.client(to: host, as: new)).session != nil)
        let refused = try page(old)
        #expect(refused.head.status == 403)
        #expect(refused.text.contains("APL-1107"))
        #expect(refused.text.contains("新しい電子証明書を選択してください"))
        // Nor does a page that was open already let it in.
        let late = try logIn(running.client(to: host, as: old))
        #expect(late.session == nil && late.response.text.contains("APL-1107"))
        #expect(try page(new).head.status == 200)
        // Somebody else's older certificate is nobody's business.
        #expect(try page(certificate("TSUSER0002", from: 0)).head.status == 200)
        let lines = try audit()
        #expect(lines.count { $0.contains("\"reason\":\"superseded\"") } == 1)
        #expect(lines.count { $0.contains("\"reason\":\"certificateSuperseded\"") } == 1)
    }

    @Test func `two certificates of different issuers, and a policy of never, leave both good`() throws {
        let old = certificate(from: 0)
        #expect(try logIn(running.client(to: host, as: certificate(from: 300))).session != nil)
        #expect(try page(old).head.status == 200)
        try change { mapping in
            for index in mapping.indices { mapping[index].supersede = .onNewLogin }
        }
        let otherIssuer = bank.otherCustomers.issue(
            "TSUSER0001", notBefore: TestAuthority.notBefore.adding(seconds: 900 * 86400))
        #expect(try logIn(running.client(to: host, as: otherIssuer)).session != nil)
        #expect(try page(certificate(from: 301)).head.status == 200)
    }

    @Test func `under afterDays the old one stays good for the days that are left`() throws {
        try change { $0[0].supersede = .afterDays(14) }
        let old = certificate(from: 0)
        #expect(try logIn(running.client(to: host, as: certificate(from: 300))).session != nil)
        #expect(try page(old).head.status == 200)
        let id = try #require(CustomerID("TSUSER0001"))
        try bank.database.write { (connection) throws(DatabaseFault) in
            _ = try connection.run(
                """
                UPDATE newest_certificates SET first_login_at = first_login_at - 14 * 86400
                WHERE customer = ?1
                """,
                .text(id.text))
        }
        #expect(try page(old).text.contains("APL-1107"))
    }

    // MARK: Live sessions

    /// The first status other than 200 within six seconds, and how long it took.
    private func statusOnceEnded(_ client: BlockingClient, _ session: String) throws -> (Int, Duration) {
        let clock = ContinuousClock()
        let start = clock.now
        while true {
            let response = try client.send("GET", "/accounts", headers: headers(host, [("Cookie", session)]))
            let time = clock.now - start
            if response.head.status != 200 || time > .seconds(6) { return (response.head.status, time) }
        }
    }

    @Test func `threats row 43, an unenrolled certificate's session ends within a second`() throws {
        let identity = certificate(from: 0)
        let key = identity.certificate.issuerSerialKey.bytes
        let id = try #require(CustomerID("TSUSER0001"))
        try bank.customerStore.enroll(Enrolment(issuerSerialKey: key), for: id)
        try change { $0[0] = GatewaySettings.Mapping(issuer: $0[0].issuer, by: .enrolled) }
        let client = try running.client(to: host, as: identity)
        let session = try #require(try logIn(client).session)
        #expect(
            try client.send("GET", "/accounts", headers: headers(host, [("Cookie", session)])).head.status
                == 200)
        #expect(try bank.customerStore.unenroll(issuerSerialKey: key, of: id))
        let (status, time) = try statusOnceEnded(client, session)
        #expect(status == 303 && time < .seconds(4), "a second, and what a busy machine adds")
        #expect(try audit().contains { $0.contains("\"reason\":\"certificateUnmapped\"") })
    }

    @Test func `threats row 43, a suspended customer's session ends within a second`() throws {
        let client = try running.client(to: host, as: certificate(from: 0))
        let session = try #require(try logIn(client).session)
        _ = try bank.customerStore.change(#require(CustomerID("TSUSER0001")), .status(.stopped))
        let (status, time) = try statusOnceEnded(client, session)
        #expect(status == 303 && time < .seconds(4), "a second, and what a busy machine adds")
        #expect(try audit().contains { $0.contains("\"reason\":\"customerStopped\"") })
    }

    @Test func `threats row 42, A's certificate with B's password counts for A, and opens nothing`() throws {
        let (cookie, sealed) = try start()
        let more = [
            ("Cookie", cookie), ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", "https://\(host)"),
        ]
        // B's ID sent along makes nobody B: the certificate says who it is.
        let form = [("c", sealed), ("id", "TSUSER0002"), ("password", "B's password")]
        let response = try running.client(to: host, as: certificate(from: 0)).send(
            "POST", "/.sekisho/certificate", headers: headers(host, more),
            body: Array(FormFields.encode(form).utf8))
        #expect(response.head.headers["Location"]?.hasPrefix("/.sekisho/certificate?") == true)
        #expect(response.head.headers["Set-Cookie"] == nil)
        let failures = try ["TSUSER0001", "TSUSER0002"].map {
            try bank.customerStore.customer(#require(CustomerID($0)))?.failures.consecutive
        }
        #expect(failures == [1, 0])
    }
}
