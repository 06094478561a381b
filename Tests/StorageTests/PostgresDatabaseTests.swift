import Settings
import Storage
import TestFolders
import TestPostgres
import Testing

/// What only a server can do to us.
@Suite struct PostgresDatabaseTests {
    let folder: TestFolder
    let address: PostgresAddress

    init() throws {
        folder = try TestFolder()
        address = try postgresAddress(of: folder)
    }

    private func open(
        _ options: PostgresOptions = PostgresOptions(), at address: PostgresAddress? = nil
    ) throws -> Database {
        try Database.postgres(
            address ?? self.address, schemas: [Schema(name: "notes", migrations: notes)], options: options)
    }

    private func sql(_ text: String) throws {
        try TestPostgres.shared().run(text, in: address.database)
    }

    private func setting(
        _ name: String, in database: Database, _ durability: Durability? = nil
    ) throws -> String? {
        func read(_ connection: borrowing DatabaseConnection) throws(DatabaseFault) -> String? {
            try connection.first("SELECT current_setting(?1)", DatabaseValue(name)) {
                (row) throws(DatabaseFault) in try row.text(0)
            }
        }
        return if let durability { try database.write(durability, read) } else { try database.read(read) }
    }

    // MARK: Opening

    @Test func `nobody at the address is unavailable`() throws {
        var nobody = address
        nobody.hosts = [PostgresAddress.Host("127.0.0.1", port: 1)]
        let fault = #expect(throws: DatabaseFault.self) { try open(at: nobody) }
        #expect(fault?.kind == .unavailable)
    }

    @Test func `a database that is not there is unavailable`() throws {
        var absent = address
        absent.database = "nothing"
        let fault = #expect(throws: DatabaseFault.self) { try open(at: absent) }
        #expect(fault?.kind == .unavailable && fault?.detail.contains("\"nothing\" does not exist") == true)
    }

    @Test func `another program's database is foreign`() throws {
        try sql("CREATE TABLE theirs (id INTEGER)")
        let fault = #expect(throws: DatabaseFault.self) { try open() }
        #expect(fault?.kind == .foreign)
    }

    @Test func `nodes that start at once bring the database up to date once`() throws {
        let address = address
        let faults = concurrently(8) { (_) -> DatabaseFault? in
            do throws(DatabaseFault) {
                _ = try Database.postgres(
                    address, schemas: [Schema(name: "notes", migrations: notes), .identity, .consent])
                return nil
            } catch { return error }
        }
        #expect(faults.compactMap { $0 } == [])
    }

    @Test func `a role that may create nothing will do where nothing is missing`() throws {
        _ = try open()
        let role = "worker_\(address.database.suffix(20))"
        try sql("CREATE ROLE \(role) LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        try sql("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO \(role)")
        var worker = address
        worker.user = role
        let database = try open(at: worker)
        try add(1, to: database)
        #expect(try count(database) == 1)
    }

    @Test func `a server that takes no changes is unavailable`() throws {
        _ = try open()
        try sql("ALTER DATABASE \(address.database) SET default_transaction_read_only = on")
        let fault = #expect(throws: DatabaseFault.self) { try open() }
        #expect(fault?.kind == .unavailable && fault?.detail.contains("read-only") == true)
    }

    // MARK: Who is spoken to

    @Test func `the password comes from its file, and a wrong one is not told`() throws {
        let server = try TestPostgres.shared()
        var known = address
        known.hosts = [PostgresAddress.Host("127.0.0.1", port: server.port)]
        known.passwordFile = "\(server.folder)/pgpass"
        _ = try open(at: known)
        try folder.write(Array("*:*:*:*:hunter2\n".utf8), to: "pgpass")
        known.passwordFile = folder.file("pgpass")
        let fault = #expect(throws: DatabaseFault.self) { try open(at: known) }
        #expect(fault?.kind == .unavailable && fault?.description.contains("hunter2") == false)
        #expect(fault?.detail.contains("password authentication failed") == true)
    }

    // MARK: Durability

    @Test func `what must not be lost is on disk whatever the role says`() throws {
        try sql("ALTER DATABASE \(address.database) SET synchronous_commit = off")
        let database = try open()
        #expect(try setting("synchronous_commit", in: database, .synced) == "on")
        #expect(try setting("synchronous_commit", in: database, .relaxed) == "off")
        #expect(try setting("synchronous_commit", in: database, .synced) == "on")
        #expect(try setting("transaction_isolation", in: database, .synced) == "serializable")
    }

    // MARK: Losses

    @Test func `a connection that the server closed is replaced before anybody notices`() throws {
        let database = try open()
        for number in 1...3 {
            try add(number, to: database)
            try terminateAll()
            #expect(try count(database) == number)
            try terminateAll()
        }
    }

    @Test func `a transaction whose connection is lost half way is run again as a whole`() throws {
        let database = try open()
        try add(1, to: database)
        var runs = 0
        let fault = Result {
            try database.write { (connection) throws(DatabaseFault) in
                runs += 1
                try connection.run(insert, 2, "two")
                if runs == 1 { try? terminateAll() }
                try connection.run(insert, 3, "three")
            }
        }
        #expect(throws: Never.self) { try fault.get() }
        #expect(runs == 2)
        #expect(try count(database) == 3)
    }

    @Test(arguments: [(Isolation.serializable, 2), (.statementByStatement, 1)])
    func `a row that somebody changes meanwhile makes a transaction begin anew, unless it need not`(
        _ isolation: Isolation, _ expected: Int
    ) throws {
        let (database, others) = (try open(), try open())
        try add(1, to: database)
        var runs = 0
        let body = try database.write(isolation: isolation) { (connection) throws(DatabaseFault) -> String? in
            runs += 1
            _ = try connection.first("SELECT count(*) FROM notes") { (row) throws(DatabaseFault) in
                try row.count(0)
            }
            if runs == 1 {
                try others.write { (other) throws(DatabaseFault) in
                    _ = try other.run("UPDATE notes SET body = 'other' WHERE id = 1")
                }
            }
            return try connection.first(
                "UPDATE notes SET body = body || ' and ours' WHERE id = 1 RETURNING body"
            ) { (row) throws(DatabaseFault) in try row.text(0) }
        }
        #expect(body == "other and ours")
        #expect(runs == expected)
    }

    @Test func `a transaction whose commit was not answered is not run again`() throws {
        let database = try open()
        try sql(
            """
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER die AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION die();
            """)
        var runs = 0
        let fault = #expect(throws: DatabaseFault.self) {
            try database.write { (connection) throws(DatabaseFault) in
                runs += 1
                try connection.run(insert, 1, "one")
            }
        }
        #expect(fault?.kind == .unavailable && runs == 1)
    }

    private func terminateAll() throws {
        try TestPostgres.shared().run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '\(address.database)'"
        )
    }

    @Test func `somebody else's lock is waited for, then busy`() throws {
        let database = try open(PostgresOptions(statementMilliseconds: 100))
        try add(1, to: database)
        let other = try open()
        let fault = try other.write { (connection) throws(DatabaseFault) -> DatabaseFault? in
            try connection.run("UPDATE notes SET body = 'other'")
            do throws(DatabaseFault) {
                try database.write { (connection) throws(DatabaseFault) in
                    _ = try connection.run("UPDATE notes SET body = 'ours'")
                }
                return nil
            } catch { return error }
        }
        #expect(fault?.kind == .busy)
        try add(2, to: database)
    }

    @Test func `more callers than connections take turns`() throws {
        let database = try open(PostgresOptions(connectionCountMax: 2))
        let faults = concurrently(12) { (thread) -> DatabaseFault? in
            do throws(DatabaseFault) {
                for turn in 0..<5 { try add(thread * 10 + turn, to: database) }
                return nil
            } catch { return error }
        }
        #expect(faults.compactMap { $0 } == [])
        #expect(try count(database) == 60)
        try sql(
            "DO $$ BEGIN ASSERT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND application_name = 'sekisho') = 2; END $$")
    }
}
