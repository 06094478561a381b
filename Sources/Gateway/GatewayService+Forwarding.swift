import HTTP
import Logs
import Serving
import X509

/// What is sent on to upstreams, and what comes back.
extension GatewayService {
    func forward(_ facts: RequestFacts, _ routeInForce: RouteInForce, _ subject: AssertedSubject) {
        let route = routeInForce.route
        guard let upstream = upstream(routeInForce, facts.inForce) else {
            return refuse(facts, status: 503, reason: "upstream")
        }
        var headers = facts.request.headers
        headers.reserve(fields: Self.fieldsAddedExpected, bytes: Self.bytesAddedExpected)
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
                try facts.inForce.mint.assertion(for: subject, address: facts.address, at: facts.now))
        } catch {
            logs.internalFault(facts, "assertion: \(error)")
            return refuse(facts, status: 503, reason: "assertion")
        }
        if case .partner = subject, let leaf = facts.identity?.leaf {
            headers.add("Client-Cert", facts.state.shown(leaf).header)
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
        Forwarder(facts, as: request, to: route.upstream, upstream, upgrade: upgrade, service: self).start()
    }

    /// Answers a request that an upstream gave no response to.
    func upstreamFailed(_ facts: RequestFacts, _ upstream: String, _ failure: Forwarder.Failure) {
        logs.upstreamFailed(facts, upstream, failure.code)
        let status =
            switch failure.kind {
            case .unreachable: 503
            case .timeout: 504
            case .malformed: 502
            }
        refuse(facts, status: status, reason: "upstream.\(failure.code)")
    }

    /// What every response of the gateway carries.
    static func decorate(_ headers: inout HeaderFields) {
        headers.set("Strict-Transport-Security", "max-age=63072000")
        // What is said to backends is not said to browsers (RFC 9440 §2.4).
        headers.removeAll { name in
            name.folds(onto: clientCert.span) || name.folds(onto: clientCertChain.span)
                || name.foldedStarts(with: ownPrefix.span)
        }
    }

    private static let fieldsAddedExpected = 9
    private static let bytesAddedExpected = 1280
    private static let clientCert = Array("client-cert".utf8)
    private static let clientCertChain = Array("client-cert-chain".utf8)
    private static let ownPrefix = Array("sekisho-".utf8)
}
