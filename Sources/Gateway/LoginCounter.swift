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
        let idled = ended == .idle || ended == .absolute
        let refusal = ended == .certificateMissing ? certificateRefusal : nil
        let isReading = facts.request.method == "GET" || facts.request.method == "HEAD"
        guard isReading, let continuation = Continuation(to: facts.request.target) else {
            if let refusal {
                return end(
                    refusal.message, status: 403, event: "certificate.refused", reason: refusal.reason)
            }
            return end(.expired, status: 401, event: "session.missing", reason: ended?.rawValue ?? "none")
        }
        let known = preLogin
        let cookie = known ?? SecureRandom.token(byteCount: 32)
        let key = facts.snapshot.continuationKey
        let sealed = continuation.sealed(for: cookie, with: key, at: facts.now)
        var response: WebResponse
        if let refusal {
            // Its certificate is good no more, and the session over: the page says why.
            response = certificateProblem(refusal.message, reason: refusal.reason, sealed)
            response.headers.add("Set-Cookie", SetCookie(CookieName.session, "", maxAge: 0).headerValue)
        } else {
            var address = loginURL(sealed)
            // Who comes back to an ended session is told so on the login page, and goes on from there.
            if idled {
                address += "&n=\(LoginNote(.idled, nil).sealed(for: cookie, with: key, at: facts.now))"
            }
            response = .redirect(to: address)
            response.headers.set("Cache-Control", "no-store")
        }
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
        case ("GET", LoginPath.goOn, _): goOn()
        case ("GET", LoginPath.login, .login): showLogin()
        case ("POST", LoginPath.password, .login): withForm(logInWithPassword)
        case ("GET", LoginPath.certificate, .certificate): showCertificate()
        case ("POST", LoginPath.certificate, .certificate): withForm(logInWithCertificate)
        default: service.refuse(facts, status: 404, reason: "path")
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
        else { return service.refuse(facts, status: 400, reason: "language") }
        var response = WebResponse.redirect(to: target)
        response.headers.set("Cache-Control", "no-store")
        let cookie = SetCookie(
            LanguageSwitch.cookieName, language.rawValue, domain: facts.host.cookieDomain,
            maxAge: Self.languageSeconds)
        response.headers.add("Set-Cookie", cookie.headerValue)
        respond(response)
    }

    /// After a login, on to where the customer wanted to go.
    private func goOn() {
        guard let (continuation, _) = continuation(from: query("c")) else { return expired() }
        respond(pages.goOn(to: continuation.target))
    }

    // MARK: The login page

    private func showLogin() {
        guard let (_, sealed) = continuation(from: query("c")) else { return expired() }
        let note = note
        if let note, let code = note.code, !note.result.leavesForm { return end(note, code, sealed) }
        respond(pages.login(continuing: sealed, certificateURL: certificateURL(sealed), note: note))
    }

    private func logInWithPassword(_ form: FormFields, _ body: [UInt8]) {
        guard let (_, sealed) = continuation(from: form["c"]) else { return expired() }
        logIn(.password(typedID: form["id"] ?? ""), form, body, sealed, backTo: LoginPath.login)
    }

    // MARK: The certificate

    private func showCertificate() {
        guard let (_, sealed) = continuation(from: query("c")) else { return expired() }
        guard let (identity, mapped) = mappedCertificate(sealed) else { return }
        let note = note
        if let note, let code = note.code, !note.result.leavesForm {
            guard note.result == .certificateSuperseded else { return end(note, code, sealed) }
            return respond(certificateProblem(.supersededCertificate, code, sealed))
        }
        let desk = service.desk
        let now = facts.now
        offload(to: service.pools.store) {
            desk.recognise(mapped, at: now)
        } then: { recognised in
            switch recognised {
            case .customer:
                respond(
                    pages.password(
                        for: identity.leaf, continuing: sealed, retryURL: retryURL(sealed), note: note))
            case .refused(let reason):
                refuseCertificate(.unusableCertificate, reason: reason, sealed)
            case .superseded:
                refuseCertificate(.supersededCertificate, reason: "superseded", sealed)
            case .unavailable:
                service.refuse(facts, status: 503, reason: "store")
            }
        }
    }

    /// The certificate says who the customer is. A form that says it too is none of ours: with another's ID
    /// it is a failure of the certificate's customer, and the audit log names both the certificate and the
    /// reason.
    private func logInWithCertificate(_ form: FormFields, _ body: [UInt8]) {
        guard let (_, sealed) = continuation(from: form["c"]) else { return expired() }
        guard let (identity, mapped) = mappedCertificate(sealed) else { return }
        let stray = form.repeatedNames.contains("id") ? "" : form["id"]
        logIn(
            .certificate(mapped, identity), form, body, sealed, strayID: stray,
            backTo: LoginPath.certificate)
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
        respond(certificateProblem(message, reason: reason, sealed))
    }

    /// What is said of a certificate that was presented here and refused; nil of any other.
    private var certificateRefusal: (message: LoginMessage, reason: String)? {
        guard case .refused(let reason, let leaf) = facts.verdict else { return nil }
        return (.certificateRefused(reason, leaf: leaf), reason.rawValue)
    }

    private func certificateProblem(
        _ message: LoginMessage, reason: String, _ sealed: String
    ) -> WebResponse {
        let code = SupportCode()
        service.logs.certificateRefused(facts, reason: reason, page: message.id, code: code)
        return certificateProblem(message, code, sealed)
    }

    private func certificateProblem(_ message: LoginMessage, _ code: SupportCode, _ sealed: String)
        -> WebResponse
    {
        pages.certificateProblem(
            message, code: code, retryURL: retryURL(sealed),
            loginURL: facts.snapshot.offersPassword ? loginURL(sealed) : nil)
    }

    // MARK: Logging in

    /// Post, redirect, get: what a login came to is told by the page that the browser is sent to, so that
    /// neither a reload nor the way back sends a password again.
    private func logIn(
        _ method: LoginDesk.Attempt.Method, _ form: FormFields, _ body: [UInt8], _ sealed: String,
        strayID: String? = nil, backTo path: String
    ) {
        let attempt = LoginDesk.Attempt(
            method: method, password: Array((form["password"] ?? "").utf8), strayID: strayID,
            host: facts.host.name,
            address: facts.address, rules: facts.snapshot.loginRules, hashing: facts.snapshot.hashing,
            at: facts.now, trace: facts.trace)
        let key = RecentPosts.key(preLogin ?? "", facts.request.path, body)
        findOrLogIn(key, attempt, tries: 0) { outcome in answer(outcome, sealed, backTo: path) }
    }

    private func findOrLogIn(
        _ key: SHA256Digest, _ attempt: LoginDesk.Attempt, tries: Int,
        then answer: @escaping (LoginDesk.Outcome) -> Void
    ) {
        switch service.posts.find(key, at: service.loop.now) {
        case .done(let outcome): answer(outcome)
        case .new: logIn(key, attempt, then: answer)
        case .underWay:
            // The same form, sent twice: both get the one answer.
            guard tries < Self.waitsMax else { return answer(.unavailable) }
            _ = service.loop.after(milliseconds: Self.waitMilliseconds) {
                findOrLogIn(key, attempt, tries: tries + 1, then: answer)
            }
        }
    }

    private func logIn(
        _ key: SHA256Digest, _ attempt: LoginDesk.Attempt, then answer: @escaping (LoginDesk.Outcome) -> Void
    ) {
        let limit = facts.snapshot.sourceLimit
        if let seconds = service.guards.take(for: attempt.address, limit) {
            service.posts.forget(key)
            return slowedDown(seconds)
        }
        let desk = service.desk
        let taken = offload(to: service.pools.passwords) {
            desk.logIn(attempt)
        } then: { outcome in
            service.posts.finish(key, outcome, at: service.loop.now)
            if outcome.isFailure {
                let alarmMax = facts.snapshot.alarmFailuresMax
                if service.guards.recordFailure(alarmMax) { service.logs.loginsFail(alarmMax) }
            } else {
                service.guards.giveBack(attempt.address, limit)
            }
            answer(outcome)
        }
        guard !taken else { return }
        service.posts.forget(key)
        service.guards.giveBack(attempt.address, limit)
    }

    private func answer(_ outcome: LoginDesk.Outcome, _ sealed: String, backTo path: String) {
        switch outcome {
        case .opened(let token):
            seeOther("\(LoginPath.goOn)?c=\(sealed)", SetCookie(CookieName.session, token))
        case .refused(let refusal, let code, let until):
            let note = LoginNote(LoginResult(refusal.publicReason), code, until: until)
            let text = note.sealed(
                for: preLogin ?? "", with: facts.snapshot.continuationKey, at: facts.now)
            seeOther("\(path)?c=\(sealed)&n=\(text)")
        case .unavailable:
            service.refuse(facts, status: 503, reason: "store")
        }
    }

    private func seeOther(_ address: String, _ cookie: SetCookie? = nil) {
        var response = WebResponse.redirect(to: address)
        response.headers.set("Cache-Control", "no-store")
        if let cookie { response.headers.add("Set-Cookie", cookie.headerValue) }
        respond(response)
    }

    private func slowedDown(_ seconds: Int) {
        let code = SupportCode()
        service.logs.loginEnded(
            facts, event: "login.refused", reason: "sourceBudget", page: LoginMessage.slowed.id, code: code)
        var response = pages.end(.slowed, code: code, status: 429)
        response.headers.set("Retry-After", String(seconds))
        respond(response)
    }

    /// False when there are too many already; a page has said so then.
    @discardableResult
    private func offload<Outcome: Sendable>(
        to pool: BlockingPool, _ work: @escaping @Sendable () -> Outcome,
        then completion: @escaping (Outcome) -> Void
    ) -> Bool {
        if service.loop.offload(to: pool, work, then: completion) { return true }
        let code = SupportCode()
        service.logs.loginEnded(
            facts, event: "login.refused", reason: "busy", page: LoginMessage.busy.id, code: code)
        var response = pages.end(.busy, code: code, status: 503)
        response.headers.set("Retry-After", "5")
        respond(response)
        return false
    }

    // MARK: Reading the request

    private func withForm(_ use: @escaping (FormFields, [UInt8]) -> Void) {
        guard isFromOurPage else {
            return end(.badRequest, status: 403, event: "login.refused", reason: "foreignOrigin")
        }
        guard facts.request.headers.hasContentType("application/x-www-form-urlencoded") else {
            return service.refuse(facts, status: 415, reason: "contentType")
        }
        WholeBody.collect(facts.exchange, bytesMax: facts.snapshot.loginBodyBytesMax) { body in
            guard let body else { return service.refuse(facts, status: 413, reason: "bodySize") }
            guard let form = try? FormFields.parse(body) else {
                return service.refuse(facts, status: 400, reason: "form")
            }
            use(form, body)
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

    private func query(_ name: String) -> String? {
        try? QueryParameters(parsing: facts.request.query).single(name)
    }

    /// What the query tells of a login before; nil when it tells nothing that we have sealed for this
    /// browser.
    private var note: LoginNote? {
        guard let text = query("n"), let preLogin else { return nil }
        return LoginNote(
            opening: text, for: preLogin, with: facts.snapshot.continuationKey, at: facts.now)
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

    private func loginURL(_ sealed: String) -> String { "\(loginOrigin)\(LoginPath.login)?c=\(sealed)" }

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
        end(.loginLate, status: 403, event: "login.refused", reason: "continuation")
    }

    private func end(_ message: LoginMessage, status: Int, event: String, reason: String) {
        let code = SupportCode()
        service.logs.loginEnded(facts, event: event, reason: reason, page: message.id, code: code)
        respond(pages.end(message, code: code, status: status))
    }

    private func end(_ note: LoginNote, _ code: SupportCode, _ sealed: String) {
        respond(
            pages.end(
                note.result.message(until: note.until), code: code, status: note.result.status,
                loginURL: loginURL(sealed)))
    }

    private func respond(_ response: WebResponse) {
        var response = response
        GatewayService.decorate(&response.headers)
        facts.exchange.respond(response)
    }

    private static let languageSeconds = 365 * 86_400
    private static let waitMilliseconds = 50
    private static let waitsMax = 200
}

extension LoginDesk.Outcome {
    /// Whether it is held against where it came from: right credentials that must wait are not.
    fileprivate var isFailure: Bool {
        guard case .refused(let refusal, _, _) = self else { return false }
        if case .duty = refusal.publicReason { return false }
        return true
    }
}
