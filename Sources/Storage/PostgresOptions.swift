/// How a PostgreSQL server is used.
public struct PostgresOptions: Sendable {
    /// Connections that may be open at once; at least 1.
    public var connectionCountMax: Int
    /// How long each of the server's addresses may take to accept a connection. libpq knows none under 2.
    public var connectSeconds: Int
    /// How long the server may work on one statement, waiting for locks included. A server that says nothing
    /// for a second longer is taken for lost.
    public var statementMilliseconds: Int
    var silenceMilliseconds: Int { statementMilliseconds + 1_000 }
    /// How long a write may be tried again because others crossed it, before `.busy`.
    public var crossingMilliseconds: Int

    /// For work that somebody waits for at a terminal, with a whole table in one statement.
    public static var patient: PostgresOptions {
        PostgresOptions(
            connectionCountMax: 1, statementMilliseconds: 3_600_000, crossingMilliseconds: 3_600_000)
    }

    public init(
        connectionCountMax: Int = 16, connectSeconds: Int = 3, statementMilliseconds: Int = 5_000,
        crossingMilliseconds: Int = 5_000
    ) {
        self.connectionCountMax = connectionCountMax
        self.connectSeconds = connectSeconds
        self.statementMilliseconds = statementMilliseconds
        self.crossingMilliseconds = crossingMilliseconds
    }
}
