import Settings
import Storage
import TestFolders
import TestPKI
import TestPostgres
import Testing

/// Whom we speak to, and whether anybody can listen.
@Suite struct PostgresTLSTests {
    private let folder: TestFolder
    private let server: TestPostgres
    private let authority = TestAuthority(name: "Database CA")

    init() throws {
        folder = try TestFolder()
        server = try TestPostgres()
        try folder.write(authority.pem, to: "ca.pem")
        try folder.write(TestAuthority(name: "Database CA").pem, to: "other.pem")
    }

    private func giveTLS(to names: [String]) throws {
        let own = authority.issue("db", extendedKeyUsage: ["serverAuth"], san: names)
        try server.giveTLS(certificate: own.pem, key: own.keyPEM)
    }

    private func open(_ host: String, _ anchors: String, isNameVerified: Bool = true) throws -> Database {
        let tls = PostgresAddress.TLS(anchorsFile: folder.file(anchors), isNameVerified: isNameVerified)
        return try Database.postgres(
            PostgresAddress(
                user: "sekisho", hosts: [PostgresAddress.Host(host, port: server.port)], database: "sekisho",
                tls: tls, passwordFile: "\(server.folder)/pgpass"), schemas: [])
    }

    private func isEncrypted(_ database: Database) throws -> Bool? {
        try database.read { (connection) throws(DatabaseFault) in
            try connection.first("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") {
                (row) throws(DatabaseFault) in try row.bool(0)
            }
        }
    }

    @Test func `a server without TLS gets nothing, the password least of all`() throws {
        let fault = #expect(throws: DatabaseFault.self) { try open("localhost", "ca.pem") }
        #expect(fault?.kind == .unavailable && fault?.detail.contains("does not support SSL") == true)
    }

    @Test func `the server is known by its name and its authority`() throws {
        try giveTLS(to: ["DNS:localhost"])
        #expect(try isEncrypted(open("localhost", "ca.pem")) == true)
        let wrongName = #expect(throws: DatabaseFault.self) { try open("127.0.0.1", "ca.pem") }
        #expect(wrongName?.kind == .unavailable && wrongName?.detail.contains("does not match") == true)
        #expect(try isEncrypted(open("127.0.0.1", "ca.pem", isNameVerified: false)) == true)
        for isNameVerified in [true, false] {
            let wrongAuthority = #expect(throws: DatabaseFault.self) {
                try open("localhost", "other.pem", isNameVerified: isNameVerified)
            }
            #expect(wrongAuthority?.detail.contains("certificate verify failed") == true)
        }
    }

    @Test func `anchors that are not there let nobody through`() throws {
        try giveTLS(to: ["DNS:localhost"])
        let fault = #expect(throws: DatabaseFault.self) { try open("localhost", "absent.pem") }
        #expect(fault?.kind == .unavailable)
    }
}
