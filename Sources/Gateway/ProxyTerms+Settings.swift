import Serving
import Settings
import Text

extension ProxyTerms {
    /// By the listener's place in `listen`.
    static func byListener(_ settings: GatewaySettings) -> [Int: ProxyTerms] {
        var terms: [Int: ProxyTerms] = [:]
        for proxy in settings.proxyProtocol {
            guard let place = settings.listen.firstIndex(of: proxy.listener) else { continue }
            let networks = proxy.peers.compactMap { peer -> IPNetwork? in
                if case .network(let network) = peer { network } else { nil }
            }
            terms[place] = ProxyTerms(
                networks: networks, takesLocal: proxy.peers.contains(.unix),
                headerSeconds: proxy.headerSeconds)
        }
        return terms
    }
}
