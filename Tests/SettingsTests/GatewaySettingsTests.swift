import Settings
import Testing

@Suite struct GatewaySettingsTests {
    @Test(arguments: [
        // Not JSON5 at all.
        Change("listen: [", "listen: [,", "g.json5:2:12: expected a value"),
        Change("continuation: {", "/* continuation: {", "g.json5:14:3: expected “*/” to end this comment"),
        // Kinds.
        Change(
            "[\"0.0.0.0:443\"]", "\"0.0.0.0:443\"",
            "g.json5:2:11: listen: expected a list of 1 to 16, each an endpoint (“127.0.0.1:80”, “[::1]:80” or"
                + " “unix:/path”), not “0.0.0.0:443”"),
        Change(
            "[\"0.0.0.0:443\"]", "[]",
            "g.json5:2:11: listen: expected a list of 1 to 16, each an endpoint (“127.0.0.1:80”, “[::1]:80” or"
                + " “unix:/path”), not 0"),
        Change(
            "\"0.0.0.0:443\"", "\"localhost:443\"",
            "g.json5:2:12: listen[0]: expected an endpoint (“127.0.0.1:80”, “[::1]:80” or “unix:/path”), not"
                + " “localhost:443”"),
        Change(
            "\"0.0.0.0:443\"", "\"0.0.0.0:443\", '0.0.0.0:443'",
            "g.json5:2:27: listen[1]: “0.0.0.0:443” is already said at 2:12"),
        Change(
            "listen:", "workers: 257, listen:",
            "g.json5:2:12: workers: expected an integer from 0 to 256, not 257"),
        Change(
            "listen:", "workers: -1, listen:",
            "g.json5:2:12: workers: expected an integer from 0 to 256, not -1"),
        Change(
            "listen:", "workers: 1.5, listen:",
            "g.json5:2:12: workers: expected an integer from 0 to 256, not 1.5"),
        Change(
            "listen:", "workers: '4', listen:",
            "g.json5:2:12: workers: expected an integer from 0 to 256, not “4”"),
        Change(
            "listen:", "publicPort: 0, listen:",
            "g.json5:2:15: publicPort: expected an integer from 1 to 65535, not 0"),
        Change(
            "listen:", "session: { idleSeconds: null }, listen:",
            "g.json5:2:27: session.idleSeconds: expected an integer from 1 to 86400 (seconds), not null"),
        Change(
            "listen:", "logs: { access: 'yes' }, listen:",
            "g.json5:2:19: logs.access: expected true or false, not “yes”"),
        Change(
            "listen:", "logs: { format: 'jsn' }, listen:",
            "g.json5:2:19: logs.format: expected “json” or “text”, not “jsn”; did you mean “json”?"),
        Change(
            "listen:", "logs: { format: true }, listen:",
            "g.json5:2:19: logs.format: expected “json” or “text”, not true"),
        Change("listen:", "logs: [], listen:", "g.json5:2:9: logs: expected an object, not a list"),
        Change(
            "listen:", "store: 'postgresql://db/x', listen:",
            "g.json5:2:10: store: expected “sqlite:PATH”, the only store there is, not “postgresql://db/x”"),
        Change(
            "listen:", "store: 'sqlite:///x', listen:",
            "g.json5:2:10: store: expected a file's path after “sqlite:”, with no “//” in front, not “sqlite:///x”"
        ),
        Change(
            "listen:", "store: 'sqlite:', listen:",
            "g.json5:2:10: store: expected a file's path after “sqlite:”, with no “//” in front, not “sqlite:”"
        ),
        Change(
            "name: \"都島信用組合\"", "name: \"\"",
            "g.json5:3:24: institution.name: expected text of 1 to 200 characters on one line, not “”"),
        Change(
            "name: \"都島信用組合\"", "name: \"都島\\n\"",
            "g.json5:3:24: institution.name: expected text of 1 to 200 characters on one line, not “都島\u{FFFD}”"
        ),
        Change("\"fb.pem\"", "\"\"", "g.json5:5:58: hosts[0].certificate: expected a file's path, not “”"),
        Change(
            "\"fb.pem\"", "{}", "g.json5:5:58: hosts[0].certificate: expected a file's path, not an object"),
        Change(
            "\"https://fb.example.jp\"", "\"http://fb.example.jp\"",
            "g.json5:13:24: assertion.issuer: expected an https URL without query, not “http://fb.example.jp”"
        ),
        Change(
            "trust: { customers: { anchors: [\"ca.pem\"] } }", "trust: []",
            "g.json5:8:99: hosts[1].trust: expected a trust store that the file defines, not “customers”",
            "g.json5:10:10: trust: expected an object of named objects, not a list"),
        Change(
            "upstreams: {", "upstreams: { '2 b': 7, _x: { endpoint: '[::1]:1' },",
            "g.json5:12:16: upstreams[“2 b”]: expected a name (letters, digits, “-” and “_”; at most 64) as key",
            "g.json5:12:23: upstreams[“2 b”]: expected an object, not 7",
            "g.json5:12:26: upstreams._x: expected a name (letters, digits, “-” and “_”; at most 64) as key"),
        Change(
            "\"unix:consent.sock\"", "\"127.0.0.1:0\"",
            "g.json5:12:37: upstreams.consent.endpoint: expected a port from 1 to 65535, not “127.0.0.1:0”"),
        // Keys.
        Change(
            "continuation: { keyFile: \"continuation.key\" },", "",
            "g.json5:1:1: continuation: missing; expected an object"),
        Change(
            "by: \"enrolled\"", "", "g.json5:11:13: mapping[0].by: missing; expected “subject” or “enrolled”"),
        Change(
            "listen:", "sesion: {}, listen:",
            "g.json5:2:3: sesion: unknown key; did you mean “session”?"),
        Change(
            "listen:", "session: { 'idle seconds': 5 }, listen:",
            "g.json5:2:14: session[“idle seconds”]: unknown key; did you mean “idleSeconds”?"),
        Change(
            "listen:", "session: { colour: 5 }, listen:",
            "g.json5:2:14: session.colour: unknown key; expected idleSeconds, absoluteSeconds"),
        Change(
            "listen:", "workers: 1, 'workers': 2,\n workers: 3, listen:",
            "g.json5:2:15: workers: repeated key; first at 2:3",
            "g.json5:3:2: workers: repeated key; first at 2:3"),
        Change(
            "upstreams: {", "upstreams: { consent: { endpoint: '[::1]:1' }, ",
            "g.json5:12:51: upstreams.consent: repeated key; first at 12:16"),
    ])
    func `a value or key that is wrong is complained about where it stands`(_ change: Change) throws {
        #expect(readGateway(try change.applied(to: minimalGateway)).complaints == change.complaints)
    }

    @Test(arguments: [
        Change(
            "listen:", "session: { idleSeconds: 700, absoluteSeconds: 699 }, listen:",
            "g.json5:2:27: session.idleSeconds: expected idleSeconds (700) to be at most absoluteSeconds (699)"
        ),
        Change(
            "listen:", "session: { absoluteSeconds: 599 }, listen:",
            "g.json5:2:31: session.absoluteSeconds: expected idleSeconds (600) to be at most absoluteSeconds (599)"
        ),
        Change(
            "by: \"enrolled\"", "by: 'enrolled', attribute: 'CN'",
            "g.json5:11:60: mapping[0].attribute: for by: “subject” only"),
        // One host.
        Change(
            "role: \"login\",", "role: 'login', trust: 'customers',",
            "g.json5:5:52: hosts[0].trust: not for login hosts: they ask for no certificate"),
        Change(
            ", trust: \"customers\"", "",
            "g.json5:8:5: hosts[1].trust: missing; a certificate host needs a trust store"),
        Change(
            "trust: \"customers\"", "trust: 'customer'",
            "g.json5:8:99: hosts[1].trust: expected a trust store that the file defines, not “customer”; did you mean"
                + " “customers”?"),
        Change(
            "trust: \"customers\"",
            "trust: 'customers', cookieDomain: 'example.jp', certificateHost: 'fb.example.jp'",
            "g.json5:8:126: hosts[1].cookieDomain: for login hosts only",
            "g.json5:8:157: hosts[1].certificateHost: for login hosts only"),
        Change(
            "role: \"login\",", "role: 'login', cookieDomain: 'b.example.jp',",
            "g.json5:5:59: hosts[0].cookieDomain: expected “fb.example.jp” or a domain above it, not “b.example.jp”",
            "g.json5:6:24: hosts[0].certificateHost: expected a host under the login host's cookieDomain"
                + " “b.example.jp”, not “cert.fb.example.jp”"),
        Change(
            "routes: [{ path: \"/\", upstream: \"consent\", access: \"customer\" }]", "",
            "g.json5:5:5: hosts[0].routes: missing; a login host needs routes"),
        Change(
            "[{ path: \"/\", upstream: \"consent\", access: \"customer\" }]", "[]",
            "g.json5:7:15: hosts[0].routes: expected at least one route on a login host"),
        // Routes.
        Change(
            "upstream: \"consent\"", "upstream: 'consnet'",
            "g.json5:7:39: hosts[0].routes[0].upstream: expected an upstream that the file defines, not “consnet”;"
                + " did you mean “consent”?"),
        Change(
            "access: \"customer\"", "access: 'partner'",
            "g.json5:7:58: hosts[0].routes[0].access: “partner” is for partner hosts, not for a login host"),
        Change(
            "access: \"customer\" }",
            "access: 'customer' }, { path: '/', upstream: 'consent', access: 'anonymous' }",
            "g.json5:7:80: hosts[0].routes[1].path: “/” is already the path of hosts[0].routes[0]"),
        Change(
            "path: \"/\"", "path: '/.sekisho/x'",
            "g.json5:7:24: hosts[0].routes[0].path: expected a path outside “/.sekisho/”, which the gateway keeps for"
                + " itself, not “/.sekisho/x”"),
        Change(
            "path: \"/\"", "path: '/.sekisho'",
            "g.json5:7:24: hosts[0].routes[0].path: expected a path outside “/.sekisho/”, which the gateway keeps for"
                + " itself, not “/.sekisho”"),
        Change(
            "path: \"/\"", "path: '/a//b'",
            "g.json5:7:24: hosts[0].routes[0].path: expected a path without “//”, “.” and “..”, not “/a//b”"),
        Change(
            "path: \"/\"", "path: '/a/..'",
            "g.json5:7:24: hosts[0].routes[0].path: expected a path without “//”, “.” and “..”, not “/a/..”"),
        Change(
            "path: \"/\"", "path: '/%2e'",
            "g.json5:7:24: hosts[0].routes[0].path: expected a path that begins with “/” (unescaped; letters, digits and"
                + " -._~!$&'()*+,;=:@/), not “/%2e”"),
        // Hosts together.
        Change(
            "name: \"cert.fb.example.jp\"", "name: 'FB.example.jp'",
            "g.json5:6:24: hosts[0].certificateHost: expected the name of a host with the role “certificate”, not"
                + " “cert.fb.example.jp”",
            "g.json5:8:13: hosts[1].name: expected a login host to name this host as its certificateHost",
            "g.json5:8:13: hosts[1].name: “FB.example.jp” is already the name of hosts[0]"),
        Change(
            "name: \"fb.example.jp\"", "name: '*.example.jp'",
            "g.json5:5:13: hosts[0].name: expected a host name (letters, digits, hyphens and dots; no wildcard), not"
                + " “*.example.jp”"),
        Change(
            "certificateHost: \"cert.fb.example.jp\",", "",
            "g.json5:5:5: hosts[0].certificateHost: missing; logins by certificate need a certificate host",
            "g.json5:8:13: hosts[1].name: expected a login host to name this host as its certificateHost"),
        Change(
            "certificateHost: \"cert.fb.example.jp\"", "certificateHost: 'cret.fb.example.jp'",
            "g.json5:6:24: hosts[0].certificateHost: expected the name of a host with the role “certificate”, not"
                + " “cret.fb.example.jp”; did you mean “cert.fb.example.jp”?",
            "g.json5:8:13: hosts[1].name: expected a login host to name this host as its certificateHost"),
        Change(
            "name: \"fb.example.jp\"", "name: 'web.example.jp'",
            "g.json5:6:24: hosts[0].certificateHost: expected a host under the login host's cookieDomain"
                + " “web.example.jp”, not “cert.fb.example.jp”"),
    ])
    func `what does not fit together is complained about where it stands`(_ change: Change) throws {
        #expect(readGateway(try change.applied(to: minimalGateway)).complaints == change.complaints)
    }

    @Test func `two login hosts cannot share a certificate host`() throws {
        let second = """
            { name: "fb.other.jp", role: "login", certificate: "fb.pem", key: "fb.key", cookieDomain: "other.jp",
              certificateHost: "cert.fb.example.jp", routes: [{ path: "/", upstream: "consent", access: "anonymous" }] },
            ],
              trust: {
            """
        let text = try Change("],\n  trust: {", second).applied(to: minimalGateway)
        #expect(
            readGateway(text).complaints == [
                "g.json5:10:20: hosts[2].certificateHost: expected a host under the login host's cookieDomain"
                    + " “other.jp”, not “cert.fb.example.jp”",
                "g.json5:10:20: hosts[2].certificateHost: “cert.fb.example.jp” is already named by"
                    + " hosts[0].certificateHost",
            ])
    }

    @Test func `a partner host needs a trust store and routes and has no customers`() throws {
        let partner = """
            { name: "api.example.jp", role: "partner", certificate: "a.pem", key: "a.key" },
            { name: "api2.example.jp", role: "partner", certificate: "a.pem", key: "a.key", trust: "customers",
              routes: [{ path: "/", upstream: "consent", access: "customer" }] },
            ],
              trust: {
            """
        let text = try Change("],\n  trust: {", partner).applied(to: minimalGateway)
        #expect(
            readGateway(text).complaints == [
                "g.json5:9:3: hosts[2].routes: missing; a partner host needs routes",
                "g.json5:9:3: hosts[2].trust: missing; a partner host needs a trust store",
                "g.json5:11:54: hosts[3].routes[0].access: “customer” is for login and certificate hosts, not for a"
                    + " partner host",
            ])
    }

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
            "g.json5:2:27: listen[1]: expected an endpoint (“127.0.0.1:80”, “[::1]:80” or “unix:/path”), not “nowhere”",
            "g.json5:2:38: listen[2]: expected an endpoint (“127.0.0.1:80”, “[::1]:80” or “unix:/path”), not 7",
            "g.json5:3:3: worker: unknown key; did you mean “workers”?",
            "g.json5:4:12: workers: expected an integer from 0 to 256, not “many”",
            "g.json5:5:24: institution.name: expected text of 1 to 200 characters on one line, not “”",
            "g.json5:5:57: institution.loginMethods: expected “certificate+password” or “certificate” or “password”,"
                + " not “pasword”; did you mean “password”?",
            "g.json5:7:5: hosts[0].certificateHost: missing; logins by certificate need a certificate host",
            "g.json5:7:13: hosts[0].name: expected a host name (letters, digits, hyphens and dots; no wildcard), not"
                + " “fb_1.example.jp”",
            "g.json5:7:60: hosts[0].certificate: expected a file's path, not “”",
            "g.json5:7:86: hosts[0].trust: expected a trust store that the file defines, not “x”",
            "g.json5:7:86: hosts[0].trust: not for login hosts: they ask for no certificate",
            "g.json5:8:24: hosts[0].routes[0].path: expected a path that begins with “/” (unescaped; letters, digits and"
                + " -._~!$&'()*+,;=:@/), not “no”",
            "g.json5:8:40: hosts[0].routes[0].upstream: expected a name (letters, digits, “-” and “_”; at most 64), not"
                + " “a b”",
            "g.json5:8:40: hosts[0].routes[0].upstream: expected an upstream that the file defines, not “a b”",
            "g.json5:8:55: hosts[0].routes[0].access: expected “customer” or “anonymous” or “partner”, not “everybody”",
            "g.json5:8:70: hosts[0].routes[1]: expected an object, not 5",
            "g.json5:9:5: hosts[1].key: missing; expected a file's path",
            "g.json5:9:38: hosts[1].role: expected “login” or “certificate” or “partner”, not “certificat”; did you mean"
                + " “certificate”?",
            "g.json5:10:5: hosts[2]: expected an object, not null",
            "g.json5:12:34: trust.customers.anchors: expected a list of 1 to 100, each a file's path, not 0",
            "g.json5:12:48: trust.customers.depthMax: expected an integer from 1 to 10, not 11",
            "g.json5:12:64: trust.customers.rsaBitsMin: expected an integer from 2048 to 16384 (bits), not 1024",
            "g.json5:13:10: store: expected “sqlite:PATH”, the only store there is, not “mysql:x”",
            "g.json5:13:21: store: repeated key; first at 13:3",
            "g.json5:14:37: upstreams.consent.endpoint: expected an endpoint (“127.0.0.1:80”, “[::1]:80” or"
                + " “unix:/path”), not “127.0.0.1”",
            "g.json5:14:66: upstreams.consent.connectSeconds: expected an integer from 1 to 60 (seconds), not 0",
            "g.json5:15:14: assertion.jwksFile: missing; expected a file's path",
            "g.json5:15:24: assertion.issuer: expected an https URL without query, not “fb.example.jp”",
            "g.json5:15:58: assertion.lifetimeSeconds: expected an integer from 30 to 300 (seconds), not 301",
            "g.json5:15:72: assertion.keyFile: expected a file's path, not 1",
            "g.json5:16:27: limits.lineBytesMax: expected lineBytesMax (65536) to be at most headBytesMax (32768)",
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

    @Test func `the full file is accepted`() throws {
        let outcome = readGateway(fullGateway)
        let settings = try outcome.value
        #expect(outcome.warnings.isEmpty)
        #expect(
            settings.listen.map(\.description) == [
                "0.0.0.0:443", "[::]:443", "unix:/etc/sekisho/run/gate.sock",
            ])
        #expect(settings.workers == 4)
        #expect(settings.institution.loginMethods == .certificate)
        #expect(settings.institution.supportText?.hasPrefix("ヘルプデスク") == true)
        #expect(settings.publicPort == 8443)
        #expect(settings.hosts.map(\.name) == ["fb.example.jp", "cert.example.jp", "api.example.jp"])
        #expect(settings.hosts.map(\.cookieDomain) == ["example.jp", "example.jp", nil])
        #expect(settings.hosts.map(\.routes.count) == [2, 2, 1])
        #expect(settings.hosts[0].key == "/etc/tls/fb.key")
        #expect(
            settings.trust["customers"]
                == .init(
                    anchors: ["/etc/sekisho/ca/root.pem"], intermediates: ["/etc/sekisho/ca/sub.pem"],
                    depthMax: 2,
                    clientAuthPurpose: .allowAbsent, rsaBitsMin: 3072))
        #expect(
            settings.mapping[0]
                == .init(
                    issuer: "/etc/sekisho/ca/sub.pem", by: .subject, attribute: .userID, comparison: .foldCase
                ))
        #expect(settings.store == .sqlite(path: "/var/lib/sekisho/gate.db"))
        #expect(settings.upstreams["bank-api"]?.endpoint == .tcp(address: "::1", port: 8081))
        #expect(settings.assertion.issuer.path == "/gate")
        #expect(settings.session == .init(idleSeconds: 300, absoluteSeconds: 900))
        #expect(settings.lockout == .init(failuresMax: 3, pauseSeconds: 60, pausesMax: 2))
        #expect(settings.password == .init(workers: 1, queueMax: 8))
        #expect(
            settings.limits
                == .init(
                    connectionsMax: 100, handshakeSeconds: 1, headerSeconds: 2, bodyIdleSeconds: 3,
                    keepAliveSeconds: 4, requestsPerConnectionMax: 5, headBytesMax: 8192, fieldCountMax: 10,
                    lineBytesMax: 4096, loginBodyBytesMax: 2048, drainSeconds: 0))
        #expect(
            settings.logs == .init(format: .text, access: false, auditFile: "/etc/sekisho/../log/audit.json"))
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
