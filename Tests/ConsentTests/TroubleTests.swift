import Authorization
import Consent
import HTTP
import Serving
import Settings
import Storage
import Testing
import Text

/// What customers and partners see when two requests cross, or the store is out of order.
@Suite struct TroubleTests {
    let bench: Bench

    init() throws { bench = try Bench() }

    private func failing() throws -> ConsentApplication {
        try bench.application(
            over: TroubledStore(bench.store) { () throws(ConsentStoreFault) in
                throw ConsentStoreFault("the disk is full")
            })
    }

    private func headers(_ claims: Claims, _ more: (String, String)...) throws -> [(String, String)] {
        [("Sekisho-Assertion", try bench.assertion(claims))] + more
    }

    private let formType = ("Content-Type", "application/x-www-form-urlencoded")

    @Test func `許可 that crosses with a newer flow grants nothing`() throws {
        let form = try bench.form(bench.begin(), decision: "allow")
        let application = try bench.application(
            over: TroubledStore(bench.store) { [bench] () throws(ConsentStoreFault) in
                do { _ = try bench.begin() } catch { throw ConsentStoreFault("\(error)") }
            })
        let response = bench.send(
            "POST", "/consent", headers: try headers(bench.customer(), formType),
            body: Array(FormFields.encode(form).utf8), to: application)
        #expect(text(try bench.follow(response)).contains("APL-1902"))
        #expect(try bench.store.grants(of: "C1").isEmpty)
        #expect(try bench.count(of: "consent.granted") == 0)
    }

    @Test func `許可 that crosses with 拒否 grants nothing`() throws {
        let form = try bench.form(bench.begin(), decision: "allow")
        let deny = form.map { $0.0 == "decision" ? ("decision", "deny") : $0 }
        let application = try bench.application(
            over: TroubledStore(bench.store) { [bench] () throws(ConsentStoreFault) in
                do { _ = try bench.post("/consent", deny, as: bench.customer()) } catch {
                    throw ConsentStoreFault("\(error)")
                }
            })
        let response = bench.send(
            "POST", "/consent", headers: try headers(bench.customer(), formType),
            body: Array(FormFields.encode(form).utf8), to: application)
        #expect(try bench.follow(response).status == 409)
        #expect(try bench.store.grants(of: "C1").isEmpty)
        #expect(try bench.count(of: "consent.denied") == 1)
    }

    @Test(
        arguments: ConsentSettings.Profile.allCases,
        [(false, "temporarily_unavailable"), (true, "server_error")])
    func `row 13, a store out of order sends the customer back, and gives operators the reason`(
        profile: ConsentSettings.Profile, fault: (isLasting: Bool, error: String)
    ) throws {
        let bench = try Bench(profile: profile)
        let arrival = try bench.arrival(["state": "a b"])
        let application = try bench.application(
            over: TroubledStore(bench.store) { () throws(ConsentStoreFault) in
                throw ConsentStoreFault("the disk is full", isLasting: fault.isLasting)
            })
        let response = try bench.get(arrival, as: bench.customer(), on: application)
        #expect(response.status == 303)
        let parameters = try query(of: response)
        #expect(parameters["error"] == fault.error)
        #expect(parameters["state"] == "a b" && parameters["iss"] == Bench.issuer)
        let number = try #require(parameters["error_description"])
        let logged = try bench.logged()
        #expect(logged.contains("the disk is full") && logged.contains("\"support_code\":\"\(number)\""))
        #expect(try !#require(response.headers["Location"]).contains("disk"))
        // Nothing is used up: the same request works once the store does.
        #expect(
            try bench.get(arrival, as: bench.customer()).headers["Location"]?.hasPrefix("/consent") == true)
    }

    @Test func `a pushed request that cannot be looked up gives a page with a number, and no redirect`()
        throws
    {
        let bench = try Bench(profile: .fapi2)
        let store = TroubledStore(bench.store, isTroubledByLookups: true) { () throws(ConsentStoreFault) in
            throw ConsentStoreFault("the disk is full")
        }
        let response = try bench.get(
            bench.arrival(), as: bench.customer(), on: bench.application(over: store))
        #expect(response.status == 503 && response.headers["Location"] == nil)
        #expect(response.headers["Retry-After"] == "5")
        #expect(text(response).contains("APL-9005"))
        #expect(!text(response).contains("disk"))
    }

    @Test func `許可 with a store out of order grants nothing and can be pressed again`() throws {
        let form = try bench.form(bench.begin(), decision: "allow")
        let response = bench.send(
            "POST", "/consent", headers: try headers(bench.customer(), formType),
            body: Array(FormFields.encode(form).utf8), to: try failing())
        #expect(response.status == 503)
        #expect(try bench.store.grants(of: "C1").isEmpty)
        #expect(try bench.post("/consent", form, as: bench.customer()).status == 303)
    }

    @Test func `partners are told to come again, and the code stays good`() throws {
        let code = try bench.code()
        let response = bench.send(
            "POST", "/token", headers: try headers(bench.partner(), formType),
            body: Array(FormFields.encode(bench.tokenFields(code)).utf8), to: try failing())
        #expect(response.status == 503)
        #expect(try json(response)["error"]?.string == "temporarily_unavailable")
        #expect(response.headers["Retry-After"] == "5")
        let answer = try bench.post("/token", bench.tokenFields(code), as: bench.partner())
        let token = try #require(try json(answer)["access_token"]?.string)
        let accounts = bench.send(
            "GET", "/api/v1/accounts",
            headers: try headers(bench.partner(), ("Authorization", "Bearer \(token)")),
            to: try failing())
        #expect(accounts.status == 503 && accounts.headers["Retry-After"] == "5")
    }

    @Test func `what is long over is removed when a new flow begins`() throws {
        let address = try bench.begin()
        let id = FlowID(String(address.dropFirst("/consent?flow=".count)))
        bench.pass(seconds: 86_400)
        _ = try bench.begin()
        #expect(try bench.store.flow(id) != nil)
        bench.pass(seconds: 60)
        _ = try bench.begin()
        #expect(try bench.store.flow(id) == nil)
    }
}
