import Authorization
import Consent
import HTTP
import Serving
import Settings
import Storage
import Synchronization
import Testing
import Text

/// Grants that end by what the gateway knows of their customers.
@Suite struct GrantWatchTests {
    private let gateway = StandIn()

    private func bench(revokeOn endings: [ConsentSettings.GrantRules.Ending]? = nil) throws -> Bench {
        try Bench(gateway: gateway) { settings in
            if let endings { settings.grant.revokeOn = endings }
        }
    }

    enum Use: CaseIterable { case read, list, redeem, refresh, introspectAccess, introspectRefresh, services }

    @Test(arguments: Use.allCases, GrantEnding.allCases)
    func `whatever uses a grant ends it when the gateway objects, and for good`(
        use: Use, ending: GrantEnding
    ) throws {
        let bench = try bench(revokeOn: ConsentSettings.GrantRules.Ending.allCases)
        let attempt = try attempt(use, on: bench)
        gateway.set([ending])
        #expect(try attempt())
        gateway.set([])
        #expect(try attempt())
        #expect(try bench.store.grants(of: "C1").map(\.status) == [.endedByInstitution])
        #expect(try bench.count(of: "grant.ended") == 1)
        #expect(try bench.logged().contains("\"reason\":\"\(ending.rawValue)\""))
    }

    @Test(arguments: Use.allCases) func `nothing ends while the gateway does not object`(use: Use) throws {
        let bench = try bench()
        #expect(try !attempt(use, on: bench)())
        #expect(try bench.store.grants(of: "C1").map(\.status) == [.active])
    }

    @Test(arguments: Use.allCases, [GrantEnding.passwordLockout, .passwordChange])
    func `what a stranger can bring about, and a new password, end nothing by default`(
        use: Use, ending: GrantEnding
    ) throws {
        let bench = try bench()
        let attempt = try attempt(use, on: bench)
        gateway.set([ending])
        #expect(try !attempt())
        #expect(try bench.store.grants(of: "C1").map(\.status) == [.active])
    }

    @Test func `許可 is possible after a change of password, which the grant may survive`() throws {
        let bench = try bench()
        let form = try bench.form(bench.begin(), decision: "allow")
        gateway.set([.passwordChange])
        #expect(try query(of: bench.post("/consent", form, as: bench.customer()))["code"] != nil)
    }

    @Test(
        arguments: GrantEnding.allCases.filter(\.forbidsConsent),
        [nil, []] as [[ConsentSettings.GrantRules.Ending]?])
    func `許可 is refused while the gateway objects, and can be pressed afterwards`(
        objection: GrantEnding, endings: [ConsentSettings.GrantRules.Ending]?
    ) throws {
        let bench = try bench(revokeOn: endings)
        let form = try bench.form(bench.begin(), decision: "allow")
        gateway.set([objection])
        let response = try bench.follow(bench.post("/consent", form, as: bench.customer()))
        #expect(text(response).contains("APL-1602") && text(response).contains(">拒否<"))
        #expect(try bench.store.grants(of: "C1").isEmpty)
        #expect(try bench.count(of: "consent.declined") == 1)
        gateway.set([])
        #expect(try bench.post("/consent", form, as: bench.customer()).status == 303)
        #expect(try bench.store.grants(of: "C1").count == 1)
    }

    @Test func `拒否 is possible all the same`() throws {
        let bench = try bench()
        let form = try bench.form(bench.begin(), decision: "deny")
        gateway.set([.userSuspended])
        #expect(try query(of: bench.post("/consent", form, as: bench.customer()))["error"] == "access_denied")
    }

    @Test func `only what revokeOn names ends grants`() throws {
        let bench = try bench(revokeOn: [.certRevoked])
        let token = try bench.token()
        gateway.set([.userSuspended])
        #expect(try bench.accounts(token).status == 200)
        gateway.set([.userSuspended, .certRevoked])
        #expect(try bench.accounts(token).status == 401)
    }

    @Test func `without revokeOn the gateway is asked for 許可 alone`() throws {
        let bench = try bench(revokeOn: [])
        let token = try bench.token()
        gateway.fail()
        #expect(try bench.accounts(token).status == 200)
    }

    @Test(arguments: Use.allCases)
    func `while the gateway's store is out of order nothing is given and nothing ends`(use: Use) throws {
        let bench = try bench()
        let attempt = try response(use, on: bench)
        gateway.fail()
        #expect(try attempt().status == 503)
        #expect(try bench.store.grants(of: "C1").map(\.status) == [.active])
        #expect(try bench.logged().contains("out of order"))
        let form = try bench.form(bench.begin(), decision: "allow")
        #expect(try bench.post("/consent", form, as: bench.customer()).status == 503)
    }

    // MARK: Parts

    /// Prepares a use of a grant; what it returns tries it, and is true when nothing is given.
    private func attempt(_ use: Use, on bench: Bench) throws -> () throws -> Bool {
        let response = try response(use, on: bench)
        return {
            let response = try response()
            return switch use {
            case .read, .list: response.status == 401
            case .redeem, .refresh: try json(response)["error"]?.string == "invalid_grant"
            case .introspectAccess, .introspectRefresh:
                try response.status == 200 && json(response)["active"]?.bool == false
            case .services: !text(response).contains("サンプル会計")
            }
        }
    }

    private func response(_ use: Use, on bench: Bench) throws -> () throws -> WebResponse {
        if use == .redeem {
            let fields = try bench.tokenFields(bench.code())
            return { try bench.post("/token", fields, as: bench.partner()) }
        }
        let tokens = try bench.tokens()
        return {
            switch use {
            case .read: try bench.accounts(tokens.access)
            case .list: try bench.resource("/api/v1/accounts", tokens.access)
            case .refresh: try bench.post("/token", bench.refreshFields(tokens.refresh), as: bench.partner())
            case .introspectAccess, .introspectRefresh:
                try bench.post(
                    "/introspect",
                    [
                        ("client_id", "sample"),
                        ("token", use == .introspectAccess ? tokens.access : tokens.refresh),
                    ], as: bench.partner())
            case .services: try bench.get("/consent/services", as: bench.customer())
            case .redeem: WebResponse(status: 0)
            }
        }
    }
}

/// What the gateway says of every customer.
private final class StandIn: StandingRepository {
    private let endings = Mutex<Set<GrantEnding>?>([])

    func set(_ endings: Set<GrantEnding>) { self.endings.withLock { $0 = endings } }

    /// From now on its store is out of order.
    func fail() { endings.withLock { $0 = nil } }

    func endings(
        of customer: String, certificate: [UInt8]?, authenticatedAt login: WallTime
    ) throws(ConsentStoreFault) -> Set<GrantEnding> {
        guard let endings = endings.withLock({ $0 }) else {
            throw ConsentStoreFault("the gateway's store is out of order")
        }
        return endings
    }
}
