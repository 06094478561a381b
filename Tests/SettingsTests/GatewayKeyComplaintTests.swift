import Settings
import Testing

@Suite struct GatewayKeyComplaintTests {
    @Test(arguments: [
        // Not JSON5 at all.
        Change("listen: [", "listen: [,", "g.json5:2:12: expected a value"),
        Change("continuation: {", "/* continuation: {", "g.json5:14:3: expected “*/” to end this comment"),
        // Kinds.
        Change(
            "[\"0.0.0.0:443\"]", "\"0.0.0.0:443\"",
            "g.json5:2:11: listen: expected a list of 1 to 16, each an endpoint (“127.0.0.1:80”, “[::1]:80”,"
                + " “unix:/path” or “systemd:NAME”), not “0.0.0.0:443”"),
        Change(
            "[\"0.0.0.0:443\"]", "[]",
            "g.json5:2:11: listen: expected a list of 1 to 16, each an endpoint (“127.0.0.1:80”, “[::1]:80”,"
                + " “unix:/path” or “systemd:NAME”), not 0"),
        Change(
            "\"0.0.0.0:443\"", "\"localhost:443\"",
            "g.json5:2:12: listen[0]: expected an endpoint (“127.0.0.1:80”, “[::1]:80”, “unix:/path” or"
                + " “systemd:NAME”), not “localhost:443”"),
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
            "listen:", "service: { hours: [{ from: '9:00', until: '24:01' }] }, listen:",
            "g.json5:2:30: service.hours[0].from: expected a time of the day (“07:30”, “24:00”), not “9:00”",
            "g.json5:2:45: service.hours[0].until: expected a time of the day (“07:30”, “24:00”), not"
                + " “24:01”"),
        Change(
            "listen:", "service: { hours: [{ from: '09:00', until: '09:00' }] }, listen:",
            "g.json5:2:46: service.hours[0].until: expected a time after “09:00”, not “09:00”"),
        Change(
            "listen:", "service: { maintenance: [{ from: 'now', until: 'later' }] }, listen:",
            "g.json5:2:36: service.maintenance[0].from: expected a date and time with offset"
                + " (“2027-01-01T00:00:00+09:00”), not “now”",
            "g.json5:2:50: service.maintenance[0].until: expected a date and time with offset"
                + " (“2027-01-01T00:00:00+09:00”), not “later”"),
        Change(
            "listen:",
            "service: { maintenance: [{ from: '2027-01-01T00:00:00Z', until: '2027-01-01T09:00:00+09:00' }] },"
                + " listen:",
            "g.json5:2:67: service.maintenance[0].until: expected a time after “2027-01-01T00:00:00Z”, not"
                + " “2027-01-01T09:00:00+09:00”"),
        Change(
            "listen:", "password: { costLog2: 13 }, listen:",
            "g.json5:2:25: password.costLog2: expected an integer from 14 to 18, not 13"),
        Change(
            "listen:", "lockout: { sourceFailuresMax: 0 }, listen:",
            "g.json5:2:33: lockout.sourceFailuresMax: expected an integer from 1 to 100000, not 0"),
        Change(
            "listen:", "logs: { access: 'yes' }, listen:",
            "g.json5:2:19: logs.access: expected true or false, not “yes”"),
        Change(
            "listen:", "logs: { format: 'jsn' }, listen:",
            "g.json5:2:19: logs.format: expected “json” or “text”, not “jsn”; did you mean “json”?"),
        Change(
            "listen:", "logs: { format: true }, listen:",
            "g.json5:2:19: logs.format: expected “json” or “text”, not true"),
        Change(
            "listen:", "logs: { auditKeyFile: 'k' }, listen:",
            "g.json5:2:25: logs.auditKeyFile: expected an auditFile for it to sign"),
        Change(
            "listen:", "logs: { accessFile: 'a', auditFile: 'a' }, listen:",
            "g.json5:2:23: logs.accessFile: expected another file than auditFile"),
        Change(
            "listen:", "logs: { whenFull: 'go' }, listen:",
            "g.json5:2:21: logs.whenFull: expected “stop” or “dropAndAlarm”, not “go”"),
        Change("listen:", "logs: [], listen:", "g.json5:2:9: logs: expected an object, not a list"),
        Change(
            "name: \"都島信用組合\"", "name: \"\"",
            "g.json5:3:24: institution.name: expected text of 1 to 200 characters on one line, not “”"),
        Change(
            "name: \"都島信用組合\"", "name: \"都島\\n\"",
            "g.json5:3:24: institution.name: expected text of 1 to 200 characters on one line, not"
                + " “都島\u{FFFD}”"
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
            "g.json5:12:16: upstreams[“2 b”]: expected a name (letters, digits, “-” and “_”; at most 64) as"
                + " key",
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
        let complaints = readGateway(try change.applied(to: minimalGateway)).complaints
        #expect(complaints == change.complaints)
    }
}
