import Settings
import Synchronization

/// Where a PostgreSQL database is, and whether its server can be reached.
final class PostgresServer: Sendable {
    private let address: PostgresAddress
    private let options: PostgresOptions
    private let outage = Mutex(Outage())

    init(_ address: PostgresAddress, _ options: PostgresOptions) {
        self.address = address
        self.options = options
    }

    /// Refuses while the server is down, but one caller at a time.
    func admit() throws(DatabaseFault) {
        let patienceMilliseconds = options.silenceMilliseconds + options.connectSeconds * 1_000
        let isAdmitted = outage.withLock {
            $0.mayTry(at: .now, patience: .milliseconds(patienceMilliseconds))
        }
        guard isAdmitted else { throw DatabaseFault(.unavailable, "\(address) could not be reached lately") }
    }

    func connect() throws(DatabaseFault) -> PostgresConnection {
        let silences = outage.withLock(\.silences)
        do throws(DatabaseFault) {
            return try PostgresConnection(
                address.parameters(options, statementMilliseconds: options.statementMilliseconds),
                silenceMilliseconds: options.silenceMilliseconds, silences: silences)
        } catch {
            outage.withLock { $0.failed(at: .now) }
            throw error
        }
    }

    /// A connection of its own, that may take its time.
    func connectToMigrate() throws(DatabaseFault) -> PostgresConnection {
        try PostgresConnection(
            address.parameters(options, statementMilliseconds: Self.migrationMilliseconds),
            silenceMilliseconds: Self.migrationMilliseconds + 1_000, silences: 0)
    }

    /// False for a connection that was open when the server fell silent.
    func mayAnswer(_ connection: PostgresConnection) -> Bool {
        connection.silences == outage.withLock(\.silences)
    }

    /// What using the connection has shown.
    func note(_ connection: PostgresConnection) {
        outage.withLock {
            if connection.isSilent {
                $0.fellSilent(at: .now)
            } else if !connection.isLost {
                $0.answered()
            }
        }
    }

    private static let migrationMilliseconds = 600_000
}

extension PostgresAddress {
    /// As libpq takes them (PostgreSQL manual, 34.1.2). All that decides who is spoken to is named, so that
    /// no variable of the environment decides it.
    func parameters(_ options: PostgresOptions, statementMilliseconds: Int) -> String {
        let session = [
            "statement_timeout=\(statementMilliseconds)",
            "lock_timeout=\(statementMilliseconds)",
            // A node that was stopped must not hold others up with what it has locked.
            "idle_in_transaction_session_timeout=\(statementMilliseconds * 2)",
            "search_path=public",
        ]
        var parameters = [
            ("host", hosts.map(\.name).joined(separator: ",")),
            ("port", hosts.map { "\($0.port)" }.joined(separator: ",")),
            ("dbname", database), ("user", user), ("passfile", passwordFile ?? ""),
            // Of several addresses, the server that takes changes.
            ("target_session_attrs", "read-write"),
            ("connect_timeout", "\(options.connectSeconds)"),
            ("tcp_user_timeout", "\(options.silenceMilliseconds)"),
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("options", session.map { "-c \($0)" }.joined(separator: " ")),
            ("client_encoding", "UTF8"), ("application_name", "sekisho"), ("gssencmode", "disable"),
            ("sslmode", tls.map { $0.isNameVerified ? "verify-full" : "verify-ca" } ?? "disable"),
        ]
        if let tls {
            parameters += [
                ("sslrootcert", tls.anchorsFile), ("sslcert", tls.certificateFile ?? ""),
                ("sslkey", tls.keyFile ?? ""), ("ssl_min_protocol_version", "TLSv1.2"),
            ]
        }
        return parameters.map { "\($0)=\(quoted($1))" }.joined(separator: " ")
    }
}

private func quoted(_ value: String) -> String {
    let escaped = value.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : "\($0)" }
    return "'\(escaped.joined())'"
}
