import Settings
import Testing

@Suite struct StoreURLTests {
    private func reading(_ url: String) throws -> SettingsOutcome<GatewaySettings> {
        readGateway(try Change("listen:", "store: '\(url)', listen:").applied(to: minimalGateway))
    }

    private func complaint(_ url: String) throws -> String {
        let complaints = try reading(url).complaints
        try #require(complaints.count == 1)
        return complaints[0]
    }

    // MARK: SQLite

    @Test func `a file's path begins at the folder of the configuration`() throws {
        guard case .accepted(let settings, _) = try reading("sqlite:state/a.db") else {
            Issue.record("refused")
            return
        }
        #expect(settings.store.description.hasSuffix("state/a.db"))
    }

    @Test(arguments: ["sqlite:///x", "sqlite:", "sqlite::memory:"])
    func `what SQLite would understand otherwise is refused`(_ url: String) throws {
        #expect(
            try complaint(url)
                == "g.json5:2:10: store: expected a file's path after “sqlite:”, with no “//” in front, not “\(url)”"
        )
    }

    // MARK: PostgreSQL

    @Test(arguments: [
        ("postgresql://u@localhost/db", "postgresql://u@localhost:5432/db"),
        ("postgresql://u@127.0.0.1:6000/db", "postgresql://u@127.0.0.1:6000/db"),
        ("postgresql://u@[::1]:6000/db", "postgresql://u@[::1]:6000/db"),
        ("postgresql://u@/db?host=/run/postgresql", "postgresql://u@/run/postgresql:5432/db"),
        ("postgresql://u@:65535/db?host=/run/postgresql", "postgresql://u@/run/postgresql:65535/db"),
        (
            "postgresql://u-1@DB1.example.jp,db2.example.jp:5433/sekisho.v2?sslrootcert=/ca.pem",
            "postgresql://u-1@db1.example.jp:5432,db2.example.jp:5433/sekisho.v2"
        ),
    ])
    func `a server is named as libpq names it`(_ url: String, _ shown: String) throws {
        guard case .accepted(let settings, _) = try reading(url) else {
            Issue.record("refused")
            return
        }
        #expect(settings.store.description == shown)
    }

    @Test(arguments: [
        "postgresql:", "postgresql://", "postgresql://db", "postgresql://db/x", "postgresql://u@db",
        "postgresql://u@/x", "postgresql://@db/x", "postgresql://u@db/", "postgresql://u@db/x/y",
        "postgresql://u@v@db/x", "postgresql://u%40@db/x", "postgresql://u@db_1/x", "postgresql://u@db:0/x",
        "postgresql://u@db:65536/x", "postgresql://u@db:/x", "postgresql://u@db,/x", "postgresql://u@[::/x",
        "postgresql://u@db/x y", "postgres://u@db/x", "PostgreSQL://u@db/x",
    ])
    func `what is no such URL is refused`(_ url: String) throws {
        #expect(try complaint(url).contains("“postgresql://USER@HOST:PORT/DATABASE”"))
    }

    @Test(arguments: [
        ("u@db/x", "“sslrootcert=FILE”, with the CAs that vouch for the server"),
        ("u@db/x?sslmode=verify-ca", "“sslrootcert=FILE”, with the CAs that vouch for the server"),
        ("u@db/x?sslmode=disable", "TLS (sslrootcert) to a server on another machine"),
        ("u@localhost,db/x?sslmode=disable", "TLS (sslrootcert) to a server on another machine"),
        ("u@db/x?sslmode=require", "sslmode “verify-full”, “verify-ca” or “disable”"),
        ("u@db/x?sslmode=prefer&sslrootcert=ca.pem", "sslmode “verify-full”, “verify-ca” or “disable”"),
        ("u@db/x?sslrootcert=ca.pem&sslcert=c.pem", "sslcert and sslkey together"),
        ("u@localhost/x?sslmode=disable&sslrootcert=ca.pem", "no certificate files without TLS"),
        (
            "u@db/x?sslrotcert=ca.pem",
            "after “?” only host, passfile, sslmode, sslrootcert, sslcert or sslkey"
        ),
        ("u@db/x?sslrootcert=a&sslrootcert=b", "sslrootcert once"),
        ("u@db/x?sslrootcert=", "a plain value for sslrootcert"),
        ("u@db/x?sslrootcert=%20", "a plain value for sslrootcert"),
        ("u@db/x?host=/run", "either a host's name or “?host=” with the folder of a socket"),
        ("u@:0/x?host=/run", "a port from 1 to 65535"),
    ])
    func `a server that could not be known for sure is refused`(_ rest: String, _ phrase: String) throws {
        #expect(try complaint("postgresql://\(rest)").contains("expected \(phrase)"))
    }

    @Test(arguments: [
        "postgresql://u:hunter2@db/x", "postgres://u:hunter2@db/x", "postgresql://u:hunter2@a@db/x",
        "postgresql://u@db/x?password=hunter2", "mysql://u:hunter2@db/x",
    ])
    func `a password in the URL is refused, and not shown`(_ url: String) throws {
        #expect(
            try complaint(url)
                == "g.json5:2:10: store: the URL holds a password; keep it in a file and name that: “?passfile=FILE”"
        )
    }

    @Test func `files are looked for beside the configuration, and the server's name is verified`() throws {
        let url = "postgresql://u@db/x?sslrootcert=ca.pem&sslcert=c.pem&sslkey=/k.pem&passfile=pgpass"
        guard case .accepted(let settings, _) = try reading(url),
            case .postgresql(let address) = settings.store
        else {
            Issue.record("refused")
            return
        }
        let tls = try #require(address.tls)
        #expect(tls.isNameVerified && tls.anchorsFile.hasSuffix("ca.pem"))
        #expect(tls.certificateFile?.hasSuffix("c.pem") == true && tls.keyFile == "/k.pem")
        #expect(address.passwordFile?.hasSuffix("pgpass") == true)
        let name = try reading("postgresql://u@db/x?sslmode=verify-ca&sslrootcert=ca.pem")
        guard case .accepted(let lax, _) = name, case .postgresql(let server) = lax.store else {
            Issue.record("refused")
            return
        }
        #expect(server.tls?.isNameVerified == false)
    }
}
