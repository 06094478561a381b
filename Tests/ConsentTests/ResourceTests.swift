import Authorization
import Consent
import HTTP
import Serving
import Storage
import Synchronization
import Testing
import Text

/// The API for partners, and what a 照会 shows of a PIN.
@Suite struct ResourceTests {
    let bench: Bench

    init() throws {
        bench = try Bench()
        try bench.take(
            customers: """
                { "id": "C1", "accounts": [
                  { "branch": "001", "branchName": "本店", "kind": "ordinary", "number": "2000002", "pin": "9002" },
                  { "branch": "001", "branchName": "本店", "kind": "current", "number": "2000003" },
                  { "branch": "001", "branchName": "本店", "kind": "savings", "number": "2000004" }] }
                """)
    }

    /// Registers PINs in a flow, allows, and fetches a token.
    private func token(_ pins: [String: String], scope: String = "balance movements") throws -> String {
        var visit = try Visit(bench, "C1", scope: scope)
        if !pins.isEmpty {
            try visit.send(
                "register",
                Dictionary(
                    uniqueKeysWithValues: pins.flatMap {
                        [("select-\($0.key)", "yes"), ("pin-\($0.key)", $0.value)]
                    }))
            try visit.send("confirm")
        }
        try visit.send("allow", ["agree": "yes"])
        let code = try #require(try query(of: visit.response)["code"])
        let answer = try bench.post("/token", bench.tokenFields(code), as: bench.partner())
        return try #require(try json(answer)["access_token"]?.string)
    }

    private func status(_ index: Int) throws -> PINStatus {
        try bench.store.customer("C1").accounts[index].pin.status
    }

    @Test func `the first 照会 that succeeds makes 登録済み＊ 登録済み`() throws {
        let token = try token(["001-2-2000003": "9003"])
        #expect(try status(1) == .pending)
        let answer = try bench.balance("001-2-2000003", token)
        #expect(answer.status == 200 && answer.headers["Cache-Control"] == "no-store")
        #expect(try #require(try json(answer)["balance"]?.integer) > 0)
        #expect(try status(1) == .registered)
        #expect(try bench.count(of: "pin.promoted") == 1)
        #expect(try bench.balance("001-2-2000003", token).status == 200)
        #expect(try bench.count(of: "pin.promoted") == 1)
    }

    @Test func `a wrong PIN is sent to the host once and never again`() throws {
        let token = try token(["001-2-2000003": "1234"])
        let answer = try bench.balance("001-2-2000003", token)
        #expect(answer.status == 409)
        #expect(try json(answer)["error"]?.string == "pin_refused")
        #expect(try status(1) == .unregistered)
        let again = try bench.balance("001-2-2000003", token)
        #expect(try json(again)["error"]?.string == "pin_unregistered")
        #expect(try bench.count(of: "pin.withdrawn") == 1)
        #expect(!(try bench.logged()).contains("1234"))
    }

    @Test func `a wrong new PIN gives way to the one before, at the next 照会`() throws {
        let token = try token(["001-1-2000002": "1234", "001-2-2000003": "9003"])
        #expect(try bench.balance("001-1-2000002", token).status == 409)
        #expect(try status(0) == .registered)
        #expect(try bench.balance("001-1-2000002", token).status == 200)
    }

    @Test func `a PIN that was right once and is refused is withdrawn as well`() throws {
        try bench.take(
            customers: """
                { "id": "C1", "accounts": [
                  { "branch": "001", "branchName": "本店", "kind": "ordinary", "number": "2000002", "pin": "1234" }] }
                """)
        let token = try token([:])
        #expect(try status(0) == .registered)
        #expect(try json(bench.balance("001-1-2000002", token))["error"]?.string == "pin_refused")
        #expect(try status(0) == .unregistered)
        #expect(try json(bench.balance("001-1-2000002", token))["error"]?.string == "pin_unregistered")
    }

    @Test func `only the accounts that stood on the page are there`() throws {
        let token = try token(["001-2-2000003": "9003"])
        let list = try bench.resource("/api/v1/accounts", token)
        let accounts = try #require(try json(list)["accounts"]?.array)
        #expect(accounts.map { $0["id"]?.string } == ["001-1-2000002", "001-2-2000003"])
        #expect(accounts.map { $0["pin"]?.string } == ["registered", "pending"])
        #expect(accounts[1]["type"]?.string == "当座")
        for path in ["001-4-2000004/balance", "999-1-0000000/balance"] {
            #expect(try bench.resource("/api/v1/accounts/\(path)", token).status == 404)
        }
        for path in ["001-1-2000002/secrets", "x/balance", "001-1-2000002/balance/x", "001-1-2000002"] {
            #expect(try bench.resource("/api/v1/accounts/\(path)", token).status == 404)
        }
    }

    @Test func `each 業務 needs its scope`() throws {
        let token = try token(["001-2-2000003": "9003"], scope: "movements")
        let path = "/api/v1/accounts/001-1-2000002"
        #expect(try bench.resource("\(path)/balance", token).status == 403)
        #expect(try bench.resource("\(path)/transfers", token).status == 403)
        let entries = try #require(
            try json(bench.resource("\(path)/movements", token))["entries"]?.array)
        #expect(entries.count == 30)
        #expect(entries[0]["date"]?.string == "2026-11-23")
        let first = try #require(entries[0]["balance"]?.integer)
        let second = try #require(entries[1]["balance"]?.integer)
        #expect(first - second == entries[0]["amount"]?.integer)
    }

    @Test func `while one 照会 tries a PIN that may be wrong, no other sends it`() throws {
        let token = try token(["001-2-2000003": "1234"])
        let crossing = Mutex<WebResponse?>(nil)
        let application = try bench.application(
            over: TroubledStore(bench.store, beforeLearning: true) { [bench] in
                let response = try? bench.balance("001-2-2000003", token)
                crossing.withLock { $0 = response }
            })
        let first = try bench.get(
            "/api/v1/accounts/001-2-2000003/balance", as: bench.partner(),
            headers: [("Authorization", "Bearer \(token)")], on: application)
        #expect(try json(first)["error"]?.string == "pin_refused")
        let second = try #require(crossing.withLock { $0 })
        #expect(second.status == 503 && second.headers["Retry-After"] == "2")
        #expect(try bench.count(of: "pin.withdrawn") == 1)
    }

    @Test func `a PIN whose trial was cut off can be tried again after a minute`() throws {
        let token = try token(["001-2-2000003": "9003"])
        let pin = try #require(try bench.store.customer("C1").accounts[1].pin.pending)
        let key = try #require(AccountKey("001-2-2000003"))
        #expect(
            try bench.store.claim(
                pin, for: key, of: "C1", at: bench.now, until: bench.now.adding(seconds: 60)))
        bench.pass(seconds: 59)
        #expect(try bench.balance("001-2-2000003", token).status == 503)
        bench.pass(seconds: 1)
        #expect(try bench.balance("001-2-2000003", token).status == 200)
        #expect(try status(1) == .registered)
    }

    @Test func `振込入金明細 are the incoming transfers among the movements`() throws {
        let bench = try Bench(partners: ["choosing"])
        var visit = try Visit(bench, "C1", partner: "choosing", scope: "movements transfers")
        try visit.send("scopes", ["scope-movements": "yes", "scope-transfers": "yes"])
        try visit.send("allow", ["agree": "yes"])
        let partner = bench.partner(fingerprint: [UInt8](repeating: 3, count: 32))
        let code = try #require(try query(of: visit.response)["code"])
        let fields = bench.tokenFields(
            code, ["client_id": "choosing", "redirect_uri": "https://choosing.example/cb"])
        let token = try #require(
            try json(bench.post("/token", fields, as: partner))["access_token"]?.string)
        let all = try ["movements", "transfers"].map { name in
            let answer = try bench.resource("/api/v1/accounts/001-1-2000002/\(name)", token, as: partner)
            return try #require(try json(answer)["entries"]?.array).compactMap { $0["text"]?.string }
        }
        #expect(!all[1].isEmpty && all[1] == all[0].filter { $0.hasPrefix("振込") })
        #expect(all[1].count < all[0].count)
    }

    @Test func `a PIN of another key is not sent anywhere`() throws {
        let token = try token(["001-2-2000003": "9003"])
        let stored = try bench.store.customer("C1").accounts[1].pin.forInquiry
        // Under another account's name the same bytes open nothing.
        var customer = try bench.store.customer("C1")
        customer.accounts[0].pin = AccountPIN(active: stored)
        try bench.store.replace([customer])
        let answer = try bench.balance("001-1-2000002", token)
        #expect(answer.status == 503)
        #expect(try bench.count(of: "pin.unreadable") == 1)
    }

    @Test func `a PIN that was stored for another customer's same account is not sent anywhere`() throws {
        let token = try token(["001-2-2000003": "9003"])
        let account = """
            { "branch": "001", "branchName": "本店", "kind": "ordinary", "number": "2000002", "pin": "9002" }
            """
        try bench.take(customers: "{ \"id\": \"C2\", \"accounts\": [\(account)] }")
        #expect(try bench.balance("001-1-2000002", token).status == 200)
        var customer = try bench.store.customer("C1")
        customer.accounts[0].pin = try bench.store.customer("C2").accounts[0].pin
        try bench.store.replace([customer])
        #expect(try bench.balance("001-1-2000002", token).status == 503)
        #expect(try bench.count(of: "pin.unreadable") == 1)
    }
}
