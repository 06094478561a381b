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
        #expect(refused.kind == .unavailable && refused.took < .milliseconds(50))
        try server.start()
        #expect(awaitRecovery() < .seconds(2))
        try add(2, to: database)
        #expect(try count(database) == 2)
    }

    @Test func `an orderly restart loses nothing either`() throws {
        try add(1, to: database)
        server.stop(keeping: true)
        #expect(attempt().kind == .unavailable)
        try server.start()
        #expect(awaitRecovery() < .seconds(2))
        #expect(try count(database) == 1)
    }

    @Test func `a server that says nothing is given up in time, and its connections with it`() throws {
        try add(1, to: database)
        try server.signalAll(SIGSTOP)
        let silent = attempt()
        #expect(silent.kind == .unavailable && silent.took < .seconds(2))
        let refused = attempt()
        #expect(refused.kind == .unavailable && refused.took < .milliseconds(50))
        try server.signalAll(SIGCONT)
        #expect(awaitRecovery() < .seconds(3))
        try add(2, to: database)
        #expect(try count(database) == 2)
    }
}
