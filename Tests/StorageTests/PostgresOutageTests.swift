import Glibc
import Settings
import Storage
import TestPostgres
import Testing

/// A server of its own, that is taken away and given back.
@Suite struct PostgresOutageTests {
    let server: TestPostgres
    let database: Database

    init() throws {
        server = try TestPostgres()
        database = try Database.postgres(
            server.database("sekisho"), schemas: [Schema(name: "notes", migrations: notes)],
            options: PostgresOptions(connectSeconds: 2, statementMilliseconds: 500))
    }

    /// What became of a read, and how long that took.
    private func attempt() -> (kind: DatabaseFault.Kind?, took: Duration) {
        var kind: DatabaseFault.Kind?
        let took = ContinuousClock().measure {
            do throws(DatabaseFault) { _ = try count(database) } catch { kind = error.kind }
        }
        return (kind, took)
    }

    /// Less than any wait for a server: nobody was asked. On a busy machine that takes a while, too.
    private static let moment = Duration.milliseconds(400)
    /// Far less than without limits of time.
    private static let patience = Duration.seconds(6)

    private func awaitRecovery() -> Duration {
        let began = ContinuousClock.now
        while attempt().kind != nil, ContinuousClock.now - began < .seconds(20) {}
        return ContinuousClock.now - began
    }

    @Test func `a crash loses nothing that was committed, and is over when the server is back`() throws {
        try add(1, to: database)
        try server.crash()
        #expect(attempt().kind == .unavailable)
        let refused = attempt()
        #expect(refused.kind == .unavailable && refused.took < Self.moment)
        try server.start()
        #expect(awaitRecovery() < Self.patience)
        try add(2, to: database)
        #expect(try count(database) == 2)
    }

    @Test(arguments: ["crash", "stop", "terminate"])
    func `connections that broke meanwhile cost nobody an answer once the server is back`(how: String) throws
    {
        // Many at once, so that many connections are open.
        func askAll() -> [DatabaseFault.Kind?] {
            concurrently(8) { [database] number in
                do throws(DatabaseFault) {
                    if number % 2 == 0 { _ = try count(database) } else { try touch(database) }
                    return nil
                } catch {
                    return error.kind
                }
            }
        }
        for _ in 0..<20 { #expect(askAll() == Array(repeating: nil, count: 8)) }
        switch how {
        case "crash":
            try server.crash()
            try server.start()
        case "stop":
            server.stop(keeping: true)
            try server.start()
        default:
            try server.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'sekisho'")
        }
        for _ in 0..<20 { #expect(askAll() == Array(repeating: nil, count: 8)) }
    }

    private func touch(_ database: Database) throws(DatabaseFault) {
        try database.write { (connection) throws(DatabaseFault) in
            _ = try connection.run("DELETE FROM notes WHERE id = ?1", DatabaseValue(-1))
        }
    }

    @Test func `an orderly restart loses nothing either`() throws {
        try add(1, to: database)
        server.stop(keeping: true)
        #expect(attempt().kind == .unavailable)
        try server.start()
        #expect(awaitRecovery() < Self.patience)
        #expect(try count(database) == 1)
    }

    @Test func `a server that says nothing is given up in time, and its connections with it`() throws {
        try add(1, to: database)
        try server.signalAll(SIGSTOP)
        let silent = attempt()
        #expect(silent.kind == .unavailable && silent.took < Self.patience)
        let refused = attempt()
        #expect(refused.kind == .unavailable && refused.took < Self.moment)
        try server.signalAll(SIGCONT)
        #expect(awaitRecovery() < Self.patience)
        try add(2, to: database)
        #expect(try count(database) == 2)
    }
}
