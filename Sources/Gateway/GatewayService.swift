import Crypto
import HTTP
import Identity
import Logs
import Reactor
import Serving
import TLS
import Text
import Traces
import X509

/// Serves the requests of one loop: which host, which certificate, which session, which upstream.
final class GatewayService: ExchangeService {
    let loop: EventLoop
    let desk: LoginDesk
    let pools: GatewayPools
    let logs: GatewayLogs
    private let ledger: SeenLedger
    private var snapshots: PublishedReader<GatewaySnapshot>
    private var mint: AssertionMint
    /// Made when first asked for, and anew when a reload changes their settings.
    private var upstreams: [String: (settings: GatewaySnapshot.Upstream, pool: UpstreamPool)] = [:]
    let sessions: SessionCache
    /// By trust store.
    private var verdicts: [String: VerdictCache] = [:]
    let guards: LoginGuard
    let posts: RecentPosts
    let metrics: LoopMetrics
    /// Connections that speak other protocols now.
    var tunnels: [ObjectIdentifier: Tunnel] = [:]
    private var requestIDs = RandomTokens(byteCount: 12)
    private var traceParents = RandomTokens(byteCount: TraceParent.randomByteCount)
    private var traces: PublishedReader<TraceRecording?>
    private let levers: Levers

    /// - Parameters:
    ///   - guards: The same for all loops, as are the posts.
    init(
        on loop: EventLoop, snapshots: Published<GatewaySnapshot>, desk: LoginDesk, ledger: SeenLedger,
        pools: GatewayPools, guards: LoginGuard, posts: RecentPosts, traces: TraceDesk, logs: GatewayLogs,
        metrics: LoopMetrics, levers: Levers = Levers()
    ) {
        self.loop = loop
        self.levers = levers
        self.desk = desk
        self.ledger = ledger
        self.pools = pools
        self.logs = logs
        self.guards = guards
        self.posts = posts
        self.metrics = metrics
        self.traces = PublishedReader(traces.current)
        self.snapshots = PublishedReader(snapshots)
        let snapshot = snapshots.current
        mint = Self.mint(for: snapshot)
        metrics.prepare(snapshot.hosts.map(\.name))
        sessions = SessionCache(on: loop, pool: pools.store, desk: desk)
    }

    // MARK: ExchangeService

    func connectionOpened(_ connection: PeerConnection) {
        guard let tls = connection.tls else { return }
        connection.attachment = PeerState(
            PeerTrust(presented: tls.presentedChain, problem: tls.presentedProblem))
        metrics.handshakeDone(
            host: tls.hostName ?? "", version: tls.version, isResumed: tls.isResumed,
            microseconds: loop.now.microseconds(since: connection.openedAt))
    }

    func connectionClosed(_ connection: PeerConnection, fault: StreamFault?) {
        if let trace = traces.read() { note(connection, fault, in: trace) }
        // A network beyond its limits is told of as a whole.
        guard let fault, fault.code != TLSFault.overBudgetCode else { return }
        logs.connectionFailed(connection, fault)
    }

    func sourceRefused(_ address: PeerAddress, _ refusal: SourceRefusal, count: Int) {
        logs.sourceRefused(address, refusal, count: count)
    }

    func proxyRefused(_ address: PeerAddress, reason: String, isNews: Bool) {
        logs.proxyRefused(address, reason, isNews: isNews)
    }

    func response(to fault: HTTPFault, on connection: PeerConnection) -> WebResponse {
        let code = SupportCode()
        logs.requestRefused(connection, status: fault.status, reason: "http.\(fault.reason)", code: code)
        return .text("\(fault.status) \(code.text)\n", status: fault.status)
    }

    func serve(_ exchange: Exchange) {
        let snapshot = snapshots.read()
        let trace = RequestTrace(exchange.request.headers, &requestIDs, &traceParents)
        guard let state = exchange.connection.attachment as? PeerState, let tls = exchange.connection.tls
        else {
            return exchange.abort()
        }
        // SNI and Host must name the same host policy (RFC 9110 §15.5.20).
        guard let host = state.host(of: tls, in: snapshot), host.covers(exchange.request.host) else {
            record(exchange, trace, host: tls.hostName ?? "", note: "hostMismatch", snapshot)
            // A host that has gone, or asks for certificates now, is another on a new connection.
            exchange.connection.isLastExchange = state.host(of: tls, in: snapshot) == nil
            let code = SupportCode()
            logs.requestRefused(exchange.connection, status: 421, reason: "hostMismatch", code: code, trace)
            return exchange.respond(.text("421 \(code.text)\n", status: 421))
        }
        let facts = facts(exchange, state, host, snapshot, trace)
        // A resumed session would bring back the certificate, and so the refusal; a full handshake asks anew.
        if case .refused = facts.verdict { exchange.connection.tls?.forgetSession() }
        note(facts)
        state.isJudged = true
        if let trace = traces.read(), trace.tells(exchange.connection.address.ip, at: loop.now) {
            exchange.addField(ReportedOutcome.fieldName, ReportedOutcome(facts).fieldValue)
        }
        let verdictName = facts.verdictName
        if facts.epoch != nil, exchange.connection.requestCount == 1 {
            metrics.judged(host: host.name, verdict: verdictName)
        }
        record(exchange, trace, host: host.name, note: verdictName, snapshot)
        if exchange.isBeyondCapacity { return refuse(facts, status: 503, reason: "overload") }
        if logs.areStopped { return refuse(facts, status: 503, reason: "auditUnavailable") }
        route(facts)
    }

    /// Counts and logs the exchange once it is over.
    private func record(
        _ exchange: Exchange, _ trace: RequestTrace, host: String, note: String, _ snapshot: GatewaySnapshot
    ) {
        let logsAccess = snapshot.logsAccess
        exchange.onEnd = { [logs, metrics] exchange in
            let microseconds = Clock.monotonic().microseconds(since: exchange.startedAt)
            metrics.answered(host: host, status: exchange.status ?? 0, microseconds: microseconds)
            if let upstream = exchange.upstreamTime, let microseconds = upstream.microseconds {
                metrics.upstreamAnswered(upstream.name, microseconds: microseconds)
            }
            if logsAccess { logs.accessed(exchange, trace, microseconds: microseconds, note: note) }
        }
    }

    private func facts(
        _ exchange: Exchange, _ state: PeerState, _ host: HostPolicy, _ snapshot: GatewaySnapshot,
        _ trace: RequestTrace
    ) -> RequestFacts {
        let now = WallTime(seconds: Clock.wall())
        let epoch = host.trustStore.flatMap { snapshot.trust[$0] }
        if !levers.keepsVerdicts { verdicts = [:] }
        let verdict =
            epoch.map {
                state.trust.verdict(under: $0, at: now, from: &verdicts[$0.name, default: VerdictCache()])
            } ?? .absent
        return RequestFacts(
            exchange: exchange, host: host, snapshot: snapshot, verdict: verdict, epoch: epoch, now: now,
            trace: trace)
    }

    /// What would be known of a request if it came now; nil when its host is not what it was.
    func currentFacts(of old: RequestFacts) -> RequestFacts? {
        let snapshot = snapshots.read()
        let connection = old.exchange.connection
        guard let state = connection.attachment as? PeerState, let tls = connection.tls,
            let host = state.host(of: tls, in: snapshot), host.covers(old.request.host)
        else { return nil }
        return facts(old.exchange, state, host, snapshot, old.trace)
    }

    // MARK: Routing

    private func route(_ facts: RequestFacts) {
        let path = facts.request.path
        guard let plain = TargetPath.decoded(path) else { return refuse(facts, status: 400, reason: "path") }
        if plain.hasPrefix(LoginPath.prefix) {
            guard !facts.host.isPartner else { return refuse(facts, status: 404, reason: "path") }
            if !LoginPath.alwaysServed.contains(path), let closing = closing(facts, .customer) {
                return close(facts, closing)
            }
            return LoginCounter(facts, self).serve()
        }
        guard let route = facts.host.route(for: plain) else {
            return refuse(facts, status: 404, reason: "path")
        }
        if let closing = closing(facts, route.access) { return close(facts, closing) }
        switch route.access {
        case .anonymous:
            forward(facts, route, .anonymous)
        case .partner:
            guard let identity = facts.identity else { return refusePartner(facts) }
            forward(
                facts, route,
                .partner(
                    fingerprint: identity.leaf.fingerprint, subject: facts.shown(identity.leaf).subject,
                    epoch: identity.epoch.value))
        case .customer:
            sessions.find(for: facts) { [self] finding in
                switch finding {
                case .valid(let customer):
                    note(facts, customer: customer.customer)
                    forward(facts, route, .customer(customer))
                case .none(let ended): LoginCounter(facts, self).begin(after: ended)
                case .unavailable: refuse(facts, status: 503, reason: "store")
                }
            }
        }
    }

    /// Writes down that a certificate was presented here, and whose it is once that is known.
    private func note(_ facts: RequestFacts, customer: String? = nil) {
        guard let epoch = facts.epoch, let state = facts.exchange.connection.attachment as? PeerState,
            !state.trust.presented.isEmpty, state.isNews(epoch.number, customer, at: facts.now)
        else { return }
        ledger.note(
            SeenLedger.Sighting(
                store: epoch.name, presented: state.trust.presented, verdict: facts.verdict,
                epoch: epoch.number.value, customer: customer, at: facts.now))
    }

    private func note(_ connection: PeerConnection, _ fault: StreamFault?, in trace: TraceRecording) {
        guard let tls = connection.tls else { return }
        let hosts = snapshots.read().hosts
        trace.note(
            TraceSighting(
                connection, tls, connection.attachment as? PeerState,
                host: tls.hostIndex.flatMap { hosts.indices.contains($0) ? hosts[$0] : nil }, fault: fault,
                at: Clock.monotonic()),
            loop: loop.index)
    }

    private func refusePartner(_ facts: RequestFacts) {
        let code = SupportCode()
        logs.partnerRefused(facts, code: code)
        var response = errorResponse(facts, status: 401, error: "invalid_client", code: code.text)
        response.headers.set("Cache-Control", "no-store")
        facts.exchange.respond(response)
    }

    // MARK: Forwarding

    private func forward(_ facts: RequestFacts, _ route: Route, _ subject: AssertedSubject) {
        guard let upstream = upstream(route.upstream, facts.snapshot) else {
            return refuse(facts, status: 503, reason: "upstream")
        }
        var headers = facts.request.headers
        headers.removeHopByHop()
        RequestTrace.withdraw(from: &headers)
        let stripped = ReservedHeaders.strip(&headers)
        if stripped > 0 { logs.identityHeadersStripped(facts, count: stripped) }
        Cookies.remove([CookieName.session, CookieName.preLogin], from: &headers)
        headers.remove("Expect")
        if facts.request.body != .none { headers.remove("Content-Length") }  // written anew with the body
        do {
            headers.add(
                "Sekisho-Assertion",
                try mint(facts.snapshot).assertion(for: subject, address: facts.address, at: facts.now))
        } catch {
            logs.internalFault(facts, "assertion: \(error)")
            return refuse(facts, status: 503, reason: "assertion")
        }
        if case .partner = subject, let leaf = facts.identity?.leaf {
            headers.add("Client-Cert", facts.shown(leaf).header)
        }
        headers.add("X-Forwarded-For", facts.address)
        headers.add("X-Forwarded-Proto", "https")
        headers.add("X-Forwarded-Host", facts.request.headers["Host"] ?? facts.request.host)
        facts.trace.pass(into: &headers)
        facts.exchange.upstreamTime = (route.upstream, nil)
        let upgrade = upgrade(facts, route, subject)
        if let upgrade {
            headers.set("Connection", "Upgrade")
            headers.set("Upgrade", upgrade.name)
        }
        let request = ClientRequest(
            method: facts.request.method, target: facts.request.target, headers: headers,
            body: facts.request.body)
        Forwarder.forward(facts.exchange, as: request, to: upstream, upgrade: upgrade) { headers in
            Self.decorate(&headers)
        } refuse: { [self] failure in
            logs.upstreamFailed(facts, route.upstream, failure.code)
            let status =
                switch failure.kind {
                case .unreachable: 503
                case .timeout: 504
                case .malformed: 502
                }
            refuse(facts, status: status, reason: "upstream.\(failure.code)")
        }
    }

    /// What every response of the gateway carries.
    static func decorate(_ headers: inout HeaderFields) {
        headers.set("Strict-Transport-Security", "max-age=63072000")
        // What is said to backends is not said to browsers (RFC 9440 §2.4).
        headers.removeAll { folded in
            folded == clientCert || folded == clientCertChain || folded.starts(with: ownPrefix)
        }
    }

    private static let clientCert = Array("client-cert".utf8)
    private static let clientCertChain = Array("client-cert-chain".utf8)
    private static let ownPrefix = Array("sekisho-".utf8)

    private func upstream(_ name: String, _ snapshot: GatewaySnapshot) -> UpstreamPool? {
        guard let settings = snapshot.upstreams[name] else { return nil }
        if let known = upstreams[name] {
            if known.settings == settings { return known.pool }
            known.pool.close()
        }
        let pool = UpstreamPool(
            to: settings.endpoint, tls: settings.tls.map { ($0.context, $0.serverName) }, on: loop,
            limits: settings.limits, connectionsMax: settings.connectionsMax,
            idleMax: settings.idleConnectionsMax)
        upstreams[name] = (settings, pool)
        return pool
    }

    /// What this loop's caches hold, and may hold.
    var cacheSizes: [(cache: String, entries: Int, limit: Int)] {
        [
            ("sessions", sessions.count, SessionCache.entriesMax),
            (
                "verdicts", verdicts.values.reduce(0) { $0 + $1.count },
                verdicts.values.reduce(0) { $0 + $1.countMax }
            ),
        ]
    }

    /// This loop's connections to upstreams.
    var upstreamSizes: [(name: String, open: Int, idle: Int, limit: Int)] {
        upstreams.map { name, upstream in
            (name, upstream.pool.openCount, upstream.pool.idleCount, upstream.settings.connectionsMax)
        }
    }

    private func mint(_ snapshot: GatewaySnapshot) -> AssertionMint {
        if !mint.fits(snapshot) { mint = Self.mint(for: snapshot) }
        return mint
    }

    private static func mint(for snapshot: GatewaySnapshot) -> AssertionMint {
        AssertionMint(
            key: snapshot.assertionKey, issuer: snapshot.assertionIssuer,
            audience: snapshot.assertionAudience,
            lifetimeSeconds: snapshot.assertionLifetimeSeconds)
    }

    // MARK: Refusing

    /// Maintenance closes everything; the hours of service are the customers'.
    func closing(_ facts: RequestFacts, _ access: Route.Access) -> ServiceHours.Closing? {
        switch facts.snapshot.serviceHours.closing(at: facts.now) {
        case .maintenance(let until)?: .maintenance(until: until)
        case .outsideHours(let opensAt)? where access == .customer: .outsideHours(opensAt: opensAt)
        default: nil
        }
    }

    private func close(_ facts: RequestFacts, _ closing: ServiceHours.Closing) {
        let (message, reason, until) =
            switch closing {
            case .outsideHours(let opensAt): (LoginMessage.outsideHours(opensAt: opensAt), "hours", opensAt)
            case .maintenance(let until): (LoginMessage.maintenance(until: until), "maintenance", until)
            }
        let code = SupportCode()
        logs.refused(facts, status: 503, reason: reason, code: code)
        var response =
            facts.host.isPartner
            ? errorResponse(facts, status: 503, error: "temporarily_unavailable", code: code.text)
            : LoginPages(facts).end(message, code: code, status: 503)
        if let until {
            response.headers.set("Retry-After", String(max(1, until.seconds - facts.now.seconds)))
        }
        Self.decorate(&response.headers)
        facts.exchange.respond(response)
    }

    /// Answers with the page, or for a partner with the JSON, of a status.
    func refuse(_ facts: RequestFacts, status: Int, reason: String) {
        guard facts.exchange.status == nil else { return facts.exchange.abort() }
        let code = SupportCode()
        logs.refused(facts, status: status, reason: reason, code: code)
        var response =
            facts.host.isPartner
            ? errorResponse(facts, status: status, error: "temporarily_unavailable", code: code.text)
            : LoginPages(facts).status(status, code: code)
        if status == 503 { response.headers.set("Retry-After", "2") }
        Self.decorate(&response.headers)
        facts.exchange.respond(response)
    }

    private func errorResponse(_ facts: RequestFacts, status: Int, error: String, code: String) -> WebResponse
    {
        var json = JSONWriter()
        json.beginObject()
        json.member("error", status >= 500 || status == 401 ? error : "invalid_request")
        json.member("support_code", code)
        json.endObject()
        return .json(json.bytes, status: status)
    }
}

/// What the service keeps with a connection.
final class PeerState {
    var trust: PeerTrust
    /// Whether a request has been judged yet.
    var isJudged = false
    fileprivate var shown: ShownCertificate?
    private var noted: (epoch: TrustEpochNumber, customer: String?, until: WallTime)?

    /// Where the connection's host stood last among the snapshot's.
    private var hostIndex = 0

    init(_ trust: PeerTrust) { self.trust = trust }

    /// The policy of the host that the handshake chose; nil when there is none any more, or when it would not
    /// make the same of a handshake: what the client was asked for decides what it could show.
    func host(of tls: TLSConnection, in snapshot: GatewaySnapshot) -> HostPolicy? {
        guard let name = tls.hostName else { return nil }
        if !snapshot.hosts.indices.contains(hostIndex) || snapshot.hosts[hostIndex].name != name {
            guard let index = snapshot.hosts.firstIndex(where: { $0.name == name }) else { return nil }
            hostIndex = index
        }
        let host = snapshot.hosts[hostIndex]
        return (host.trustStore != nil) == tls.askedForCertificate ? host : nil
    }

    /// Whether the ledger should hear of the certificate, which it need not at every request.
    func isNews(_ epoch: TrustEpochNumber, _ customer: String?, at now: WallTime) -> Bool {
        if let noted, noted.epoch == epoch, now < noted.until, customer == nil || customer == noted.customer {
            return false
        }
        let until = now.adding(seconds: SeenLedger.againSeconds)
        noted = (epoch, customer ?? noted?.customer, until)
        return true
    }
}

/// A certificate in the forms that backends get: the same for each request of a connection.
private struct ShownCertificate {
    let certificate: Certificate
    let subject: String
    /// RFC 9440 §2.2.
    let header: String

    init(_ certificate: Certificate) {
        self.certificate = certificate
        subject = certificate.subject.rfc4514
        header = ":\(Base64.encode(certificate.der)):"
    }
}

extension RequestFacts {
    fileprivate func shown(_ certificate: Certificate) -> ShownCertificate {
        let state = exchange.connection.attachment as? PeerState
        if let known = state?.shown, known.certificate == certificate { return known }
        let shown = ShownCertificate(certificate)
        state?.shown = shown
        return shown
    }
}
