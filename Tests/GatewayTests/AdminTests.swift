import Glibc
import HTTP
import Logs
import Reactor
import Serving
import Synchronization
import TestFolders
import Testing
import Text

@testable import Gateway

@Suite struct AdminTests {
    private let folder: TestFolder
    private let logs: GatewayLogs
    private let asked = Requests()

    init() throws {
        Signals.ignoreBrokenPipe()
        folder = try TestFolder()
        let log = try LogSink(file: folder.file("log"))
        logs = GatewayLogs(log: log, audit: try LogSink(file: folder.file("audit")))
    }

    private final class Requests: Sendable {
        let all = Mutex<[AdminRequest]>([])
    }

    private var routes: [AdminRoute] {
        let asked = self.asked
        return [
            AdminRoute("test.show", "GET", "/test/:name") { request in
                asked.all.withLock { $0.append(request) }
                return AdminAnswer { $0.member("name", request.parameters["name"] ?? "") }
            },
            AdminRoute("test.change", "POST", "/test/:name/change") { request throws(AdminRefusal) in
                asked.all.withLock { $0.append(request) }
                guard try request.json()["good"]?.bool == true else {
                    throw AdminRefusal(status: 409, code: "bad", "not good") { $0.member("count", 7) }
                }
                return AdminAnswer { _ in }
            },
        ]
    }

    private var count: Int { asked.all.withLock { $0.count } }

    private func desk(userIDs: Set<UInt32>? = nil) -> AdminDesk {
        AdminDesk(routes: routes, logs: logs, userIDs: userIDs ?? [Account.ownID])
    }

    private func request(
        _ method: String, _ path: String, body: String = "", userID: UInt32? = Account.ownID
    ) -> WebRequest {
        WebRequest(
            head: RequestHead(method: method, target: path, host: "sekisho"), body: Array(body.utf8),
            peer: PeerAddress(ip: "unix", port: 0),
            credentials: userID.map { PeerCredentials(processID: 1, userID: $0) })
    }

    private func error(_ response: WebResponse) throws -> String? {
        try JSONReader.read(response.body, dialect: .json)["error"]?.string
    }

    private func audit() throws -> String {
        _ = logs.audit.flush()
        return try folder.text(of: "audit")
    }

    @Test func `a command reaches its route with who gave it, and is audited before and after`() throws {
        let response = desk().answer(request("GET", "/test/customers"))
        #expect(response.status == 200)
        #expect(String(decoding: response.body, as: UTF8.self) == #"{"name":"customers"}"#)
        let caller = try #require(asked.all.withLock { $0.first }).caller
        #expect(caller == AdminCaller(userID: Account.ownID, name: Account.name(of: Account.ownID)))
        let lines = try audit().split(separator: "\n")
        try #require(lines.count == 2)
        for (line, event) in zip(lines, ["admin.asked", "admin.answered"]) {
            for part in [event, "test.show", "/test/customers", caller.name, "\(caller.userID)"] {
                #expect(line.contains(part))
            }
        }
    }

    @Test func `another account, or a connection nobody vouches for, is refused and carries out nothing`()
        throws
    {
        let other = Account.ownID + 1
        let response = desk().answer(
            request("POST", "/test/a/change", body: #"{"good":true}"#, userID: other))
        #expect(response.status == 403)
        #expect(desk().answer(request("GET", "/test/a", userID: nil)).status == 403)
        #expect(count == 0)
        let text = try audit()
        #expect(text.contains("admin.refused"))
        #expect(text.contains("\(other)"))
        #expect(!text.contains("admin.asked"))
    }

    @Test(arguments: [
        ("GET", "/", 404), ("GET", "/test", 404), ("GET", "/test/", 404), ("GET", "/test/a/", 404),
        ("GET", "/test/a/b", 404), ("POST", "/test/a", 405), ("GET", "/test/a/change", 405),
        ("DELETE", "/test/a", 405), ("GET", "//test/a", 404),
    ])
    func `what no route takes is refused`(method: String, path: String, status: Int) {
        #expect(desk().answer(request(method, path)).status == status)
        #expect(count == 0)
    }

    @Test func `a refusal says why in words and as a code, and is audited`() throws {
        let response = desk().answer(request("POST", "/test/a/change"))
        #expect(response.status == 409)
        #expect(
            String(decoding: response.body, as: UTF8.self)
                == #"{"error":"bad","message":"not good","count":7}"#)
        #expect(try audit().contains("bad"))
        let malformed = desk().answer(request("POST", "/test/a/change", body: "{"))
        #expect(malformed.status == 400)
        #expect(try error(malformed) == "malformed")
    }

    @Test func `what can't be audited does not happen`() throws {
        let full = LogSink(descriptor: 2, format: .json, queueBytesMax: 1)
        let desk = AdminDesk(
            routes: routes, logs: GatewayLogs(log: logs.log, audit: full), userIDs: [Account.ownID])
        let response = desk.answer(request("GET", "/test/a"))
        #expect(response.status == 503)
        #expect(try error(response) == "auditUnavailable")
        #expect(count == 0)
    }

    // MARK: The socket

    @Test func `the socket is its owner's alone and serves commands`() throws {
        let path = folder.file("admin.sock")
        let server = try AdminServer(socket: path, routes: routes, logs: logs)
        defer { server.stop() }
        var facts = stat()
        unsafe try #require(lstat(path, &facts) == 0)
        #expect(facts.st_mode & 0o777 == 0o600)
        let client = try BlockingClient(to: .unix(path: path))
        let response = try client.send("GET", "/test/partners", headers: headers("sekisho"))
        #expect(response.head.status == 200)
        #expect(response.text == #"{"name":"partners"}"#)
        #expect(asked.all.withLock { $0.first?.caller.userID } == Account.ownID)
    }

    @Test(arguments: [0o777, 0o770, 0o707, 0o722] as [mode_t])
    func `a folder that others may write to is no place for the socket`(mode: mode_t) throws {
        let open = folder.file("open")
        unsafe try #require(mkdir(open, 0o700) == 0)
        defer { unsafe rmdir(open) }
        unsafe try #require(chmod(open, mode) == 0)
        #expect(throws: GatewayFault.self) {
            try AdminServer(socket: "\(open)/admin.sock", routes: [], logs: logs)
        }
        #expect(!Files.exists("\(open)/admin.sock"))
        #expect(throws: GatewayFault.self) {
            try AdminServer(socket: folder.file("nothing/admin.sock"), routes: [], logs: logs)
        }
        let file = folder.file("audit")
        #expect(throws: GatewayFault.self) {
            try AdminServer(socket: "\(file)/admin.sock", routes: [], logs: logs)
        }
    }

    @Test func `a socket that another gateway serves is not taken from it`() throws {
        let path = folder.file("admin.sock")
        let server = try AdminServer(socket: path, routes: routes, logs: logs)
        defer { server.stop() }
        #expect(throws: GatewayFault.self) { try AdminServer(socket: path, routes: [], logs: logs) }
        let client = try BlockingClient(to: .unix(path: path))
        #expect(try client.send("GET", "/test/a", headers: headers("sekisho")).head.status == 200)
    }
}
