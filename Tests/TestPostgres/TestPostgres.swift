import CPostgres
import Foundation
import Glibc
public import Settings
import Synchronization

/// A real PostgreSQL server for tests, on a free port. It ends with the test program, however that ends, and its
/// folder with it.
public final class TestPostgres: Sendable {
    public let folder: String
    public let port: UInt16
    private let settings: [String]
    private let process = Mutex<Process?>(nil)

    /// The one shared by tests that do no harm to it. It does not wait for the disk.
    public static func shared() throws -> TestPostgres { try sharedServer.get() }

    private static let sharedServer = Result {
        try TestPostgres(settings: ["fsync=off", "max_connections=400"])
    }

    public init(settings: [String] = []) throws {
        folder = "/tmp/sekisho-postgres-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        port = try FreePort.find()
        self.settings = settings
        try start()
    }

    deinit { stop() }

    // MARK: The server

    /// Starts the server, and waits until it answers.
    public func start() throws {
        let process = Process()
        let script = """
            scripts/postgres "$@" & server=$!
            read line
            kill -INT $server
            wait $server
            [ "$line" = keep ] || rm -rf "$1"
            """
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["--default-signal", "sh", "-c", script, "sh", folder, "\(port)"] + settings
        process.currentDirectoryURL = Self.package
        process.standardInput = Pipe()
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        self.process.withLock { $0 = process }
        for _ in 0..<3_000 {
            if (try? run("SELECT 1")) != nil { return }
            guard process.isRunning else { break }
            usleep(10_000)
        }
        throw TestPostgresFault("PostgreSQL does not answer")
    }

    /// Stops it in an orderly way; what is stored stays for the next `start`.
    public func stop(keeping: Bool = false) {
        let process = process.withLock { $0.take() }
        guard let process, let pipe = process.standardInput as? Pipe else { return }
        if keeping { try? pipe.fileHandleForWriting.write(contentsOf: Data("keep\n".utf8)) }
        try? pipe.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Ends every process of the server at once, as a power cut would.
    public func crash() throws {
        try signalAll(SIGKILL)
        stop(keeping: true)
    }

    /// SIGSTOP or SIGCONT to every process of the server: it says nothing, but its connections stay.
    public func signalAll(_ signal: Int32) throws {
        let first = try String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8)
            .split(separator: "\n").first.flatMap { pid_t($0) }
        guard let first else { throw TestPostgresFault("no process of PostgreSQL") }
        var all = [first]
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let process = pid_t(name),
                let status = try? String(contentsOfFile: "/proc/\(name)/status", encoding: .utf8),
                status.contains("PPid:\t\(first)\n")
            else { continue }
            all.append(process)
        }
        for process in all { kill(process, signal) }
    }

    /// From now on the server speaks TLS to those who ask for it.
    public func giveTLS(certificate: [UInt8], key: [UInt8]) throws {
        var status = stat()
        guard unsafe stat(folder, &status) == 0 else { throw TestPostgresFault("no folder") }
        for (name, bytes) in [("server.pem", certificate), ("server.key", key)] {
            try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
            unsafe chmod("\(folder)/\(name)", 0o600)
            unsafe chown("\(folder)/\(name)", status.st_uid, status.st_gid)
        }
        try run("ALTER SYSTEM SET ssl_cert_file = '\(folder)/server.pem'")
        try run("ALTER SYSTEM SET ssl_key_file = '\(folder)/server.key'")
        try run("ALTER SYSTEM SET ssl = on")
        stop(keeping: true)
        try start()
    }

    // MARK: Databases

    /// The database that belongs to the server's role, as a configuration names it.
    public var url: String { "postgresql://sekisho@127.0.0.1:\(port)/sekisho?passfile=\(folder)/pgpass" }

    /// A database with nothing in it, over the server's socket.
    public func database(_ name: String) throws -> PostgresAddress {
        if try run("SELECT 1 FROM pg_database WHERE datname = '\(name)'") == 0 {
            try run("CREATE DATABASE \(name)")
        }
        return PostgresAddress(
            user: "sekisho", hosts: [PostgresAddress.Host(folder, port: port)], database: name)
    }

    /// Runs SQL as the owner of everything; returns how many rows came back.
    @discardableResult
    public func run(_ sql: String, in database: String = "postgres") throws -> Int {
        let connection = unsafe PQconnectdb(
            "host='\(folder)' port=\(port) user=sekisho dbname='\(database)' connect_timeout=5")
        defer { unsafe PQfinish(connection) }
        let result = unsafe PQexec(connection, sql)
        defer { unsafe PQclear(result) }
        switch unsafe PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return Int(unsafe PQntuples(result))
        default: throw TestPostgresFault(unsafe String(cString: PQerrorMessage(connection)))
        }
    }

    private static let package = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
}

public struct TestPostgresFault: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
