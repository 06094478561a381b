public import Text

extension GatewaySettings {
    /// A listener for load balancers that say for whom they connect.
    public struct ProxyListener: Sendable, Hashable {
        /// One of `listen`.
        public var listener: EndpointSetting
        public var peers: [ProxyPeer]
        public var headerSeconds: Int

        public init(listener: EndpointSetting, peers: [ProxyPeer], headerSeconds: Int = 3) {
            self.listener = listener
            self.peers = peers
            self.headerSeconds = headerSeconds
        }

        static let schema = Schema(
            ProxyListener.init,
            Key("listener", .listener, "The listener, as `listen` has it."),
            Key(
                "peers", .list(of: .proxyPeer, count: 1...256, isUnique: true),
                "The load balancers' networks, or `unix` for whoever can open the UNIX socket. They are"
                    + " believed whom they connect for; everybody else is refused there."),
            Key(
                "headerSeconds", .integer(1...60, .seconds), default: 3,
                "How long the header may take."),
            rules: [
                Rule(
                    "`peers` of a UNIX socket is `unix`, those of an address are networks. A network of all"
                        + " addresses gives a warning.", proxyPeersFit)
            ])
    }

    /// Who may say for whom a connection is.
    public enum ProxyPeer: Sendable, Hashable {
        case network(IPNetwork)
        case unix
    }

    @Sendable static func proxiesListen(_ file: Cursor, _ reading: inout Reading) {
        let listeners = (file["listen"]?.elements ?? []).compactMap(\.string)
        var seen: [String: Cursor] = [:]
        for proxy in file["proxyProtocol"]?.elements ?? [] {
            guard let name = proxy["listener"], let text = name.string else { continue }
            if !listeners.contains(text) {
                let hint = nearestName(to: text, among: listeners).hint
                reading.complain("expected one of listen, not \(name.shown)\(hint)", at: name)
            }
            if let other = seen[text] { reading.complain("already said at \(other.position)", at: name) }
            seen[text] = seen[text] ?? name
        }
    }

    /// Peers that can never come to their listener would shut everybody out; peers that are everybody let
    /// anyone say for whom he connects.
    @Sendable static func proxyPeersFit(_ proxy: Cursor, _ reading: inout Reading) {
        guard let listener = proxy["listener"]?.string.flatMap({ EndpointSetting($0) }) else { return }
        for peer in proxy["peers"]?.elements ?? [] {
            guard let text = peer.string else { continue }
            switch listener {
            case .tcp where text == "unix":
                reading.complain("“unix” is for listeners that are UNIX sockets", at: peer)
            case .unix where text != "unix":
                reading.complain("expected “unix” for a listener that is a UNIX socket", at: peer)
            default:
                guard IPNetwork(text)?.isAll == true else { continue }
                reading.warn("whoever connects may say for whom", at: peer)
            }
        }
    }
}

extension Kind where Value == GatewaySettings.ProxyPeer {
    fileprivate static let proxyPeer = Kind(
        string: StringShape(
            phrase: "a network (“10.0.0.0/8”, “2001:db8::/32”, no bit set behind the prefix) or “unix”",
            pattern: "^(unix|[0-9A-Fa-f:.]+(/[0-9]{1,3})?)$")
    ) { text throws(Expectation) in
        if text == "unix" { return .unix }
        guard let network = IPNetwork(text) else {
            throw Expectation(
                "a network (“10.0.0.0/8”, “2001:db8::/32”, no bit set behind the prefix) or “unix”",
                nearest: IPNetwork.around(text)?.description ?? "")
        }
        return .network(network)
    }
}
