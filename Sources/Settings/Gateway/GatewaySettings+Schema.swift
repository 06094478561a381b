extension GatewaySettings {
    static let schema = Schema(
        make,
        Key(
            "$schema", optional: .text(lengthMax: 2000),
            "Where editors find the JSON Schema of this file; the gateway does not look at it."),
        Key(
            "listen", .list(of: .listener, count: 1...16, isUnique: true),
            "Where to accept TLS connections. Addresses are numeric; port 0 lets the system choose."),
        Key(
            "proxyProtocol", .list(of: .object(ProxyListener.schema), count: 0...16), default: .emptyList,
            "Which of these are for load balancers that tell for whom they connect (PROXY protocol, version 1"
                + " or 2). All others are for clients themselves."),
        Key(
            "workers", .integer(0...256), default: 0,
            "Event loops; 0 is one for each core."),
        Key(
            "institution", .object(Institution.schema),
            "Whose gateway this is, as customers see it."),
        Key(
            "hosts", .list(of: .object(Host.schema), count: 1...64),
            "The host names that are served, each with its certificate and its routes."),
        Key(
            "publicPort", .integer(1...65535), default: 443,
            "The port in URLs that browsers see."),
        Key(
            "trust", .map(of: TrustStore.schema), default: .emptyObject,
            "Trust stores: which CAs vouch for client certificates. System roots are never used."),
        Key(
            "ledger", .object(Ledger.schema), default: .emptyObject,
            "The record of certificates lately seen, on which changes of trust are tried out."),
        Key(
            "mapping", .list(of: Kind.object(Mapping.schema).placed { $0.place = $1 }, count: 0...100),
            default: .emptyList,
            "How a verified certificate leads to a customer, for each issuing CA. All rules of an issuer"
                + " that apply must name one and the same customer."),
        Key(
            "store", .store, default: "sqlite:sekisho.db",
            "Where customers, enrolments and sessions are kept. \(StoreURL.documentation)"),
        Key(
            "upstreams", .map(of: Upstream.schema), default: .emptyObject,
            "The servers behind the gateway, by the names that routes use."),
        Key(
            "assertion", .object(Assertion.schema),
            "The signed statement about the caller that upstreams receive with every request."),
        Key(
            "continuation", .object(Continuation.schema),
            "The protection of values that travel through the browser from host to host."),
        Key(
            "session", .object(Session.schema), default: .emptyObject,
            "How long a login lasts."),
        Key(
            "lockout", .object(Lockout.schema), default: .emptyObject,
            "What happens after wrong passwords."),
        Key(
            "password", .object(Password.schema), default: .emptyObject,
            "The threads that check passwords, apart from the event loops."),
        Key(
            "service", .object(Service.schema), default: .emptyObject,
            "When customers are served."),
        Key(
            "limits", .object(Limits.schema), default: .emptyObject,
            "What one client, and all together, may take."),
        Key(
            "logs", .object(LogSettings.schema), default: .emptyObject,
            "Log lines, access records and the audit log."),
        Key(
            "admin", optional: .object(Admin.schema),
            "Where `sekisho trust` and its like reach the running gateway; left out, nowhere."),
        Key(
            "monitoring", optional: .object(MonitoringSettings.schema),
            "Where those who watch the gateway ask how it is; left out, nowhere."),
        rules: rules)

    /// Fills in what one host takes from another.
    private static func make(
        _: String?, listen: [EndpointSetting], proxyProtocol: [ProxyListener], workers: Int,
        institution: Institution, hosts: [Host],
        publicPort: Int, trust: [String: TrustStore], ledger: Ledger, mapping: [Mapping],
        store: StoreURL,
        upstreams: [String: Upstream], assertion: Assertion, continuation: Continuation, session: Session,
        lockout: Lockout, password: Password, service: Service, limits: Limits, logs: LogSettings,
        admin: Admin?, monitoring: MonitoringSettings?
    ) -> GatewaySettings {
        GatewaySettings(
            listen: listen, proxyProtocol: proxyProtocol, workers: workers, institution: institution,
            hosts: hosts.map { $0.completed(by: hosts) },
            publicPort: UInt16(clamping: publicPort), trust: trust, ledger: ledger,
            mapping: mapping, store: store,
            upstreams: upstreams, assertion: assertion, continuation: continuation, session: session,
            lockout: lockout, password: password, service: service, limits: limits, logs: logs,
            admin: admin, monitoring: monitoring)
    }
}
