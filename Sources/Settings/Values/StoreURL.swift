/// Where records are kept. A switch over the kinds of store must be complete.
public enum StoreURL: Sendable, Hashable, CustomStringConvertible {
    /// A file of this machine.
    case sqlite(path: String)
    /// A server that several nodes share.
    case postgresql(PostgresAddress)

    /// In the form it is read from.
    public var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .postgresql(let address): address.description
        }
    }
}

extension StoreURL {
    static let documentation = """
        `sqlite:PATH`, a file of this machine, or `postgresql://USER@HOST:PORT/DATABASE`, which several \
        nodes may share. Behind “?”, under the names that libpq gives them: `sslrootcert`, the CAs that \
        vouch for the server; `sslmode`, `verify-full` or `verify-ca`, and on this machine `disable`; \
        `sslcert` and `sslkey`; `passfile`, which holds the password; `host`, the folder of a socket. Of \
        several hosts, between commas, the first that takes changes is used.
        """
}

extension Kind where Value == StoreURL {
    static let store = Kind(shape: .string(.store)) { cursor, reading in
        if cursor.string.map(holdsPassword) == true {
            // Not shown again.
            reading.complain(
                "the URL holds a password; keep it in a file and name that: “?passfile=FILE”", at: cursor)
            return nil
        }
        return storeWithoutPassword.decode(cursor, &reading)
    }

    private static let storeWithoutPassword = Kind(resolving: .store) { text, reading throws(Expectation) in
        let resolve = { [folder = reading.folder] in Reading(file: "", folder: folder).resolve($0) }
        if text.hasPrefix("postgresql://") {
            let rest = text.dropFirst("postgresql://".utf8.count)
            return StoreURL.postgresql(try PostgresAddress(url: rest, resolve: resolve))
        }
        guard text.hasPrefix("sqlite:") else {
            throw Expectation("“sqlite:PATH” or \(PostgresAddress.phrase)")
        }
        let path = String(text.dropFirst("sqlite:".utf8.count))
        guard isPath(path), !path.hasPrefix("//"), !path.hasPrefix(":") else {
            throw Expectation("a file's path after “sqlite:”, with no “//” in front")
        }
        return StoreURL.sqlite(path: reading.resolve(path))
    }

    private static func holdsPassword(_ text: String) -> Bool {
        guard let scheme = text.firstRange(of: "://") else { return false }
        let userInformation = text[scheme.upperBound...].split(
            separator: "@", omittingEmptySubsequences: false)
        return userInformation.dropLast().contains { $0.contains(":") } || text.contains("password=")
    }
}

extension StringShape {
    fileprivate static let store = StringShape(
        phrase: "a store (“sqlite:PATH” or “postgresql://USER@HOST:PORT/DATABASE”)",
        pattern: "^(sqlite:.+|postgresql://.+)$")
}
