/// The configuration of `sekisho-consent`, checked. All paths are resolved against the folder of the file.
///
/// The memberwise initialisers of these types take any value: only ``read(text:file:folder:)`` checks.
public struct ConsentSettings: Sendable, Hashable {
    /// 1 to 16 places, no two the same.
    public var listen: [EndpointSetting]
    /// The OAuth issuer (RFC 8414 §2): the login host's origin.
    public var issuer: WebURL
    /// Where partners find the token endpoint and the API; the issuer when nil.
    public var apiOrigin: WebURL?
    public var institution: Institution
    public var store: StoreURL
    public var assertion: Assertion
    /// With ids no two of which are the same.
    public var partners: [Partner]
    public var challenge: Challenge
    public var pins: PINs
    public var grant: GrantRules
    public var lifetimes: Lifetimes
    public var limits: Limits
    public var logs: LogSettings
    /// Nil: nobody can look into the running backend.
    /// Nil: nobody is told how it is.
    public var monitoring: MonitoringSettings?

    public init(
        listen: [EndpointSetting], issuer: WebURL, apiOrigin: WebURL? = nil, institution: Institution,
        store: StoreURL = .sqlite(path: "sekisho-consent.db"), assertion: Assertion, partners: [Partner],
        challenge: Challenge = Challenge(), pins: PINs = PINs(), grant: GrantRules = GrantRules(),
        lifetimes: Lifetimes = Lifetimes(), limits: Limits = Limits(), logs: LogSettings = LogSettings(),
        monitoring: MonitoringSettings? = nil
    ) {
        self.listen = listen
        self.issuer = issuer
        self.apiOrigin = apiOrigin
        self.institution = institution
        self.store = store
        self.assertion = assertion
        self.partners = partners
        self.challenge = challenge
        self.pins = pins
        self.grant = grant
        self.lifetimes = lifetimes
        self.limits = limits
        self.logs = logs
        self.monitoring = monitoring
    }

    /// Checks a configuration file and decodes it. Every complaint is found in one pass.
    ///
    /// - Parameters:
    ///   - text: JSON5 in UTF-8.
    ///   - file: its name, for complaints.
    ///   - folder: where relative paths in it begin.
    public static func read(text: [UInt8], file: String, folder: String) -> SettingsOutcome<ConsentSettings> {
        Reading.read(text, file: file, folder: folder, by: schema)
    }

    /// The reference page of the file, in Markdown.
    public static var referenceMarkdown: String {
        referencePage(
            title: "Configuration of `sekisho-consent`", introduction: referenceIntroduction, schema.shape)
    }

    /// The JSON Schema (draft 2020-12) of the file, for editors.
    public static var jsonSchema: String {
        editorSchema(title: "Configuration of sekisho-consent", schema.shape)
    }

    static let schema = Schema(
        make,
        Key(
            "$schema", optional: .text(lengthMax: 2000),
            "Where editors find the JSON Schema of this file; the program does not look at it."),
        Key(
            "listen", .list(of: .listener, count: 1...16, isUnique: true),
            "Where to accept connections from the gateway. Addresses are numeric; port 0 lets the system"
                + " choose."
        ),
        Key("issuer", .origin, "The OAuth issuer: the origin of the login host, as partners know it."),
        Key(
            "apiOrigin", optional: .origin,
            "Origin of the host for partners, with the token endpoint and the API; without it, the issuer."
        ),
        Key("institution", .object(Institution.schema), "Whose service this is, as customers see it."),
        Key(
            "store", .store, default: "sqlite:sekisho-consent.db",
            "Where authorization requests, grants and tokens are kept. \(StoreURL.documentation)"),
        Key(
            "assertion", .object(Assertion.schema),
            "Which statements of the gateway about the caller are believed."),
        Key(
            "partners", .list(of: .object(Partner.schema), count: 0...1000), default: .emptyList,
            "The API連携先: OAuth clients. What `sekisho-consent partners` registers goes before it."),
        Key(
            "challenge", .object(Challenge.schema), default: .emptyObject,
            "When customers are asked a question (リスクベース追加認証)."),
        Key("pins", .object(PINs.schema), default: .emptyObject, "照会用暗証番号 of customers' accounts."),
        Key("grant", .object(GrantRules.schema), default: .emptyObject, "What ends 許可 early."),
        Key("lifetimes", .object(Lifetimes.schema), default: .emptyObject, "How long things are good."),
        Key("limits", .object(Limits.schema), default: .emptyObject, "What callers may take."),
        Key(
            "logs", .object(LogSettings.schema), default: .emptyObject,
            "Log lines, access records and the audit log."),
        Key(
            "monitoring", optional: .object(MonitoringSettings.schema),
            "Where those who watch the program ask how it is; left out, nowhere."),
        rules: [
            .placesAreApart,
            Rule("No two partners have the same id.") { file, reading in
                var first: [String: Cursor] = [:]
                for partner in file["partners"]?.elements ?? [] {
                    guard let id = partner["id"], let text = id.string else { continue }
                    if let other = first[text] {
                        reading.complain("\(id.shown) is already the id of \(other.path)", at: id)
                    }
                    first[text] = first[text] ?? partner
                }
            },
        ])

    private static func make(
        _: String?, listen: [EndpointSetting], issuer: WebURL, apiOrigin: WebURL?, institution: Institution,
        store: StoreURL,
        assertion: Assertion, partners: [Partner], challenge: Challenge, pins: PINs, grant: GrantRules,
        lifetimes: Lifetimes, limits: Limits, logs: LogSettings,
        monitoring: MonitoringSettings?
    ) -> ConsentSettings {
        ConsentSettings(
            listen: listen, issuer: issuer, apiOrigin: apiOrigin, institution: institution, store: store,
            assertion: assertion,
            partners: partners, challenge: challenge, pins: pins, grant: grant,
            lifetimes: lifetimes, limits: limits, logs: logs, monitoring: monitoring)
    }
}
