import HTTP
import Serving
import Text
import X509

/// Connections that have switched to another protocol (RFC 9110 §7.8), where a route allows it.
extension GatewayService {
    /// What the client of a request may switch to. Nil when it asks for nothing, or for nothing that the
    /// route has: then the request goes on without (§7.8 lets servers ignore the wish).
    func upgrade(_ facts: RequestFacts, _ route: Route, _ subject: AssertedSubject) -> Forwarder.Upgrade? {
        guard !route.upgrades.isEmpty, facts.request.method == "GET", facts.request.body == .none,
            facts.request.minorVersion >= 1, let name = facts.request.headers.upgrade,
            route.upgrades.contains(name)
        else { return nil }
        return Forwarder.Upgrade(name: name) { [self] _ in
            let tunnel = Tunnel(facts, route, subject, name: name, on: loop) { [weak self] tunnel in
                self?.tunnels[ObjectIdentifier(tunnel)] = nil
            }
            tunnels[ObjectIdentifier(tunnel)] = tunnel
            tunnel.start { [weak self] in
                self?.judge($0)
            } expire: { [weak self] in
                self?.close($0, $1)
            }
            return tunnel
        }
    }

    /// Something has changed: whoever would not be let in now is out now.
    func judgeTunnels() {
        for tunnel in tunnels.values { judge(tunnel) }
    }

    private func judge(_ tunnel: Tunnel) {
        let old = tunnel.facts
        guard let facts = currentFacts(of: old) else { return close(tunnel, "host") }
        guard let plain = TargetPath.decoded(facts.request.path),
            let route = facts.hostInForce.route(for: plain)?.route,
            route.upgrades.contains(tunnel.name), route.upstream == tunnel.route.upstream,
            route.access == tunnel.route.access
        else { return close(tunnel, "route") }
        if closing(facts, route.access) != nil { return close(tunnel, "hours") }
        switch tunnel.subject {
        case .anonymous: break
        case .partner:
            if facts.identity?.leaf != old.identity?.leaf {
                close(tunnel, "certificate.\(facts.verdictName)")
            }
        case .customer(let customer):
            sessions.find(for: facts, isUse: tunnel.isUsed) { [self] finding in
                guard tunnels[ObjectIdentifier(tunnel)] != nil else { return }
                switch finding {
                case .valid(let found) where found.sessionID == customer.sessionID: tunnel.unjudgedCount = 0
                case .unavailable:
                    // A store that does not answer for a moment says nothing against anybody.
                    tunnel.unjudgedCount += 1
                    if tunnel.unjudgedCount > Self.unjudgedMax { close(tunnel, "store") }
                case .valid, .none: close(tunnel, "session")
                }
            }
        }
    }

    private func close(_ tunnel: Tunnel, _ reason: String) {
        guard tunnels[ObjectIdentifier(tunnel)] != nil else { return }
        logs.tunnelClosed(tunnel.facts, reason: reason)
        tunnel.close()
    }

    /// With a look a second.
    private static let unjudgedMax = 10
}
