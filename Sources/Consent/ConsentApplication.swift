public import Authorization
public import Crypto
import HTTP
public import Logs
import Pages
import Reactor
public import Serving
public import Settings
public import Text

/// The consent backend: authorization endpoint, consent screens, token endpoint and the API for partners,
/// behind the gateway.
///
/// Every request but the health check must carry a valid `Sekisho-Assertion`; whatever does not is
/// refused before anything else of it is looked at.
public struct ConsentApplication: WebApplication {
    /// The store that keeps everything.
    public typealias Store = FlowRepository & GrantRepository & TokenRepository & PushedRequestRepository
        & ClientAssertionRepository & PartnerRepository & SecretRepository & CustomerRepository

    private let verifier: AssertionVerifier
    private let desk: ConsentDesk
    private let tokens: TokenDesk
    private let pushes: PushDesk
    private let resources: ResourceDesk
    private let services: ServicesDesk
    private let metadata: [UInt8]
    private let setup: ConsentSetup
    private let journal: ConsentJournal
    private let logsAccess: Bool
    private let now: @Sendable () -> WallTime

    /// - Parameters:
    ///   - gateway: What ends grants; nil when the gateway's store is not known here.
    ///   - pinKey: Seals 照会用暗証番号 in the store.
    ///   - access: Where access records go; nil for where the others go.
    ///   - now: The wall clock, for tests.
    public init(
        _ settings: ConsentSettings, store: any Store, gateway: (any StandingRepository)? = nil,
        pinKey: SealingKey, log: LogSink, audit: LogSink, access: LogSink? = nil,
        metrics: ConsentMetrics = ConsentMetrics(),
        now: @escaping @Sendable () -> WallTime = Self.wallClock
    ) {
        let journal = ConsentJournal(
            log: log, audit: audit, access: access, stopsWhenFull: settings.logs.whenFull == .stop,
            metrics: metrics)
        let setup = ConsentSetup(settings, pinKey: pinKey, store: store, journal: journal)
        self.setup = setup
        verifier = AssertionVerifier(
            issuer: settings.assertion.issuer.text, audience: settings.assertion.audience,
            keys: AssertionKeys(path: settings.assertion.jwksFile) { journal.keysUnreadable($0) })
        let watch = GrantWatch(
            Set(settings.grant.revokeOn.map(GrantEnding.init)), gateway: gateway, grants: store,
            journal: journal)
        desk = ConsentDesk(setup, store: store, watch: watch, journal: journal)
        let endpoint = PartnerEndpoint(ClientAuthenticator(setup, store: store), journal: journal)
        tokens = TokenDesk(setup, store: store, endpoint: endpoint, watch: watch, journal: journal)
        pushes = PushDesk(
            store: store, endpoint: endpoint, journal: journal,
            perMinuteMax: settings.limits.pushesPerMinuteMax)
        resources = ResourceDesk(
            setup, store: store, watch: watch, journal: journal, bank: SampleCoreBanking())
        services = ServicesDesk(setup, store: store, watch: watch, journal: journal)
        metadata = ServerMetadata.document(setup)
        logsAccess = settings.logs.access
        self.journal = journal
        self.now = now
    }

    /// The system's clock.
    public static let wallClock: @Sendable () -> WallTime = { WallTime(seconds: Clock.wall()) }

    public func answer(_ request: WebRequest) -> WebResponse {
        let start = Clock.monotonic()
        let response = request.head.path == "/healthz" ? .text("ok") : gated(request)
        let microseconds = Clock.monotonic().microseconds(since: start)
        journal.metrics.answered(
            route: Self.route(request.head.path), status: response.status, microseconds: microseconds)
        if logsAccess { journal.answered(request, response, microseconds: microseconds) }
        return response
    }

    /// The path as metrics have it: names of accounts are not among them.
    private static func route(_ path: String) -> String {
        if methods[path] != nil || path == "/healthz" { return path }
        guard let (_, inquiry) = ResourceDesk.inquiry(path) else { return "other" }
        return "/api/v1/accounts/{account}/\(inquiry)"
    }

    private func gated(_ request: WebRequest) -> WebResponse {
        let now = now()
        if journal.isStopped { return refusal(request, .outOfOrder, SupportCode()) }
        var assertion: Assertion
        do throws(AssertionFault) {
            assertion = try verifier.verify(request.head.headers, at: now)
        } catch {
            let code = SupportCode()
            journal.assertionRefused(request, error, code)
            return refusal(request, .notThroughGateway, code)
        }
        assertion.trace = CallTrace(request.head.headers)
        return routed(Call(request: request, assertion: assertion, now: now))
    }

    private func routed(_ call: Call) -> WebResponse {
        switch (call.request.head.path, call.request.head.method) {
        case (Stylesheet.path, "GET"), (Stylesheet.path, "HEAD"):
            file(Stylesheet.css, PageHeaders.stylesheetFields)
        case (SelectAll.scriptPath, "GET"), (SelectAll.scriptPath, "HEAD"):
            file(SelectAll.script, TimeoutWarning.scriptFields)
        case ("/.well-known/oauth-authorization-server", "GET"): .json(metadata)
        case ("/authorize", "GET"): forCustomer(call, desk.authorize)
        case ("/consent", "GET"): forCustomer(call, desk.show)
        case ("/consent", "POST"): forCustomer(call, desk.take)
        case (ServicesDesk.path, "GET"): forCustomer(call, services.show)
        case (ServicesDesk.path, "POST"): forCustomer(call, services.end)
        case (PartnerPaths.token, "POST"): forPartner(call, tokens.token)
        case (PartnerPaths.push, "POST"): forPartner(call, pushes.push)
        case (PartnerPaths.revoke, "POST"): forPartner(call, tokens.revoke)
        case (PartnerPaths.introspect, "POST"): forPartner(call, tokens.introspect)
        case ("/api/v1/accounts", "GET"): forPartner(call, resources.accounts)
        case (let path, let method): other(path, method, call)
        }
    }

    private func other(_ path: String, _ method: String, _ call: Call) -> WebResponse {
        if let (account, inquiry) = ResourceDesk.inquiry(path) {
            guard method == "GET" else { return wrongMethod(call, allowed: "GET") }
            return forPartner(call) { resources.inquire(inquiry, of: account, $0, $1) }
        }
        guard let allowed = Self.methods[path] else { return notice(.notFound, call) }
        return wrongMethod(call, allowed: allowed)
    }

    private func forCustomer(
        _ call: Call, _ serve: (Call, CustomerSession) -> WebResponse
    ) -> WebResponse {
        guard case .customer(let session) = call.assertion.subject else {
            return notice(.notThroughGateway, call)
        }
        return serve(call, session)
    }

    private func forPartner(
        _ call: Call, _ serve: (Call, PartnerCertificate) -> WebResponse
    ) -> WebResponse {
        guard case .partner(let certificate) = call.assertion.subject else {
            return notice(.notThroughGateway, call)
        }
        return serve(call, certificate)
    }

    private func wrongMethod(_ call: Call, allowed: String) -> WebResponse {
        var response = notice(.method, call)
        response.headers.set("Allow", allowed)
        return response
    }

    private func notice(_ message: ConsentMessage, _ call: Call) -> WebResponse {
        let code = SupportCode()
        journal.noticeShown(message, code, call.assertion, call.request.head.path)
        guard call.isForPartners else { return ConsentPages(setup, for: call.request).notice(message, code) }
        return .problem(message.status, code: message.rawValue, receipt: code.text)
    }

    private func refusal(
        _ request: WebRequest, _ message: ConsentMessage, _ code: SupportCode
    ) -> WebResponse {
        Call.isForPartners(request)
            ? .problem(message.status, code: message.rawValue, receipt: code.text)
            : ConsentPages(setup, for: request).notice(message, code)
    }

    private func file(_ bytes: [UInt8], _ fields: [(name: String, value: String)]) -> WebResponse {
        var response = WebResponse(status: 200, body: bytes)
        for (name, value) in fields { response.headers.set(name, value) }
        return response
    }

    /// `Allow` of every path.
    private static let methods = [
        Stylesheet.path: "GET, HEAD", SelectAll.scriptPath: "GET, HEAD",
        "/.well-known/oauth-authorization-server": "GET", "/authorize": "GET",
        "/consent": "GET, POST", ServicesDesk.path: "GET, POST", "/api/v1/accounts": "GET",
        PartnerPaths.token: "POST",
        PartnerPaths.push: "POST", PartnerPaths.revoke: "POST", PartnerPaths.introspect: "POST",
    ]
}

/// Where the endpoints for partners' programs are.
enum PartnerPaths {
    static let token = "/token"
    static let push = "/par"
    static let revoke = "/revoke"
    static let introspect = "/introspect"
    static let all = [token, push, revoke, introspect]
}

/// One request, with who it comes from.
struct Call: Sendable {
    let request: WebRequest
    let assertion: Assertion
    let now: WallTime

    /// Programs are answered in JSON, people with pages.
    var isForPartners: Bool { Self.isForPartners(request) }

    static func isForPartners(_ request: WebRequest) -> Bool {
        PartnerPaths.all.contains(request.head.path) || request.head.path.hasPrefix("/api/")
    }

    /// The pairs of a form; nil when it is none.
    var form: [(name: String, value: String)]? {
        let type = request.head.headers["Content-Type"]?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard type == "application/x-www-form-urlencoded" else { return nil }
        return (try? FormFields.parse(request.body))?.pairs
    }
}

extension WebResponse {
    /// A refusal for a program, outside of what OAuth has names for.
    static func problem(_ status: Int, code: String, receipt: String) -> WebResponse {
        var json = JSONWriter()
        json.beginObject()
        json.member("error", "refused")
        json.member("error_description", "\(code) \(receipt)")
        json.endObject()
        return .json(json.bytes, status: status).unstored
    }

    /// `Cache-Control: no-store` (RFC 6749 §5.1).
    var unstored: WebResponse {
        var response = self
        response.headers.set("Cache-Control", "no-store")
        response.headers.set("Pragma", "no-cache")
        response.headers.set("X-Content-Type-Options", "nosniff")
        return response
    }
}
