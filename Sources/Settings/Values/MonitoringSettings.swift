/// Where those who watch a program ask how it is; both programs have it.
public struct MonitoringSettings: Sendable, Hashable {
    /// 1 to 4 places, no two the same.
    public var listen: [EndpointSetting]

    public init(listen: [EndpointSetting]) {
        self.listen = listen
    }

    static let schema = Schema(
        MonitoringSettings.init,
        Key(
            "listen", .list(of: .listener, count: 1...4, isUnique: true),
            "Where `/healthz` (does it live?), `/readyz` (should it get traffic?) and `/metrics` (its"
                + " numbers, for Prometheus) are answered, in plain HTTP and to whoever asks: addresses that"
                + " only those who watch can reach, or a UNIX socket."))
}

extension Rule {
    /// Of both programs' files. Two servers at one place would take turns with each other's clients.
    static let placesAreApart = Rule(
        "No place is named twice for servers to listen at."
    ) { file, reading in
        let groups: [[(place: Cursor, text: String?)]] = [
            (file["listen"]?.elements ?? []).map { ($0, $0.string) },
            (file["monitoring"]?["listen"]?.elements ?? []).map { ($0, $0.string) },
            (file["admin"]?["socket"]).map { [($0, $0.string.map { "unix:\($0)" })] } ?? [],
        ]
        var taken: [EndpointSetting: Cursor] = [:]
        for group in groups {
            let here = group.compactMap { place, text in
                text.flatMap { EndpointSetting($0) }.map { (endpoint: $0, place: place) }
            }
            for (endpoint, place) in here {
                guard let other = taken[endpoint] else { continue }
                reading.complain("\(place.shown) is already the place of \(other.path)", at: place)
            }
            for (endpoint, place) in here where !endpoint.isChosenBySystem { taken[endpoint] = place }
        }
    }
}

extension EndpointSetting {
    fileprivate var isChosenBySystem: Bool {
        if case .tcp(_, port: 0) = self { true } else { false }
    }
}
