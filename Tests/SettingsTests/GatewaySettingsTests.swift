import Settings
import Testing
import Text

@Suite struct GatewaySettingsTests {
    @Test func `every complaint of a broken file comes at once and in its order`() {
        let text = """
            {
              listen: ["0.0.0.0:443", "nowhere", 7],
              worker: 3,
              workers: "many",
              institution: { name: "", service: "ＦＢ", loginMethods: "pasword" },
              hosts: [
                { name: "fb_1.example.jp", role: "login", certificate: "", key: "fb.key", trust: "x",
                  routes: [{ path: "no", upstream: "a b", access: "everybody" }, 5] },
                { name: "cert.example.jp", role: "certificat", certificate: "c.pem" },
                null,
              ],
              trust: { customers: { anchors: [], depthMax: 11, rsaBitsMin: 1024 } },
              store: "mysql:x", store: "sqlite:a.db",
              upstreams: { consent: { endpoint: "127.0.0.1", connectSeconds: 0 } },
              assertion: { issuer: "fb.example.jp", lifetimeSeconds: 301, keyFile: 1 },
              limits: { lineBytesMax: 65536, drainSeconds: 3601, },
            }
            """
        let expected = [
            "g.json5:1:1: continuation: missing; expected an object",
            "g.json5:2:27: listen[1]: expected an endpoint (“127.0.0.1:80”, “[::1]:80”, “unix:/path” or"
                + " “systemd:NAME”),"
                + " not “nowhere”",
            "g.json5:2:38: listen[2]: expected an endpoint (“127.0.0.1:80”, “[::1]:80”, “unix:/path” or"
                + " “systemd:NAME”),"
                + " not 7",
            "g.json5:3:3: worker: unknown key; did you mean “workers”?",
            "g.json5:4:12: workers: expected an integer from 0 to 256, not “many”",
            "g.json5:5:24: institution.name: expected text of 1 to 200 characters on one line, not “”",
            "g.json5:5:57: institution.loginMethods: expected “certificate+password”, “certificate” or"
                + " “password”, not “pasword”; did you mean “password”?",
            "g.json5:7:5: hosts[0].certificateHost: missing; logins by certificate need a certificate host",
            "g.json5:7:13: hosts[0].name: expected a host name (letters, digits, hyphens and dots; no"
                + " wildcard), not “fb_1.example.jp”",
            "g.json5:7:60: hosts[0].certificate: expected a file's path, not “”",
            "g.json5:7:86: hosts[0].trust: expected a trust store that the file defines, not “x”",
            "g.json5:7:86: hosts[0].trust: not for login hosts: they ask for no certificate",
            "g.json5:8:24: hosts[0].routes[0].path: expected a path that begins with “/” (unescaped;"
                + " letters, digits and -._~!$&'()*+,;=:@/), not “no”",
            "g.json5:8:40: hosts[0].routes[0].upstream: expected a name (letters, digits, “-” and “_”; at"
                + " most 64), not “a b”",
            "g.json5:8:40: hosts[0].routes[0].upstream: expected an upstream that the file defines, not “a"
                + " b”",
            "g.json5:8:55: hosts[0].routes[0].access: expected “customer”, “anonymous” or “partner”, not"
                + " “everybody”",
            "g.json5:8:70: hosts[0].routes[1]: expected an object, not 5",
            "g.json5:9:5: hosts[1].key: missing; expected a file's path",
            "g.json5:9:38: hosts[1].role: expected “login”, “certificate” or “partner”, not “certificat”;"
                + " did you mean “certificate”?",
            "g.json5:10:5: hosts[2]: expected an object, not null",
            "g.json5:12:34: trust.customers.anchors: expected a list of 1 to 100, each a file's path, not 0",
            "g.json5:12:48: trust.customers.depthMax: expected an integer from 1 to 10, not 11",
            "g.json5:12:64: trust.customers.rsaBitsMin: expected an integer from 2048 to 16384 (bits), not"
                + " 1024",
            "g.json5:13:10: store: expected “sqlite:PATH” or “postgresql://USER@HOST:PORT/DATABASE”, not"
                + " “mysql:x”",
            "g.json5:13:21: store: repeated key; first at 13:3",
            "g.json5:14:37: upstreams.consent.endpoint: expected an endpoint (“127.0.0.1:80”, “[::1]:80” or"
                + " “unix:/path”), not “127.0.0.1”",
            "g.json5:14:66: upstreams.consent.connectSeconds: expected an integer from 1 to 60 (seconds),"
                + " not 0",
            "g.json5:15:14: assertion.jwksFile: missing; expected a file's path",
            "g.json5:15:24: assertion.issuer: expected an https URL without query, not “fb.example.jp”",
            "g.json5:15:58: assertion.lifetimeSeconds: expected an integer from 30 to 300 (seconds), not 301",
            "g.json5:15:72: assertion.keyFile: expected a file's path, not 1",
            "g.json5:16:27: limits.lineBytesMax: expected lineBytesMax (65536) to be at most headBytesMax"
                + " (32768)",
            "g.json5:16:48: limits.drainSeconds: expected an integer from 0 to 3600 (seconds), not 3601",
        ]
        let outcome = readGateway(text)
        #expect(outcome.complaints == expected)
        guard case .rejected(let complaints) = outcome else { return }
        #expect(SettingsReport(complaints).description == expected.joined(separator: "\n"))
    }

    @Test(arguments: ["", "// nothing\n", "[]", "5", "\"x\""])
    func `a file without an object is refused`(_ text: String) {
        #expect(readGateway(text).complaints.count == 1)
    }

    @Test func `every proper prefix of a file is refused with one complaint`() {
        for length in 0..<minimalGateway.count {
            #expect(readGateway(String(minimalGateway.prefix(length))).complaints.count == 1)
        }
    }

    @Test func `a byte that changed is refused or accepted, never more`() {
        let bytes = Array(fullGateway.utf8)
        for (step, place) in stride(from: 0, to: bytes.count, by: 5).enumerated() {
            var changed = bytes
            changed[place] = [0x00, 0x22, 0x2D, 0x39, 0x5B, 0x7D, 0xE3, 0xFF][step % 8]
            let outcome = GatewaySettings.read(text: changed, file: "g.json5", folder: "/etc")
            if case .rejected(let complaints) = outcome { #expect(!complaints.isEmpty) }
        }
    }

    @Test func `the minimal file is accepted and everything else has its default`() throws {
        let outcome = readGateway(minimalGateway)
        let assertionIssuer = try #require(WebURL("https://fb.example.jp"))
        let route = GatewaySettings.Route(path: "/", upstream: "consent", access: .customer)
        let expected = GatewaySettings(
            listen: [.tcp(address: "0.0.0.0", port: 443)],
            institution: .init(name: "都島信用組合", service: "都島信用組合ＦＢサービス"),
            hosts: [
                .init(
                    name: "fb.example.jp", role: .login, certificate: "/etc/sekisho/fb.pem",
                    key: "/etc/sekisho/fb.key", certificateHost: "cert.fb.example.jp",
                    cookieDomain: "fb.example.jp", routes: [route]),
                .init(
                    name: "cert.fb.example.jp", role: .certificate, certificate: "/etc/sekisho/c.pem",
                    key: "/etc/sekisho/c.key", trust: "customers", cookieDomain: "fb.example.jp",
                    routes: [route],
                    loginHost: "fb.example.jp"),
            ],
            trust: ["customers": .init(anchors: ["/etc/sekisho/ca.pem"])],
            mapping: [.init(issuer: "/etc/sekisho/ca.pem", by: .enrolled)],
            store: .sqlite(path: "/etc/sekisho/sekisho.db"),
            upstreams: ["consent": .init(endpoint: .unix(path: "/etc/sekisho/consent.sock"))],
            assertion: .init(
                issuer: assertionIssuer, keyFile: "/etc/sekisho/assertion.pem",
                jwksFile: "/etc/sekisho/assertion.jwks"),
            continuation: .init(keyFile: "/etc/sekisho/continuation.key"))
        #expect(try outcome.value == expected)
        #expect(outcome.warnings.isEmpty)
    }

    /// No two values of one object are the same, so that none can stand in the place of another.
    @Test func `the full file is accepted and every value arrives in its place`() throws {
        let outcome = readGateway(fullGateway)
        let routes = [
            GatewaySettings.Route(path: "/", upstream: "consent", access: .customer),
            GatewaySettings.Route(path: "/oauth/metadata", upstream: "consent", access: .anonymous),
        ]
        let expected = GatewaySettings(
            listen: [
                .tcp(address: "0.0.0.0", port: 443), .tcp(address: "::", port: 443),
                .unix(path: "/etc/sekisho/run/gate.sock"),
            ],
            proxyProtocol: [
                .init(
                    listener: .tcp(address: "::", port: 443),
                    peers: [
                        .network(try #require(IPNetwork("10.0.0.0/8"))),
                        .network(try #require(IPNetwork("2001:db8::1"))),
                    ], headerSeconds: 5),
                .init(listener: .unix(path: "/etc/sekisho/run/gate.sock"), peers: [.unix]),
            ],
            workers: 4,
            institution: .init(
                name: "都島信用組合", service: "都島信用組合ＦＢサービス", loginMethods: .certificate,
                supportText: "ヘルプデスク 0120-000-000（平日 9:00～17:00）",
                bankingURL: WebURL("https://ib.example.jp/login")),
            hosts: [
                .init(
                    name: "fb.example.jp", role: .login, certificate: "/etc/sekisho/tls/fb.pem",
                    key: "/etc/tls/fb.key", certificateHost: "cert.example.jp", cookieDomain: "example.jp",
                    routes: routes),
                .init(
                    name: "cert.example.jp", role: .certificate, certificate: "/etc/sekisho/tls/cert.pem",
                    key: "/etc/sekisho/tls/cert.key", trust: "customers", cookieDomain: "example.jp",
                    routes: routes, loginHost: "fb.example.jp"),
                .init(
                    name: "api.example.jp", role: .partner, certificate: "/etc/sekisho/tls/api.pem",
                    key: "/etc/sekisho/tls/api.key", trust: "partners",
                    routes: [
                        .init(
                            path: "/api/v1/", upstream: "bank-api", access: .partner, upgrades: ["websocket"],
                            upgradeIdleSeconds: 30, upgradeAbsoluteSeconds: 3600)
                    ]),
            ],
            publicPort: 8443,
            trust: [
                "customers": .init(
                    anchors: ["/etc/sekisho/ca/root.pem"], intermediates: ["/etc/sekisho/ca/sub.pem"],
                    crls: ["/etc/sekisho/crl/sub.crl", "/etc/sekisho/crl.d"],
                    revocation: .init(
                        check: .leaf, whenUnknown: .grace, graceHours: 6,
                        exceptions: [
                            .init(issuer: "/etc/sekisho/ca/root.pem", whenUnknown: .allow, graceHours: 1)
                        ]),
                    depthMax: 2, clientAuthPurpose: .allowAbsent, rsaBitsMin: 3072, partialChain: true,
                    requiredPolicies: ["1.2.392.200091.110.101.1"], lockoutsMax: 5,
                    expiryWarningDays: 60, epochsKept: 12),
                "partners": .init(
                    anchors: ["/etc/sekisho/ca/partners.pem", "/etc/sekisho/ca/partners2.pem"]),
            ],
            ledger: .init(days: 30, certificatesMax: 5000),
            mapping: [
                .init(
                    issuer: "/etc/sekisho/ca/sub.pem", issuerMatching: .normalised, by: .subject,
                    attribute: .alternativeEmail, pattern: try IDPattern("([A-Z0-9]{8,12})@example\\.jp"),
                    letterCase: .fold, supersede: .afterDays(14)),
                .init(
                    issuer: "/etc/sekisho/ca/root.pem", by: .enrolled, enrolledBy: .fingerprint,
                    supersede: .onNewLogin),
            ],
            store: .sqlite(path: "/var/lib/sekisho/gate.db"),
            upstreams: [
                "consent": .init(
                    endpoint: .tcp(address: "127.0.0.1", port: 8080), connectSeconds: 1, responseSeconds: 20,
                    idleConnectionsMax: 8, connectionsMax: 16,
                    tls: .init(
                        name: "web.example.jp", anchors: ["/etc/sekisho/web-ca.pem"],
                        certificate: "/etc/sekisho/gate.pem", key: "/etc/sekisho/gate.key")),
                "bank-api": .init(endpoint: .tcp(address: "::1", port: 8081)),
            ],
            assertion: .init(
                issuer: try #require(WebURL("https://fb.example.jp:8443/gate")), audience: "backends",
                keyFile: "/etc/sekisho/a.pem", jwksFile: "/etc/sekisho/a.jwks", lifetimeSeconds: 30),
            continuation: .init(keyFile: "/etc/sekisho/c.key"),
            session: .init(idleSeconds: 300, absoluteSeconds: 900),
            lockout: .init(
                failuresMax: 3, pauseSeconds: 60, pausesMax: 2, sourceFailuresMax: 7, sourceWindowSeconds: 70,
                alarmFailuresMax: 9),
            password: .init(workers: 1, queueMax: 8, costLog2: 16),
            service: .init(
                hours: [.init(days: .weekdays, from: 425, until: 1440)],
                maintenance: [
                    .init(
                        from: WallTime(seconds: 1_798_729_200), until: WallTime(seconds: 1_798_815_600))
                ]),
            limits: .init(
                connectionsMax: 100, handshakeSeconds: 1, headerSeconds: 2, bodyIdleSeconds: 3,
                keepAliveSeconds: 4, requestsPerConnectionMax: 5, headBytesMax: 8192, fieldCountMax: 10,
                lineBytesMax: 4096, loginBodyBytesMax: 2048, drainSeconds: 0, drainNoticeSeconds: 3,
                tlsSessionSeconds: 0, tlsSessionsMax: 7, bytesPerSecondMin: 0, exchangesMax: 8,
                perSource: .init(
                    connectionsMax: 9, fullHandshakesPerSecond: 10, fullHandshakesBurst: 11,
                    resumedHandshakesPerSecond: 12, resumedHandshakesBurst: 13,
                    failedHandshakesPerSecond: 14, failedHandshakesBurst: 15)),
            logs: .init(
                format: .text, access: false, accessFile: "/etc/sekisho/../log/access.json",
                auditFile: "/etc/sekisho/../log/audit.json", auditKeyFile: "/etc/sekisho/audit.key",
                rotateBytes: 1_048_576, accessFilesKept: 7, whenFull: .dropAndAlarm),
            admin: .init(socket: "/etc/sekisho/run/admin.sock"),
            monitoring: .init(listen: [.tcp(address: "127.0.0.1", port: 9463)]))
        #expect(try outcome.value == expected)
        #expect(outcome.warnings.isEmpty)
    }

    @Test func `relative paths begin at the folder of the file`() throws {
        func certificate(_ path: String, _ folder: String) throws -> String {
            try readGateway(
                try Change("\"fb.pem\"", "\"\(path)\"").applied(to: minimalGateway), folder: folder
            )
            .value.hosts[0].certificate
        }
        #expect(try certificate("a.pem", "/etc") == "/etc/a.pem")
        #expect(try certificate("a.pem", "/etc/") == "/etc/a.pem")
        #expect(try certificate("././a.pem", "/") == "/a.pem")
        #expect(try certificate("../a.pem", "conf") == "conf/../a.pem")
        #expect(try certificate("a.pem", "") == "a.pem")
        #expect(try certificate("/a.pem", "/etc") == "/a.pem")
    }

    @Test(arguments: [
        Change(
            "trust: { c", "trust: { spare: { anchors: ['x'] }, c",
            "g.json5:10:12: trust.spare: not used by any host"),
        Change(
            "upstreams: {", "upstreams: { spare: { endpoint: '[::1]:1' },",
            "g.json5:12:16: upstreams.spare: not used by any route"),
        Change(
            "mapping: [{ issuer: \"ca.pem\", by: \"enrolled\" }],", "",
            "g.json5:1:1: mapping: empty: no certificate leads to a customer"),
        Change(
            "mapping: [{ issuer: \"ca.pem\", by: \"enrolled\" }]", "mapping: []",
            "g.json5:11:12: mapping: empty: no certificate leads to a customer"),
        Change(
            "institution: {", "institution: { loginMethods: 'password',",
            "g.json5:6:24: hosts[0].certificateHost: not used: institution.loginMethods has no certificates"),
    ])
    func `what can hardly be meant is accepted with a warning`(_ change: Change) throws {
        let outcome = readGateway(try change.applied(to: minimalGateway))
        #expect(outcome.complaints.isEmpty)
        #expect(outcome.warnings == change.complaints)
    }

    @Test func `logins by password alone need no certificate host`() throws {
        let text = """
            {
              listen: ["[::]:443"],
              institution: { name: "都島信用組合", service: "ＦＢ", loginMethods: "password" },
              hosts: [{ name: "fb.example.jp", role: "login", certificate: "fb.pem", key: "fb.key",
                        routes: [{ path: "/", upstream: "consent", access: "customer" }] }],
              upstreams: { consent: { endpoint: "127.0.0.1:80" } },
              assertion: { issuer: "https://fb.example.jp", keyFile: "a.pem", jwksFile: "a.jwks" },
              continuation: { keyFile: "c.key" },
            }
            """
        let outcome = readGateway(text)
        #expect(try outcome.value.mapping.isEmpty)
        #expect(outcome.warnings.isEmpty)
    }
}
