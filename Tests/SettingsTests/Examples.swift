import Settings
import Testing

/// The least that a gateway needs.
let minimalGateway = """
    {
      listen: ["0.0.0.0:443"],
      institution: { name: "都島信用組合", service: "都島信用組合ＦＢサービス" },
      hosts: [
        { name: "fb.example.jp", role: "login", certificate: "fb.pem", key: "fb.key",
          certificateHost: "cert.fb.example.jp",
          routes: [{ path: "/", upstream: "consent", access: "customer" }] },
        { name: "cert.fb.example.jp", role: "certificate", certificate: "c.pem", key: "c.key", trust: "customers" },
      ],
      trust: { customers: { anchors: ["ca.pem"] } },
      mapping: [{ issuer: "ca.pem", by: "enrolled" }],
      upstreams: { consent: { endpoint: "unix:consent.sock" } },
      assertion: { issuer: "https://fb.example.jp", keyFile: "assertion.pem", jwksFile: "assertion.jwks" },
      continuation: { keyFile: "continuation.key" },
    }
    """

/// Every key of the gateway's file, none with its default.
let fullGateway = """
    // The gateway of a bank.
    {
      $schema: "./sekisho.schema.json",
      listen: ["0.0.0.0:443", "[::]:443", "unix:run/gate.sock"],
      workers: 4,
      proxyProtocol: [
        { listener: "[::]:443", peers: ["10.0.0.0/8", "2001:db8::1"], headerSeconds: 5 },
        { listener: "unix:run/gate.sock", peers: ["unix"] },
      ],
      institution: {
        name: "都島信用組合", service: "都島信用組合ＦＢサービス", loginMethods: "certificate",
        supportText: "ヘルプデスク 0120-000-000（平日 9:00～17:00）",
        bankingURL: "https://ib.example.jp/login",
      },
      hosts: [
        {
          name: "FB.example.jp", role: "login", certificate: "tls/fb.pem", key: "/etc/tls/fb.key",
          certificateHost: "cert.example.jp", cookieDomain: "example.jp",
          routes: [
            { path: "/", upstream: "consent", access: "customer" },
            { path: "/oauth/metadata", upstream: "consent", access: "anonymous" },
          ],
        },
        {
          name: "cert.example.jp", role: "certificate", certificate: "tls/cert.pem", key: "tls/cert.key",
          trust: "customers",
        },
        {
          name: "api.example.jp", role: "partner", certificate: "tls/api.pem", key: "tls/api.key",
          trust: "partners",
          routes: [
            { path: "/api/v1/", upstream: "bank-api", access: "partner", upgrades: ["WebSocket"],
              upgradeIdleSeconds: 30, upgradeAbsoluteSeconds: 3600 },
          ],
        },
      ],
      publicPort: 8443,
      trust: {
        customers: {
          anchors: ["ca/root.pem"], intermediates: ["ca/sub.pem"], depthMax: 2,
          clientAuthPurpose: "allowAbsent", rsaBitsMin: 3072, partialChain: true,
          requiredPolicies: ["1.2.392.200091.110.101.1"], crls: ["crl/sub.crl", "crl.d"],
          revocation: {
            check: "leaf", whenUnknown: "grace", graceHours: 6,
            exceptions: [{ issuer: "ca/root.pem", whenUnknown: "allow", graceHours: 1 }],
          },
          lockoutsMax: 5, expiryWarningDays: 60, epochsKept: 12,
        },
        partners: { anchors: ["ca/partners.pem", "ca/partners2.pem"] },
      },
      ledger: { days: 30, certificatesMax: 5000 },
      mapping: [
        {
          issuer: "ca/sub.pem", issuerMatching: "normalised", by: "subject", attribute: "SAN.email",
          pattern: "([A-Z0-9]{8,12})@example\\\\.jp", case: "fold", supersede: "afterDays 14",
        },
        { issuer: "ca/root.pem", by: "enrolled", enrolledBy: "fingerprint", supersede: "onNewLogin" },
      ],
      store: "sqlite:/var/lib/sekisho/gate.db",
      upstreams: {
        consent: {
          endpoint: "127.0.0.1:8080", connectSeconds: 1, responseSeconds: 20, idleConnectionsMax: 8,
          connectionsMax: 16, tls: { name: "Web.example.jp", anchors: ["web-ca.pem"],
            certificate: "gate.pem", key: "gate.key" },
        },
        'bank-api': { endpoint: "[::1]:8081" },
      },
      assertion: {
        issuer: "https://fb.example.jp:8443/gate", audience: "backends", keyFile: "a.pem", jwksFile: "a.jwks",
        lifetimeSeconds: 30,
      },
      continuation: { keyFile: "c.key" },
      session: { idleSeconds: 300, absoluteSeconds: 900 },
      lockout: {
        failuresMax: 3, pauseSeconds: 60, pausesMax: 2, sourceFailuresMax: 7, sourceWindowSeconds: 70,
        alarmFailuresMax: 9,
      },
      password: { workers: 1, queueMax: 8, costLog2: 16 },
      service: {
        hours: [{ days: "weekdays", from: "07:05", until: "24:00" }],
        maintenance: [{ from: "2026-12-31T15:00:00Z", until: "2027-01-02T00:00:00+09:00" }],
      },
      limits: {
        connectionsMax: 100, handshakeSeconds: 1, headerSeconds: 2, bodyIdleSeconds: 3, keepAliveSeconds: 4,
        requestsPerConnectionMax: 5, headBytesMax: 0x2000, fieldCountMax: 10, lineBytesMax: 4096,
        loginBodyBytesMax: 2048, drainSeconds: 0, drainNoticeSeconds: 3, tlsSessionSeconds: 0,
        tlsSessionsMax: 7,
        bytesPerSecondMin: 0, exchangesMax: 8, perSource: { connectionsMax: 9, fullHandshakesPerSecond: 10,
          fullHandshakesBurst: 11, resumedHandshakesPerSecond: 12, resumedHandshakesBurst: 13,
          failedHandshakesPerSecond: 14, failedHandshakesBurst: 15 },
      },
      logs: {
        format: "text", access: false, accessFile: "../log/access.json", auditFile: "../log/audit.json",
        auditKeyFile: "audit.key", rotateBytes: 1048576, accessFilesKept: 7, whenFull: "dropAndAlarm",
      },
      admin: { socket: "run/admin.sock" },
      monitoring: { listen: ["127.0.0.1:9463"] },
    }
    """

let minimalConsent = """
    {
      listen: ["unix:consent.sock"],
      issuer: "https://fb.example.jp",
      institution: { name: "都島信用組合", service: "都島信用組合ＦＢサービス" },
      assertion: { issuer: "https://fb.example.jp", jwksFile: "assertion.jwks" },
      partners: [
        { id: "kaikei", name: "会計ソフト", company: "会計株式会社", scopes: ["balance"],
          redirectURIs: ["https://kaikei.example/cb"], certificateSubject: "CN=kaikei.example,C=JP" },
      ],
    }
    """

/// Every key of the consent backend's file, none with its default.
let fullConsent = """
    {
      $schema: "./sekisho-consent.schema.json",
      listen: ["127.0.0.1:8080"],
      issuer: "https://fb.example.jp:8443", apiOrigin: "https://api.fb.example.jp:8443",
      institution: { name: "都島信用組合", service: "都島信用組合ＦＢサービス" },
      store: "sqlite:consent/records.db",
      assertion: { issuer: "https://fb.example.jp/gate", audience: "backends", jwksFile: "/run/a.jwks" },
      partners: [
        { id: "kaikei", name: "会計ソフト", company: "会計株式会社", scopes: ["balance", "movements"],
          redirectURIs: ["https://kaikei.example/cb?x=1", "http://127.0.0.1:9000/cb"],
          certificateSubject: "CN=kaikei.example, O=会計株式会社,C=JP", consentDays: 90,
          requirePushedRequests: true, refreshTokens: false, scopeSelection: "fixed", profile: "fapi2",
          lifetimes: { codeSeconds: 60, accessTokenSeconds: 61, pushedRequestSeconds: 62,
                       refreshIdleSeconds: 63 }, newConsents: false },
        { id: "kakeibo", name: "家計簿", company: "家計簿株式会社", scopes: ["transfers"],
          redirectURIs: ["https://kakeibo.example/cb"],
          certificateFingerprint: "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff" },
        { id: "dns", name: "N", company: "C", scopes: ["transfers"], redirectURIs: ["https://d.example/"],
          certificateDNS: "API.d.example" },
        { id: "uri", name: "N", company: "C", scopes: ["transfers"], redirectURIs: ["https://d.example/"],
          certificateURI: "urn:partner:d" },
        { id: "ip", name: "N", company: "C", scopes: ["transfers"], redirectURIs: ["https://d.example/"],
          certificateIP: "2001:db8::7" },
        { id: "email", name: "N", company: "C", scopes: ["transfers"], redirectURIs: ["https://d.example/"],
          certificateEmail: "api@d.example" },
        { id: "keys", name: "N", company: "C", scopes: ["transfers"], redirectURIs: ["https://d.example/"],
          keys: [{ kty: "EC", crv: "P-256", x: "eA", y: "eQ", n: "bg", e: "AQAB", kid: "1", use: "sig",
                   alg: "ES256" }] },
        { id: "file", name: "N", company: "C", scopes: ["transfers"], redirectURIs: ["https://d.example/"],
          keysFile: "file.jwks" },
      ],
      lifetimes: { codeSeconds: 10, accessTokenSeconds: 60, pushedRequestSeconds: 40,
                   refreshIdleSeconds: 3600, flowIdleSeconds: 20, flowSeconds: 30 },
      limits: { workers: 1, queueMax: 2, connectionsMax: 3, bodyBytesMax: 4096,
                pushesPerMinuteMax: 5, drainSeconds: 6, drainNoticeSeconds: 7 },
      challenge: { when: [["password", "newAddress"], ["newCertificate"]], wrongAnswersMax: 3 },
      grant: { revokeOn: ["userSuspended"], gatewayStore: "sqlite:gateway.db" },
      pins: { keyFile: "/k/pins.key", length: 6, offersSkipping: true },
      logs: {
        format: "text", access: false, accessFile: "access.json", auditFile: "audit.json",
        auditKeyFile: "audit.key", rotateBytes: 0, accessFilesKept: 0, whenFull: "stop",
      },
      monitoring: { listen: ["127.0.0.1:9465"] },
    }
    """

func readGateway(_ text: String, folder: String = "/etc/sekisho") -> SettingsOutcome<GatewaySettings> {
    GatewaySettings.read(text: Array(text.utf8), file: "g.json5", folder: folder)
}

func readConsent(_ text: String) -> SettingsOutcome<ConsentSettings> {
    ConsentSettings.read(text: Array(text.utf8), file: "c.json5", folder: "/etc/sekisho")
}

extension SettingsOutcome {
    /// One line each; none when the file is accepted.
    var complaints: [String] {
        if case .rejected(let complaints) = self { complaints.map(\.description) } else { [] }
    }

    var warnings: [String] {
        if case .accepted(_, let warnings) = self { warnings.map(\.description) } else { [] }
    }

    /// The value of a file that should be accepted.
    var value: Value {
        get throws {
            guard case .accepted(let value, _) = self else {
                throw Rejected(report: complaints.joined(separator: "\n"))
            }
            return value
        }
    }
}

struct Rejected: Error {
    let report: String
}

/// A change to an example: the first text is replaced by the second, and the complaints come of it.
struct Change: Sendable, CustomStringConvertible {
    let old: String
    let new: String
    let complaints: [String]

    init(_ old: String, _ new: String, _ complaints: String...) {
        self.init(old, new, complaints)
    }

    init(_ old: String, _ new: String, _ complaints: [String]) {
        self.old = old
        self.new = new
        self.complaints = complaints
    }

    var description: String { "\(old) → \(new)" }

    func applied(to example: String) throws -> String {
        try #require(example.ranges(of: old).count == 1, "“\(old)” stands once in the example")
        return example.replacing(old, with: new)
    }
}
