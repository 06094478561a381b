import Settings
import Testing

/// What operators may get wrong around load balancers, upstreams' TLS, upgrades, monitoring and the service
/// manager.
@Suite struct LifeCycleComplaintTests {
    @Test(arguments: [
        proxy(
            "listener: '0.0.0.0:433', peers: ['10.0.0.0/8']",
            "g.json5:2:31: proxyProtocol[0].listener: expected one of listen, not “0.0.0.0:433”; did you mean"
                + " “0.0.0.0:443”?"),
        proxy(
            "listener: 'systemd:', peers: ['10.0.0.0/8']",
            "g.json5:2:31: proxyProtocol[0].listener: expected \(listener), not “systemd:”",
            "g.json5:2:31: proxyProtocol[0].listener: expected one of listen, not “systemd:”"),
        proxy(
            "listener: '0.0.0.0:443'",
            "g.json5:2:19: proxyProtocol[0].peers: missing; expected a list of 1 to 256, each \(peer)"),
        proxy(
            "listener: '0.0.0.0:443', peers: []",
            "g.json5:2:53: proxyProtocol[0].peers: expected a list of 1 to 256, each \(peer), not 0"),
        proxy(
            "listener: '0.0.0.0:443', peers: ['10.0.0.1/8']",
            "g.json5:2:54: proxyProtocol[0].peers[0]: expected \(peer), not “10.0.0.1/8”; did you mean"
                + " “10.0.0.0/8”?"),
        proxy(
            "listener: '0.0.0.0:443', peers: ['balancer.example.jp']",
            "g.json5:2:54: proxyProtocol[0].peers[0]: expected \(peer), not “balancer.example.jp”"),
        proxy(
            "listener: '0.0.0.0:443', peers: ['10.0.0.0/8', '10.0.0.0/8']",
            "g.json5:2:68: proxyProtocol[0].peers[1]: “10.0.0.0/8” is already said at 2:54"),
        proxy(
            "listener: '0.0.0.0:443', peers: ['unix']",
            "g.json5:2:54: proxyProtocol[0].peers[0]: “unix” is for listeners that are UNIX sockets"),
        Change(
            "[\"0.0.0.0:443\"]",
            "['unix:s'], proxyProtocol: [{ listener: 'unix:s', peers: ['unix', '10.0.0.0/8'] }]",
            "g.json5:2:77: proxyProtocol[0].peers[1]: expected “unix” for a listener that is a UNIX socket"),
        proxy(
            "listener: '0.0.0.0:443', peers: ['10.0.0.0/8'], headerSeconds: 0",
            "g.json5:2:84: proxyProtocol[0].headerSeconds: expected an integer from 1 to 60 (seconds), not 0"),
        proxy(
            "listener: '0.0.0.0:443', peers: ['10.0.0.0/8'], headerSecond: 1",
            "g.json5:2:69: proxyProtocol[0].headerSecond: unknown key; did you mean “headerSeconds”?"),
        proxy(
            "listener: '0.0.0.0:443', peers: ['10.0.0.0/8'] }, { listener: '0.0.0.0:443', peers: ['::1']",
            "g.json5:2:83: proxyProtocol[1].listener: already said at 2:31"),
    ])
    func `a listener for load balancers that is wrong is complained about where it stands`(
        _ change: Change
    ) throws {
        let complaints = readGateway(try change.applied(to: minimalGateway)).complaints
        #expect(complaints == change.complaints)
    }

    @Test func `a load balancer that could be anybody is warned of`() throws {
        let change = proxy("listener: '0.0.0.0:443', peers: ['::/0']")
        #expect(
            readGateway(try change.applied(to: minimalGateway)).warnings == [
                "g.json5:2:54: proxyProtocol[0].peers[0]: whoever connects may say for whom"
            ])
    }

    @Test(arguments: [
        upstream(
            "name: 'web.example.jp'",
            "g.json5:12:55: upstreams.consent.tls.anchors: missing; expected a list of 1 to 100, each a"
                + " file's path"),
        upstream(
            "name: '*.example.jp', anchors: ['ca.pem']",
            "g.json5:12:63: upstreams.consent.tls.name: expected a host name (letters, digits, hyphens and"
                + " dots; no wildcard), not “*.example.jp”"),
        upstream(
            "name: '127.0.0.1', anchors: ['ca.pem']",
            "g.json5:12:63: upstreams.consent.tls.name: expected a host name (letters, digits, hyphens and"
                + " dots; no wildcard), not “127.0.0.1”"),
        upstream(
            "name: 'web.example.jp', anchors: []",
            "g.json5:12:90: upstreams.consent.tls.anchors: expected a list of 1 to 100, each a file's path,"
                + " not 0"),
        upstream(
            "name: 'web.example.jp', anchors: ['']",
            "g.json5:12:91: upstreams.consent.tls.anchors[0]: expected a file's path, not “”"),
        upstream(
            "name: 'web.example.jp', anchors: ['ca.pem'], certificate: 'c.pem'",
            "g.json5:12:55: upstreams.consent.tls.key: missing; it belongs to certificate"),
        upstream(
            "name: 'web.example.jp', anchors: ['ca.pem'], key: 'c.key'",
            "g.json5:12:55: upstreams.consent.tls.certificate: missing; it belongs to key"),
        upstream(
            "name: 'web.example.jp', anchor: ['ca.pem']",
            "g.json5:12:55: upstreams.consent.tls.anchors: missing; expected a list of 1 to 100, each a"
                + " file's path",
            "g.json5:12:81: upstreams.consent.tls.anchor: unknown key; did you mean “anchors”?"),
        Change(
            "\"unix:consent.sock\"", "'systemd:consent'",
            "g.json5:12:37: upstreams.consent.endpoint: expected \(destination), not “systemd:consent”"),
        Change(
            "\"unix:consent.sock\"", "'unix:'",
            "g.json5:12:37: upstreams.consent.endpoint: expected \(destination), not “unix:”"),
        Change(
            "\"unix:consent.sock\"", "'unix:\(String(repeating: "s", count: 96))'",
            "g.json5:12:37: upstreams.consent.endpoint: expected a socket path of at most 107 bytes, not"
                + " “unix:\(String(repeating: "s", count: 54))…”"),
        Change(
            "\"unix:consent.sock\"", "'web.example.jp:443'",
            "g.json5:12:37: upstreams.consent.endpoint: expected \(destination), not “web.example.jp:443”"),
    ])
    func `an upstream over TLS or a socket that is wrong is complained about where it stands`(
        _ change: Change
    ) throws {
        let complaints = readGateway(try change.applied(to: minimalGateway)).complaints
        #expect(complaints == change.complaints)
    }

    @Test(arguments: [
        route(
            "upgrades: 'websocket'",
            "g.json5:7:80: hosts[0].routes[0].upgrades: expected a list of 0 to 8, each \(upgrade), not"
                + " “websocket”"),
        route(
            "upgrades: ['h2c']",
            "g.json5:7:81: hosts[0].routes[0].upgrades[0]: expected \(upgrade), not “h2c”"),
        route(
            "upgrades: ['TLS/1.0']",
            "g.json5:7:81: hosts[0].routes[0].upgrades[0]: expected \(upgrade), not “TLS/1.0”"),
        route(
            "upgrades: ['web socket']",
            "g.json5:7:81: hosts[0].routes[0].upgrades[0]: expected \(upgrade), not “web socket”"),
        route(
            "upgrades: ['WebSocket', 'websocket']",
            "g.json5:7:94: hosts[0].routes[0].upgrades[1]: “websocket” is already said at 7:81"),
        route(
            "upgrades: ['websocket'], upgradeIdleSeconds: 0",
            "g.json5:7:115: hosts[0].routes[0].upgradeIdleSeconds: expected an integer from 1 to 86400"
                + " (seconds), not 0"),
        route(
            "upgrades: ['websocket'], upgradeAbsoluteSeconds: 604801",
            "g.json5:7:119: hosts[0].routes[0].upgradeAbsoluteSeconds: expected an integer from 1 to 604800"
                + " (seconds), not 604801"),
        route(
            "upgrade: ['websocket']",
            "g.json5:7:70: hosts[0].routes[0].upgrade: unknown key; did you mean “upgrades”?"),
    ])
    func `an upgrade that is wrong is complained about where it stands`(_ change: Change) throws {
        let complaints = readGateway(try change.applied(to: minimalGateway)).complaints
        #expect(complaints == change.complaints)
    }

    @Test(arguments: [
        Change(
            "listen:", "monitoring: {}, listen:",
            "g.json5:2:15: monitoring.listen: missing; expected a list of 1 to 4, each \(listener)"),
        Change(
            "listen:", "monitoring: { listen: [] }, listen:",
            "g.json5:2:25: monitoring.listen: expected a list of 1 to 4, each \(listener), not 0"),
        Change(
            "listen:", "monitoring: { listen: ['9463'] }, listen:",
            "g.json5:2:26: monitoring.listen[0]: expected \(listener), not “9463”"),
        Change(
            "listen:", "monitoring: { listen: ['[::1]:1', '[::1]:1'] }, listen:",
            "g.json5:2:37: monitoring.listen[1]: “[::1]:1” is already said at 2:26"),
        Change(
            "listen:", "monitor: { listen: ['[::1]:1'] }, listen:",
            "g.json5:2:3: monitor: unknown key; did you mean “monitoring”?"),
        // One place for two servers.
        Change(
            "listen:", "monitoring: { listen: ['0.0.0.0:443'] }, listen:",
            "g.json5:2:26: monitoring.listen[0]: “0.0.0.0:443” is already the place of listen[0]"),
        Change(
            "listen:",
            "monitoring: { listen: ['unix:s'] }, admin: { socket: 's' }, listen:",
            "g.json5:2:56: admin.socket: “s” is already the place of monitoring.listen[0]"),
        // The service manager's sockets.
        Change(
            "\"0.0.0.0:443\"", "'systemd:'",
            "g.json5:2:12: listen[0]: expected \(listener), not “systemd:”"),
        Change(
            "\"0.0.0.0:443\"", "'systemd:a b'",
            "g.json5:2:12: listen[0]: expected \(listener), not “systemd:a b”"),
        Change(
            "\"0.0.0.0:443\"", "'systemd:a', 'systemd:a'",
            "g.json5:2:25: listen[1]: “systemd:a” is already said at 2:12"),
    ])
    func `monitoring or a socket of the service manager that is wrong is complained about where it stands`(
        _ change: Change
    ) throws {
        let complaints = readGateway(try change.applied(to: minimalGateway)).complaints
        #expect(complaints == change.complaints)
    }
}

private let listener = "an endpoint (“127.0.0.1:80”, “[::1]:80”, “unix:/path” or “systemd:NAME”)"
private let destination = "an endpoint (“127.0.0.1:80”, “[::1]:80” or “unix:/path”)"
private let peer = "a network (“10.0.0.0/8”, “2001:db8::/32”, no bit set behind the prefix) or “unix”"
private let upgrade = "a protocol such as “websocket” (not HTTP or TLS)"

private func proxy(_ keys: String, _ complaints: String...) -> Change {
    Change("listen:", "proxyProtocol: [{ \(keys) }], listen:", complaints)
}

private func upstream(_ keys: String, _ complaints: String...) -> Change {
    Change("\"unix:consent.sock\"", "'[::1]:443', tls: { \(keys) }", complaints)
}

private func route(_ keys: String, _ complaints: String...) -> Change {
    Change("access: \"customer\"", "access: 'customer', \(keys)", complaints)
}
