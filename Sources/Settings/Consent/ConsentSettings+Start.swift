extension ConsentSettings {
    /// The parts that hold from one start of the program to the next, as far as they differ from `first`, by
    /// the names of their keys. All else is taken up while it runs.
    public func partsOfStart(changedSince first: ConsentSettings) -> [String] {
        [
            ("listen", listen != first.listen), ("store", store != first.store),
            ("pins.keyFile", pins.keyFile != first.pins.keyFile),
            ("grant.gatewayStore", grant.gatewayStore != first.grant.gatewayStore),
            ("limits.workers", limits.workers != first.limits.workers),
            ("limits.queueMax", limits.queueMax != first.limits.queueMax),
            ("limits.connectionsMax", limits.connectionsMax != first.limits.connectionsMax),
            ("limits.bodyBytesMax", limits.bodyBytesMax != first.limits.bodyBytesMax),
            ("logs.format", logs.format != first.logs.format),
            ("logs.auditFile", logs.auditFile != first.logs.auditFile),
            ("monitoring", monitoring != first.monitoring),
        ].filter(\.1).map(\.0)
    }
}
