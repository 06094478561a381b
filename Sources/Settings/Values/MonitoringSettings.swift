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
            "Where `/healthz` (does it live?) and `/readyz` (should it get traffic?) are answered, in plain"
                + " HTTP and to whoever asks: addresses that only those who watch can reach."))
}
