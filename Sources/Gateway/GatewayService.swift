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
    /// As of the last look; see `inForce`.
    private var lastInForce: InForce
    /// Made when first asked for, and anew when a reload changes their settings.
    var upstreams: [String: (settings: GatewaySnapshot.Upstream, pool: UpstreamPool)] = [:]
    let sessions: SessionCache
    /// By trust store.
    private(set) var verdicts: [String: LoopVerdicts] = [:]
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
        lastInForce = InForce(
            self.snapshots.read(), after: nil, verdicts: &verdicts, metrics: metrics)
        sessions = SessionCache(on: loop, pool: pools.store, desk: desk)
    }

    // MARK: ExchangeService

    func connectionOpened(_ connection: PeerConnection) {
        guard let tls = connection.tls else { return }
        let state = PeerState(tls)
        connection.attachment = state
        metrics.handshakeDone(
            state.host(in: inForce.hosts)?.metrics ?? metrics.host(state.hostName ?? ""),
            version: state.version, isResumed: state.isResumed,
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
        let inForce = self.inForce
        let trace = RequestTrace(exchange.request.headers, &requestIDs, &traceParents)
        guard let state = exchange.connection.attachment as? PeerState else { return exchange.abort() }
        let logsAccess = inForce.snapshot.logsAccess
        // SNI and Host must name the same host policy (RFC 9110 §15.5.20).
        let host = state.host(in: inForce.hosts)
        guard let host, host.policy.covers(exchange.request.host) else {
            exchange.attachment = AccessNote(
                trace, metrics.host(state.hostName ?? ""), certificate: "hostMismatch", isLogged: logsAccess)
            // A host that has gone, or asks for certificates now, is another on a new connection.
            exchange.connection.isLastExchange = host == nil
            let code = SupportCode()
            logs.requestRefused(exchange.connection, status: 421, reason: "hostMismatch", code: code, trace)
            return exchange.respond(.text("421 \(code.text)\n", status: 421))
        }
        let facts = facts(exchange, state, host, inForce, trace)
        // A resumed session would bring back the certificate, and so the refusal; a full handshake asks anew.
        if case .refused = facts.verdict { exchange.connection.tls?.forgetSession() }
        note(facts)
        state.isJudged = true
        if let trace = traces.read(), trace.tells(exchange.connection.address.ip, at: loop.now) {
            exchange.addField(ReportedOutcome.fieldName, ReportedOutcome(facts).fieldValue)
        }
        let verdictName = facts.verdictName
        if facts.epoch != nil, exchange.connection.requestCount == 1 {
            metrics.judged(host: host.policy.name, verdict: verdictName)
        }
        exchange.attachment = AccessNote(
            trace, host.metrics, certificate: verdictName, isLogged: logsAccess)
        if exchange.isBeyondCapacity { return refuse(facts, status: 503, reason: "overload") }
        if logs.areStopped { return refuse(facts, status: 503, reason: "auditUnavailable") }
        route(facts)
    }

    /// Counts and logs it.
    func exchangeEnded(_ exchange: Exchange) {
        guard let note = exchange.attachment as? AccessNote else { return }
        let microseconds = Clock.monotonic().microseconds(since: exchange.startedAt)
        metrics.answered(note.metrics, status: exchange.status ?? 0, microseconds: microseconds)
        if let upstream = exchange.upstreamTime, let microseconds = upstream.microseconds {
            metrics.upstreamAnswered(upstream.name, microseconds: microseconds)
        }
        if note.isLogged { logs.accessed(exchange, note, microseconds: microseconds) }
    }

    private func facts(
        _ exchange: Exchange, _ state: PeerState, _ host: HostInForce, _ inForce: InForce,
        _ trace: RequestTrace
    ) -> RequestFacts {
        let now = WallTime(seconds: Clock.wall())
        var verdict = PeerVerdict.absent
        if let trust = host.trust {
            if !levers.keepsVerdicts { trust.verdicts.cache = VerdictCache() }
            verdict = state.trust.verdict(under: trust.epoch, at: now, from: trust.verdicts)
        }
        return RequestFacts(
            exchange: exchange, state: state, hostInForce: host, inForce: inForce, verdict: verdict, now: now,
            trace: trace)
    }

    /// What would be known of a request if it came now; nil when its host is not what it was.
    func currentFacts(of old: RequestFacts) -> RequestFacts? {
        let inForce = self.inForce
        guard let host = old.state.host(in: inForce.hosts), host.policy.covers(old.request.host)
        else { return nil }
        return facts(old.exchange, old.state, host, inForce, old.trace)
    }

    /// What is in force now.
    var inForce: InForce {
        if let snapshot = snapshots.readChange() {
            lastInForce = InForce(snapshot, after: lastInForce, verdicts: &verdicts, metrics: metrics)
        }
        return lastInForce
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
        guard let route = facts.hostInForce.route(for: plain) else {
            return refuse(facts, status: 404, reason: "path")
        }
        if let closing = closing(facts, route.route.access) { return close(facts, closing) }
        switch route.route.access {
        case .anonymous:
            forward(facts, route, .anonymous)
        case .partner:
            guard let identity = facts.identity else { return refusePartner(facts) }
            forward(
                facts, route,
                .partner(
                    fingerprint: identity.leaf.fingerprint, subject: facts.state.shown(identity.leaf).subject,
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
        let state = facts.state
        guard let epoch = facts.epoch, !state.trust.presented.isEmpty,
            state.isNews(epoch.number, customer, at: facts.now)
        else { return }
        ledger.note(
            SeenLedger.Sighting(
                store: epoch.name, presented: state.trust.presented, verdict: facts.verdict,
                epoch: epoch.number.value, customer: customer, at: facts.now))
    }

    private func note(_ connection: PeerConnection, _ fault: StreamFault?, in trace: TraceRecording) {
        guard let tls = connection.tls else { return }
        let hosts = inForce.snapshot.hosts
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
}
