import Authorization
import Consent
import Crypto
import Glibc
import HTTP
import Logs
import Reactor
import Serving
import Settings
import Storage
import Synchronization
import TestFolders
import Testing
import Text

/// A consent backend on a real SQLite file, with a gateway's key beside it and a clock that moves when it is told.
final class Bench: Sendable {
    /// Gone with the bench.
    private let files: TestFolder
    var folder: String { files.path }
    let key: SigningKey
    let application: ConsentApplication
    let store: ConsentStore
    let pinKey = SealingKey()
    private let clock = TestClock()
    private let log: LogSink
    private let audit: LogSink

    /// By which rules the partner `sample` works: `fapi2` pushes its requests.
    let profile: ConsentSettings.Profile
    private let partners: [String]

    static let start = WallTime(seconds: 1_795_400_000)  // 2026-11-23, 11:13 in Japan
    static let partnerFingerprint = [UInt8](repeating: 1, count: 32)
    static let issuer = "https://fb.example"

    init(
        publishesKeys: Bool = true, lifetimes: ConsentSettings.Lifetimes = .init(),
        partners: [String] = ["sample"], profile: ConsentSettings.Profile = .bcp,
        pushesPerMinuteMax: Int = 3000, gateway: (any StandingRepository)? = nil,
        change: (inout ConsentSettings) -> Void = { _ in }
    ) throws {
        self.profile = profile
        self.partners = partners
        files = try TestFolder()
        let folder = files.path
        key = try SigningKey()
        store = ConsentStore(
            try Database.sqlite(path: "\(folder)/consent.db", schemas: Schema.ofConsentBackend))
        log = try LogSink(file: "\(folder)/log")
        audit = try LogSink(file: "\(folder)/audit")
        let clock = clock
        var settings = try Self.settings(folder, lifetimes, partners, profile)
        settings.limits.pushesPerMinuteMax = pushesPerMinuteMax
        change(&settings)
        application = ConsentApplication(
            settings, store: store, gateway: gateway, pinKey: pinKey, log: log, audit: audit
        ) {
            clock.now
        }
        try take(customers: Self.customers)
        if publishesKeys { publish([key]) }
    }

    /// A store with nothing in it.
    static func emptyStore(in folder: String) throws -> ConsentStore {
        ConsentStore(try Database.sqlite(path: "\(folder)/empty.db", schemas: Schema.ofConsentBackend))
    }

    /// Another backend with the same keys and clock.
    func application(
        partners: [String] = ["sample"], over store: (any ConsentApplication.Store)? = nil
    ) throws -> ConsentApplication {
        let clock = clock
        let settings = try Self.settings(folder, .init(), partners, profile)
        return ConsentApplication(
            settings, store: store ?? self.store, pinKey: pinKey, log: log, audit: audit
        ) {
            clock.now
        }
    }

    /// Four customers who need nothing but 情報アクセス許可, whichever partner they come from.
    static let customers = (1...4).map { "C\($0)" }.map { id in
        """
        { "id": "\(id)", "accounts": [{ "branch": "001", "branchName": "インターネット支店",
          "kind": "ordinary", "number": "2000002", "pin": "9002" }] }
        """
    }.joined(separator: ",")

    /// Takes over customers' records, written as in a ``CustomerFile``'s list.
    func take(customers: String) throws {
        let list = try JSONReader.read(Array("[\(customers)]".utf8), dialect: .json)
        let file = try CustomerFile(list, pinKey: pinKey)
        try store.replace(file.customers, familiar: file.traces, at: now)
    }

    /// The same backend as if started anew.
    func reopened() throws -> ConsentApplication { try application(partners: partners) }

    var now: WallTime { clock.now }

    func pass(seconds: Int64) { clock.pass(seconds) }

    /// What the gateway writes for the backend to read.
    func publish(_ keys: [SigningKey]) { write(JWKSet.encode(keys.map(\.verifyingKey)), to: "jwks.json") }

    func write(_ bytes: [UInt8], to name: String) {
        let file = unsafe open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        unsafe #expect(Glibc.write(file, bytes, bytes.count) == bytes.count)
        close(file)
    }

    /// Everything that was logged until now, both logs.
    func logged() throws -> String {
        _ = log.flush()
        _ = audit.flush()
        let bytes = try Files.read("\(folder)/log") + Files.read("\(folder)/audit")
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How often an event stands in the logs.
    func count(of event: String) throws -> Int {
        try logged().split(separator: "\n").count { $0.contains("\"event\":\"\(event)\"") }
    }

    private static func settings(
        _ folder: String, _ lifetimes: ConsentSettings.Lifetimes, _ partners: [String],
        _ profile: ConsentSettings.Profile
    ) throws -> ConsentSettings {
        let all: [ConsentSettings.Partner] = [
            .init(
                id: "sample", name: "サンプル会計<b>", company: "株式会社サンプル",
                redirectURIs: [try #require(WebURL("https://partner.example:8444/callback"))],
                authentication: .subject(
                    try #require(SubjectName(rfc4514: "CN=sample-partner,O=Sample Kaikei,C=JP"))),
                scopes: [.balance, .movements], consentDays: 365, profile: profile, scopeSelection: .fixed),
            .init(
                id: "choosing", name: "選べる会計", company: "株式会社選べる",
                redirectURIs: [try #require(WebURL("https://choosing.example/cb"))],
                authentication: .fingerprint([UInt8](repeating: 3, count: 32)),
                scopes: [.balance, .movements, .transfers], consentDays: 90),
            .init(
                id: "other", name: "他社", company: "他社",
                redirectURIs: [try #require(WebURL("https://o.example/"))],
                authentication: .fingerprint([UInt8](repeating: 2, count: 32)), scopes: [.balance]),
        ]
        return ConsentSettings(
            listen: [.unix(path: "\(folder)/consent.sock")], issuer: try #require(WebURL(issuer)),
            apiOrigin: WebURL("https://api.fb.example"),
            institution: .init(name: "都島信用組合", service: "都島信用組合ＦＢサービス"),
            assertion: .init(
                issuer: try #require(WebURL("https://gate.example")), jwksFile: "\(folder)/jwks.json"),
            partners: all.filter { partners.contains($0.id) }, lifetimes: lifetimes)
    }
}

final class TestClock: Sendable {
    private let moment = Mutex(Bench.start)

    var now: WallTime { moment.withLock { $0 } }

    func pass(_ seconds: Int64) { moment.withLock { $0 = $0.adding(seconds: seconds) } }
}
