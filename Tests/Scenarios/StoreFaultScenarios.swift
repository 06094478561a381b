import Foundation
import Glibc
import Journey
import Reactor
import TestPostgres
import Testing

/// What breaks under the gateway: its database and its disk.
@Suite(.serialized) struct StoreFaultScenarios {
    @Test func `a slow database makes logins slow, one too slow is given up in time, and nothing is lost`()
        throws
    {
        let postgres = try TestPostgres()
        let line = try SlowLine(to: postgres.port)
        defer { line.end() }
        let deployment = try Deployment(
            store: postgres.url.replacing(":\(postgres.port)/", with: ":\(line.port)/"))
        let visitor = try deployment.logIn()
        let well = try deployment.page(visitor).status

        line.delayMilliseconds = 100
        var start = Clock.monotonic()
        let slow = try deployment.visitor()
        #expect(try deployment.logIn(slow).status == 200)
        let slowMilliseconds = start.millisecondsUntilNow
        #expect(try deployment.page(slow).status == well)

        // Longer than any statement may take, and a second more (`PostgresOptions`).
        line.delayMilliseconds = 8000
        start = Clock.monotonic()
        let refused = try deployment.logIn(try deployment.visitor(), as: "TSUSER0016")
        let waited = start.millisecondsUntilNow
        #expect(refused.status == 503 && refused.text.contains("APL-"))
        #expect((5000...30_000).contains(waited), "\(waited) ms")
        start = Clock.monotonic()
        #expect(try deployment.ownPage() == 200)
        #expect(start.millisecondsUntilNow < waited / 2, "nobody else waits")

        line.delayMilliseconds = 0
        let milliseconds = try recovery {
            try deployment.page(visitor).status == well && deployment.page(slow).status == well
        }
        _ = try recovery {
            try deployment.logIn(try deployment.visitor(), as: "TSUSER0016").status == 200
        }
        print(
            """
            database slow: 100 ms a statement: login done in \(slowMilliseconds) ms; 8 s: login answered 503 after \
            \(waited) ms, both sessions kept, well \(milliseconds) ms after
            """)
    }

    @Test func `a line to the database that is cut again and again is seen by nobody`() throws {
        let postgres = try TestPostgres()
        let line = try SlowLine(to: postgres.port)
        defer { line.end() }
        let deployment = try Deployment(
            store: postgres.url.replacing(":\(postgres.port)/", with: ":\(line.port)/"))
        let visitor = try deployment.logIn()
        let well = try deployment.page(visitor).status
        for _ in 0..<10 {
            line.cut()
            usleep(50_000)
            #expect(try deployment.page(visitor).status == well)
            #expect(try deployment.logIn(try deployment.visitor()).status == 200)
        }
        print("database line cut 10 times between requests: 10 logins and 10 pages, none refused")
    }

    @Test func `a damaged store opens nothing to anybody, is told of, and a backup brings everybody back`()
        throws
    {
        let deployment = try Deployment()
        let visitor = try deployment.logIn()
        let well = try deployment.page(visitor).status
        let store = deployment.folder.path("customers.sqlite")
        let backup = deployment.folder.path("backup.sqlite")
        // As the operator's guide says, while it runs.
        try ChildProcess.run("sqlite3", [store, ".backup '\(backup)'"])
        try ChildProcess.run("sqlite3", [store, "PRAGMA wal_checkpoint(TRUNCATE)"])

        // All but the first page becomes noise under the running gateway.
        try damage(store)
        var statuses: [Int: Int] = [:]
        for _ in 0..<5 {
            let answer = try deployment.logIn(try deployment.visitor())
            statuses[answer.status, default: 0] += 1
            #expect([200, 503].contains(answer.status), "\(answer.status) \(answer.title)")
            if answer.status == 503 { #expect(answer.text.contains("APL-")) }
            let page = try deployment.page(visitor)
            #expect([well, 503].contains(page.status))
        }
        #expect(try deployment.ownPage() == 200)

        // The next start says why it does not serve.
        deployment.gateway?.kill()
        try? FileManager.default.removeItem(atPath: "\(store)-wal")
        try? FileManager.default.removeItem(atPath: "\(store)-shm")
        try damage(store)
        let refusal = try ChildProcess.outcome(
            "timeout",
            [
                "20", Deployment.program("sekisho"), "serve", "--config",
                deployment.folder.path("sekisho.json5"),
            ])
        #expect(refusal.status == 1, "\(refusal.status)")
        #expect(refusal.output.contains("corrupt: "), "\(refusal.output)")

        let start = Clock.monotonic()
        try? FileManager.default.removeItem(atPath: "\(store)-wal")
        try? FileManager.default.removeItem(atPath: "\(store)-shm")
        try FileManager.default.removeItem(atPath: store)
        try FileManager.default.copyItem(atPath: backup, toPath: store)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: store)
        try deployment.startGateway()
        #expect(try deployment.page(visitor).status == well, "the session of the copy is good")
        _ = try deployment.logIn()
        print(
            """
            store damaged: running, \(statuses) by status; started, refused: \(refusal.output.firstMatch(of: /corrupt: .*/)?.0 ?? ""); \
            from the backup well after \(start.millisecondsUntilNow) ms, session kept
            """)
    }

    private func damage(_ path: String) throws {
        let size = try #require(
            FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data((4096..<max(size, 8192)).map { _ in UInt8.random(in: 0...255) }))
        try file.close()
    }

    @Test func `a full disk under the store lets nobody in, and logins go on once there is room`() throws {
        guard let disk = try SmallDisk(mebibytes: 3) else { return }
        let store = disk.folder.path("customers.sqlite")
        let deployment = try Deployment {
            $0.replacing("sqlite:customers.sqlite", with: "sqlite:\(store)")
        }
        let visitor = try deployment.logIn()
        let well = try deployment.page(visitor).status
        disk.fill()
        let refused = try refusedLogin(deployment, triesMax: 200)
        #expect(refused?.status == 503)
        #expect(refused?.text.contains("APL-") == true)
        #expect(try deployment.page(visitor).status == well, "who is logged in stays so")
        try disk.makeRoom()
        let milliseconds = try recovery { try deployment.logIn(try deployment.visitor()).status == 200 }
        print(
            "disk full: login answered \(refused?.status ?? 0), sessions kept, well after \(milliseconds) ms")
        let check = try ChildProcess.run("sqlite3", [store, "PRAGMA integrity_check"])
        #expect(check.hasPrefix("ok"))
    }

    /// There is some room left yet; sooner or later there is none.
    private func refusedLogin(_ deployment: Deployment, triesMax: Int) throws -> VisitedPage? {
        for _ in 0..<triesMax {
            let answer = try deployment.logIn(try deployment.visitor())
            if answer.status != 200 { return answer }
        }
        return nil
    }

    @Test func `a full disk under the audit log answers pages, and no record is lost when there is room`()
        throws
    {
        guard let disk = try SmallDisk(mebibytes: 1) else { return }
        let audit = disk.folder.path("audit.log")
        let deployment = try Deployment {
            $0.replacing("auditFile: \"logs/audit.log\"", with: "auditFile: \"\(audit)\"")
        }
        let visitor = try deployment.logIn()
        let well = try deployment.page(visitor).status
        disk.fill()
        let refused = try refusedLogin(deployment, triesMax: 50)
        #expect(refused?.status == 503)
        #expect(refused?.text.contains("APL-") == true, "a page with a support code")
        expectRetryPage(try deployment.page(visitor), 503)
        try disk.makeRoom()
        let milliseconds = try recovery { try deployment.page(visitor).status == well }
        _ = try recovery { try deployment.logIn(try deployment.visitor()).status == 200 }
        deployment.gateway?.stop()
        let verified = try ChildProcess.outcome(
            Deployment.program("sekisho"),
            ["audit", "verify", "--config", deployment.folder.path("sekisho.json5")])
        #expect(verified.status == 0 && verified.output.contains("audit: good"), "\(verified.output)")
        let records = try String(contentsOfFile: audit, encoding: .utf8)
        #expect(!records.contains("audit.dropped"))
        let code = try #require(refused?.supportCode)
        print(
            """
            audit disk full: pages answered 503, session kept, well \(milliseconds) ms after there was room; \
            chain good, the refusal's own record \(records.contains(code) ? "kept" : "not in it")
            """)
    }
}
