import Settings
import Testing

@Suite struct GatewayRuleComplaintTests {
    @Test(arguments: [
        Change(
            "listen:", "session: { idleSeconds: 700, absoluteSeconds: 699 }, listen:",
            "g.json5:2:27: session.idleSeconds: expected idleSeconds (700) to be at most absoluteSeconds"
                + " (699)"
        ),
        Change(
            "listen:", "session: { absoluteSeconds: 599 }, listen:",
            "g.json5:2:31: session.absoluteSeconds: expected idleSeconds (600) to be at most"
                + " absoluteSeconds (599)"
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
            "g.json5:8:99: hosts[1].trust: expected a trust store that the file defines, not “customer”;"
                + " did you mean “customers”?"),
        Change(
            "trust: \"customers\"",
            "trust: 'customers', cookieDomain: 'example.jp', certificateHost: 'fb.example.jp'",
            "g.json5:8:126: hosts[1].cookieDomain: for login hosts only",
            "g.json5:8:157: hosts[1].certificateHost: for login hosts only"),
        Change(
            "role: \"login\",", "role: 'login', cookieDomain: 'b.example.jp',",
            "g.json5:5:59: hosts[0].cookieDomain: expected “fb.example.jp” or a domain above it, not"
                + " “b.example.jp”",
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
            "g.json5:7:39: hosts[0].routes[0].upstream: expected an upstream that the file defines, not"
                + " “consnet”; did you mean “consent”?"),
        Change(
            "access: \"customer\"", "access: 'partner'",
            "g.json5:7:58: hosts[0].routes[0].access: “partner” is for partner hosts, not for a login host"),
        Change(
            "access: \"customer\" }",
            "access: 'customer' }, { path: '/', upstream: 'consent', access: 'anonymous' }",
            "g.json5:7:80: hosts[0].routes[1].path: “/” is already the path of hosts[0].routes[0]"),
        Change(
            "path: \"/\"", "path: '/.sekisho/x'",
            "g.json5:7:24: hosts[0].routes[0].path: expected a path outside “/.sekisho/”, which the gateway"
                + " keeps for itself, not “/.sekisho/x”"),
        Change(
            "path: \"/\"", "path: '/.sekisho'",
            "g.json5:7:24: hosts[0].routes[0].path: expected a path outside “/.sekisho/”, which the gateway"
                + " keeps for itself, not “/.sekisho”"),
        Change(
            "path: \"/\"", "path: '/a//b'",
            "g.json5:7:24: hosts[0].routes[0].path: expected a path without “//”, “.” and “..”, not “/a//b”"),
        Change(
            "path: \"/\"", "path: '/a/..'",
            "g.json5:7:24: hosts[0].routes[0].path: expected a path without “//”, “.” and “..”, not “/a/..”"),
        Change(
            "path: \"/\"", "path: '/%2e'",
            "g.json5:7:24: hosts[0].routes[0].path: expected a path that begins with “/” (unescaped;"
                + " letters, digits and -._~!$&'()*+,;=:@/), not “/%2e”"),
        // Hosts together.
        Change(
            "name: \"cert.fb.example.jp\"", "name: 'FB.example.jp'",
            "g.json5:6:24: hosts[0].certificateHost: expected the name of a host with the role"
                + " “certificate”, not “cert.fb.example.jp”",
            "g.json5:8:13: hosts[1].name: expected a login host to name this host as its certificateHost",
            "g.json5:8:13: hosts[1].name: “FB.example.jp” is already the name of hosts[0]"),
        Change(
            "name: \"fb.example.jp\"", "name: '*.example.jp'",
            "g.json5:5:13: hosts[0].name: expected a host name (letters, digits, hyphens and dots; no"
                + " wildcard), not “*.example.jp”"),
        Change(
            "certificateHost: \"cert.fb.example.jp\",", "",
            "g.json5:5:5: hosts[0].certificateHost: missing; logins by certificate need a certificate host",
            "g.json5:8:13: hosts[1].name: expected a login host to name this host as its certificateHost"),
        Change(
            "certificateHost: \"cert.fb.example.jp\"", "certificateHost: 'cret.fb.example.jp'",
            "g.json5:6:24: hosts[0].certificateHost: expected the name of a host with the role"
                + " “certificate”, not “cret.fb.example.jp”; did you mean “cert.fb.example.jp”?",
            "g.json5:8:13: hosts[1].name: expected a login host to name this host as its certificateHost"),
        Change(
            "name: \"fb.example.jp\"", "name: 'web.example.jp'",
            "g.json5:6:24: hosts[0].certificateHost: expected a host under the login host's cookieDomain"
                + " “web.example.jp”, not “cert.fb.example.jp”"),
    ])
    func `what does not fit together is complained about where it stands`(_ change: Change) throws {
        let complaints = readGateway(try change.applied(to: minimalGateway)).complaints
        #expect(complaints == change.complaints)
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
                "g.json5:11:54: hosts[3].routes[0].access: “customer” is for login and certificate hosts,"
                    + " not for a partner host",
            ])
    }
}
