import Text

/// A database on a PostgreSQL server, as a URL names it (PostgreSQL manual, 34.1.1.2). No password is part of
/// it: what is configured gets shown.
public struct PostgresAddress: Sendable, Hashable {
    public var user: String
    /// One or more; the first that takes changes is spoken to.
    public var hosts: [Host]
    public var database: String
    /// Nil on this machine only.
    public var tls: TLS?
    /// In the form of `.pgpass`; nil for the one that `PGPASSFILE` names, or the user's own.
    public var passwordFile: String?

    public init(
        user: String, hosts: [Host], database: String, tls: TLS? = nil, passwordFile: String? = nil
    ) {
        self.user = user
        self.hosts = hosts
        self.database = database
        self.tls = tls
        self.passwordFile = passwordFile
    }

    public struct Host: Sendable, Hashable {
        /// A name, an address without brackets, or the folder of a socket.
        public var name: String
        public var port: UInt16

        public init(_ name: String, port: UInt16 = 5432) {
            self.name = name
            self.port = port
        }

        var isThisMachine: Bool {
            name == "localhost" || name == "::1" || name.hasPrefix("/")
                || isIPv4Address(name) && name.hasPrefix("127.")
        }
    }

    public struct TLS: Sendable, Hashable {
        /// PEM file of the CAs that vouch for the server.
        public var anchorsFile: String
        /// Whether the certificate must name the host, too.
        public var isNameVerified: Bool
        /// PEM files to log in with.
        public var certificateFile: String?
        public var keyFile: String?

        public init(
            anchorsFile: String, isNameVerified: Bool = true, certificateFile: String? = nil,
            keyFile: String? = nil
        ) {
            self.anchorsFile = anchorsFile
            self.isNameVerified = isNameVerified
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }
}

extension PostgresAddress: CustomStringConvertible {
    /// `postgresql://user@host:5432/database`
    public var description: String {
        let hosts = hosts.map { host in
            host.name.contains(":") ? "[\(host.name)]:\(host.port)" : "\(host.name):\(host.port)"
        }
        return "postgresql://\(user)@\(hosts.joined(separator: ","))/\(database)"
    }
}
