/// The configuration of `sekisho`, checked. All paths are resolved against the folder of the file.
///
/// The memberwise initialisers of these types take any value: only ``read(text:file:folder:)`` checks.
public struct GatewaySettings: Sendable, Hashable {
    /// 1 to 16 places, no two the same.
    public var listen: [EndpointSetting]
    /// Those of `listen` where load balancers say for whom they connect.
    public var proxyProtocol: [ProxyListener]
    /// Event loops; 0 is one for each core.
    public var workers: Int
    public var institution: Institution
    /// With names no two of which are the same.
    public var hosts: [Host]
    /// The port in URLs that browsers see.
    public var publicPort: UInt16
    /// Trust stores by name.
    public var trust: [String: TrustStore]
    public var ledger: Ledger
    /// Tried in this order for the issuer of a certificate.
    public var mapping: [Mapping]
    public var store: StoreURL
    /// By name.
    public var upstreams: [String: Upstream]
    public var assertion: Assertion
    public var continuation: Continuation
    public var session: Session
    public var lockout: Lockout
    public var password: Password
    public var service: Service
    public var limits: Limits
    public var logs: LogSettings
    /// Nil: nobody commands the running gateway.
    public var admin: Admin?
    /// Nil: nobody is told how it is.
    public var monitoring: MonitoringSettings?

    public init(
        listen: [EndpointSetting], proxyProtocol: [ProxyListener] = [], workers: Int = 0,
        institution: Institution, hosts: [Host],
        publicPort: UInt16 = 443, trust: [String: TrustStore] = [:], ledger: Ledger = Ledger(),
        mapping: [Mapping] = [],
        store: StoreURL = .sqlite(path: "sekisho.db"), upstreams: [String: Upstream] = [:],
        assertion: Assertion,
        continuation: Continuation, session: Session = Session(), lockout: Lockout = Lockout(),
        password: Password = Password(), service: Service = Service(), limits: Limits = Limits(),
        logs: LogSettings = LogSettings(), admin: Admin? = nil,
        monitoring: MonitoringSettings? = nil
    ) {
        self.listen = listen
        self.proxyProtocol = proxyProtocol
        self.workers = workers
        self.institution = institution
        self.hosts = hosts
        self.publicPort = publicPort
        self.trust = trust
        self.ledger = ledger
        self.mapping = mapping
        self.store = store
        self.upstreams = upstreams
        self.assertion = assertion
        self.continuation = continuation
        self.session = session
        self.lockout = lockout
        self.password = password
        self.service = service
        self.limits = limits
        self.logs = logs
        self.admin = admin
        self.monitoring = monitoring
    }

    /// Checks a configuration file and decodes it. Every complaint is found in one pass.
    ///
    /// - Parameters:
    ///   - text: JSON5 in UTF-8.
    ///   - file: its name, for complaints.
    ///   - folder: where relative paths in it begin.
    public static func read(text: [UInt8], file: String, folder: String) -> SettingsOutcome<GatewaySettings> {
        Reading.read(text, file: file, folder: folder, by: schema)
    }

    /// The reference page of the file, in Markdown.
    public static var referenceMarkdown: String {
        referencePage(
            title: "Configuration of `sekisho`", introduction: referenceIntroduction, schema.shape)
    }

    /// The JSON Schema (draft 2020-12) of the file, for editors.
    public static var jsonSchema: String {
        editorSchema(title: "Configuration of sekisho", schema.shape)
    }
}

/// What both reference pages begin with.
let referenceIntroduction = """
    The file is [JSON5](https://json5.org) in UTF-8: JSON with comments, trailing commas and bare keys.
    Relative paths begin at the folder of the file. Unknown and repeated keys are errors.
    """
