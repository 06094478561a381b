import Crypto
import HTTP
import Identity
import Pages
import Reactor
import Serving
import Text
import X509

/// The counter where customers log in: one request to a path of the gateway's own.
struct LoginCounter {
    private let facts: RequestFacts
    private let service: GatewayService
    private let pages: LoginPages

    init(_ facts: RequestFacts, _ service: GatewayService) {
        self.facts = facts
        self.service = service
        pages = LoginPages(facts)
    }

    /// A customer's request without a session: off to the login page, and back afterwards.
    func begin(after ended: SessionEnd?) {
        if ended == .superseded { return superseded() }
        let isReading = facts.request.method == "GET" || facts.request.method == "HEAD"
        guard isReading, let continuation = Continuation(to: facts.request.target) else {
            return end(.expired, status: 401, event: "session.missing", reason: ended?.rawValue ?? "none")
        }
        let known = preLogin
        let cookie = known ?? SecureRandom.token(byteCount: 32)
        let sealed = continuation.sealed(for: cookie, with: facts.snapshot.continuationKey, at: facts.now)
        var response = WebResponse.redirect(to: "\(loginOrigin)\(LoginPath.login)?c=\(sealed)")
        response.headers.set("Cache-Control", "no-store")
        if known == nil {
            let set = SetCookie(
                CookieName.preLogin, cookie, domain: facts.host.cookieDomain,
                maxAge: Int(Continuation.lifetimeSeconds))
            response.headers.add("Set-Cookie", set.headerValue)
        }
        respond(response)
    }

    /// The newest login has won; this browser is told so, once.
    private func superseded() {
        let code = SupportCode()
        service.logs.loginEnded(
            facts, event: "session.ended", reason: "superseded", page: LoginMessage.superseded.id, code: code)
        var response = pages.end(.superseded, code: code, status: 403)
        response.headers.add("Set-Cookie", SetCookie(CookieName.session, "", maxAge: 0).headerValue)
        respond(response)
    }

    func serve() {
        switch (facts.request.method, facts.request.path, facts.host.role) {
        case ("GET", LoginPath.stylesheet, _): file(Stylesheet.css, PageHeaders.stylesheetFields)
        case ("GET", LoginPath.timeoutScript, _): file(TimeoutWarning.script, TimeoutWarning.scriptFields)
        case ("GET", LoginPath.language, _): chooseLanguage()
        case ("GET", LoginPath.login, .login): showLogin()
        case ("POST", LoginPath.password, .login): withForm(logInWithPassword)
        case ("GET", LoginPath.certificate, .certificate): showCertificate()
        case ("POST", LoginPath.certificate, .certificate): withForm(logInWithCertificate)
        default: service.refuse(facts, status: 404)
        }
    }

    private func file(_ body: [UInt8], _ fields: [(name: String, value: String)]) {
        var response = WebResponse(status: 200, body: body)
        for (name, value) in fields { response.headers.set(name, value) }
        respond(response)
    }

    /// Keeps the customer's choice for all hosts of the bank, backends' pages included, and goes back.
    private func chooseLanguage() {
        let parameters = try? QueryParameters(parsing: facts.request.query)
        guard let language = parameters?.single("lang").flatMap(PageLanguage.init(rawValue:)),
            let target = parameters?.single("to").flatMap({ Continuation(to: $0) })?.target
        else { return service.refuse(facts, status: 400) }
        var response = WebResponse.redirect(to: target)
        response.headers.set("Cache-Control", "no-store")
        let cookie = SetCookie(
            LanguageSwitch.cookieName, language.rawValue, domain: facts.host.cookieDomain,
            maxAge: Self.languageSeconds)
        response.headers.add("Set-Cookie", cookie.headerValue)
        respond(response)
    }

    // MARK: The login page

    private func showLogin() {
        guard let (_, sealed) = continuation(from: sealedInQuery) else { return expired() }
        respond(pages.login(continuing: sealed, certificateURL: certificateURL(sealed)))
    }

    private func logInWithPassword(_ form: FormFields) {
        guard let (continuation, sealed) = continuation(from: form["c"]) else { return expired() }
        let attempt = LoginDesk.Attempt(
            method: .password(typedID: form["id"] ?? ""), password: Array((form["password"] ?? "").utf8),
            host: facts.host.name, address: facts.address, rules: facts.snapshot.loginRules, at: facts.now)
        logIn(attempt, continuation) { message, code in
            pages.login(
                continuing: sealed, certificateURL: certificateURL(sealed), problem: message, code: code)
        }
    }

    // MARK: The certificate

    private func showCertificate() {
        guard let (_, sealed) = continuation(from: sealedInQuery) else { return expired() }
        guard let (identity, mapped) = mappedCertificate(sealed) else { return }
        let desk = service.desk
        let now = facts.now
        offload(to: service.pools.store) {
            desk.recognise(mapped, at: now)
        } then: { recognised in
            switch recognised {
            case .customer:
                respond(
                    pages.password(for: identity.leaf, continuing: sealed, retryURL: retryURL(sealed)))
            case .refused(let reason):
                refuseCertificate(.unusableCertificate, reason: reason, sealed)
            case .superseded:
                refuseCertificate(.supersededCertificate, reason: "superseded", sealed)
            case .unavailable:
                service.refuse(facts, status: 503)
            }
        }
    }

    private func logInWithCertificate(_ form: FormFields) {
        guard let (continuation, sealed) = continuation(from: form["c"]) else { return expired() }
        guard let (identity, mapped) = mappedCertificate(sealed) else { return }
        let attempt = LoginDesk.Attempt(
            method: .certificate(mapped, identity), password: Array((form["password"] ?? "").utf8),
            host: facts.host.name, address: facts.address, rules: facts.snapshot.loginRules, at: facts.now)
        logIn(attempt, continuation) { message, code in
            pages.password(
                for: identity.leaf, continuing: sealed, retryURL: retryURL(sealed), problem: message,
                code: code)
        }
    }

    /// The customer that the certificate names; nil when it names none and a page has said so.
    private func mappedCertificate(_ sealed: String) -> (PeerIdentity, MappedCertificate)? {
        switch facts.verdict {
        case .absent:
            refuseCertificate(.certificateAbsent, reason: "absent", sealed)
        case .refused(let reason, let leaf):
            refuseCertificate(.certificateRefused(reason, leaf: leaf), reason: reason.rawValue, sealed)
        case .trusted(let identity):
            let mapped = MappedCertificate(identity.leaf, by: facts.snapshot.mapping)
            if case .refused = mapped.outcome {
                refuseCertificate(.unusableCertificate, reason: mapped.strangerReason, sealed)
                return nil
            }
            return (identity, mapped)
        }
        return nil
    }

    private func refuseCertificate(_ message: LoginMessage, reason: String, _ sealed: String) {
        let code = SupportCode()
        service.logs.certificateRefused(facts, reason: reason, page: message.id, code: code)
        let loginURL = facts.snapshot.offersPassword ? "\(loginOrigin)\(LoginPath.login)?c=\(sealed)" : nil
        respond(pages.certificateProblem(message, code: code, retryURL: retryURL(sealed), loginURL: loginURL))
    }

    // MARK: Logging in

    private func logIn(
        _ attempt: LoginDesk.Attempt, _ continuation: Continuation,
        retry: @escaping (LoginMessage, SupportCode) -> WebResponse
    ) {
        let desk = service.desk
        offload(to: service.pools.passwords) {
            desk.logIn(attempt)
        } then: { outcome in
            switch outcome {
            case .opened(let token):
                var response = WebResponse.redirect(to: continuation.target)
                response.headers.set("Cache-Control", "no-store")
                response.headers.add("Set-Cookie", SetCookie(CookieName.session, token).headerValue)
                respond(response)
            case .refused(let refusal, let code):
                switch refusal.publicReason {
                case .badCredentials: respond(retry(.badCredentials, code))
                case .paused: respond(pages.end(.paused, code: code, status: 403))
                case .stopped: respond(pages.end(.stopped, code: code, status: 403))
                case .certificateSuperseded:
                    respond(pages.end(.supersededCertificate, code: code, status: 403))
                }
            case .unavailable:
                service.refuse(facts, status: 503)
            }
        }
    }

    private func offload<Outcome: Sendable>(
        to pool: BlockingPool, _ work: @escaping @Sendable () -> Outcome,
        then completion: @escaping (Outcome) -> Void
    ) {
        guard !service.loop.offload(to: pool, work, then: completion) else { return }
        var response = pages.end(.busy, code: SupportCode(), status: 503)
        response.headers.set("Retry-After", "5")
        respond(response)
    }

    // MARK: Reading the request

    private func withForm(_ use: @escaping (FormFields) -> Void) {
        guard isFromOurPage else {
            return end(.badRequest, status: 403, event: "login.refused", reason: "foreignOrigin")
        }
        guard facts.request.headers.hasContentType("application/x-www-form-urlencoded") else {
            return service.refuse(facts, status: 415)
        }
        WholeBody.collect(facts.exchange, bytesMax: facts.snapshot.loginBodyBytesMax) { body in
            guard let body else { return service.refuse(facts, status: 413) }
            guard let form = try? FormFields.parse(body) else { return service.refuse(facts, status: 400) }
            use(form)
        }
    }

    /// A form of another site is no login of ours, whatever it carries. Under the pages' no-referrer policy
    /// browsers write `null` for the origin; then what they say of the site decides, and the pre-login
    /// cookie in any case.
    private var isFromOurPage: Bool {
        let headers = facts.request.headers
        if let site = headers["Sec-Fetch-Site"], site != "same-origin" { return false }
        guard let origin = headers["Origin"] else { return true }
        return origin == facts.origin || origin == "null"
    }

    private var preLogin: String? {
        guard let value = Cookies.single(CookieName.preLogin, in: facts.request.headers),
            Base64URL.decode(value)?.count == 32
        else { return nil }
        return value
    }

    private var sealedInQuery: String? {
        try? QueryParameters(parsing: facts.request.query).single("c")
    }

    /// Opens only in the browser that it was sealed for.
    private func continuation(from sealed: String?) -> (Continuation, String)? {
        guard let sealed, let preLogin,
            let continuation = Continuation(
                opening: sealed, for: preLogin, with: facts.snapshot.continuationKey, at: facts.now)
        else { return nil }
        return (continuation, sealed)
    }

    // MARK: Where things are

    private var loginOrigin: String {
        if case .certificate(let loginHost, _) = facts.host.role {
            return facts.snapshot.origin(of: facts.snapshot.hosts[loginHost].name)
        }
        return facts.snapshot.origin(of: facts.host.name)
    }

    private func certificateURL(_ sealed: String) -> String? {
        guard facts.snapshot.offersCertificate, case .login(let certificateHost?) = facts.host.role else {
            return nil
        }
        let origin = facts.snapshot.origin(of: facts.snapshot.hosts[certificateHost].name)
        return "\(origin)\(LoginPath.certificate)?c=\(sealed)"
    }

    /// On a name that the browser has not seen, so that it asks for a certificate again.
    private func retryURL(_ sealed: String) -> String {
        let label = Hex.encode(SecureRandom.bytes(5))
        return
            "\(facts.snapshot.origin(of: "\(label).\(facts.host.name)"))\(LoginPath.certificate)?c=\(sealed)"
    }

    // MARK: Answering

    private func expired() {
        end(.expired, status: 403, event: "login.refused", reason: "continuation")
    }

    private func end(_ message: LoginMessage, status: Int, event: String, reason: String) {
        let code = SupportCode()
        service.logs.loginEnded(facts, event: event, reason: reason, page: message.id, code: code)
        respond(pages.end(message, code: code, status: status))
    }

    private func respond(_ response: WebResponse) {
        var response = response
        GatewayService.decorate(&response.headers)
        facts.exchange.respond(response)
    }

    private static let languageSeconds = 365 * 86_400
}
