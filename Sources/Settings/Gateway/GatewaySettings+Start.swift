extension GatewaySettings {
    /// The parts that hold from one start of the gateway to the next, as far as they differ from `first`, by
    /// the names of their keys. All else is taken up while it runs.
    public func partsOfStart(changedSince first: GatewaySettings) -> [String] {
        [
            ("listen", listen != first.listen), ("proxyProtocol", proxyProtocol != first.proxyProtocol),
            ("workers", workers != first.workers),
            ("store", store != first.store), ("password.workers", password.workers != first.password.workers),
            ("password.queueMax", password.queueMax != first.password.queueMax),
            ("limits.tlsSessionSeconds", limits.tlsSessionSeconds != first.limits.tlsSessionSeconds),
            ("limits.tlsSessionsMax", limits.tlsSessionsMax != first.limits.tlsSessionsMax),
            ("limits.perSource", limits.perSource != first.limits.perSource),
            ("logs.format", logs.format != first.logs.format),
            ("logs.auditFile", logs.auditFile != first.logs.auditFile), ("admin", admin != first.admin),
            ("monitoring", monitoring != first.monitoring),
        ].filter(\.1).map(\.0)
    }
}
