import Text

extension PostgresAddress {
    static let phrase = "“postgresql://USER@HOST:PORT/DATABASE”"

    /// What follows `postgresql://`. Names and paths are plain: no percent escapes.
    init(url rest: Substring, resolve: (String) -> String) throws(Expectation) {
        let halves = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: "/", omittingEmptySubsequences: false)
        let authority = parts[0].split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, authority.count == 2, isPlainName(authority[0]), isPlainName(parts[1]) else {
            throw Expectation(Self.phrase)
        }
        var parameters = try Parameters(halves.count == 2 ? halves[1] : nil, resolve)
        user = String(authority[0])
        database = String(parts[1])
        hosts = try Self.hosts(authority[1], socketFolder: parameters.take("host"))
        passwordFile = parameters.take("passfile")
        tls = try Self.tls(&parameters, isLocal: hosts.allSatisfy(\.isThisMachine))
    }

    private static func hosts(
        _ text: Substring, socketFolder: String?
    ) throws(Expectation) -> [Host] {
        guard let socketFolder else {
            let hosts = text.split(separator: ",", omittingEmptySubsequences: false).map(host)
            guard !hosts.contains(nil) else { throw Expectation(phrase) }
            return hosts.compactMap(\.self)
        }
        guard text.isEmpty || text.hasPrefix(":") else {
            throw Expectation("either a host's name or “?host=” with the folder of a socket")
        }
        guard let port = text.isEmpty ? 5432 : portNumber(text.dropFirst()), port > 0 else {
            throw Expectation("a port from 1 to 65535")
        }
        return [Host(socketFolder, port: port)]
    }

    private static func host(_ text: Substring) -> Host? {
        var name = text
        var port: UInt16 = 5432
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            guard let number = portNumber(text[text.index(after: colon)...]), number > 0 else { return nil }
            port = number
            name = text[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") {
            let address = name.dropFirst().dropLast().lowercased()
            return isIPv6Address(address) ? Host(address, port: port) : nil
        }
        let lowercased = name.lowercased()
        return isHostName(lowercased) || isIPv4Address(lowercased) ? Host(lowercased, port: port) : nil
    }

    private static func tls(_ parameters: inout Parameters, isLocal: Bool) throws(Expectation) -> TLS? {
        let anchors = parameters.take("sslrootcert")
        let certificate = parameters.take("sslcert")
        let key = parameters.take("sslkey")
        let mode = parameters.take("sslmode") ?? (isLocal && anchors == nil ? "disable" : "verify-full")
        guard ["verify-full", "verify-ca", "disable"].contains(mode) else {
            throw Expectation(
                "sslmode “verify-full”, “verify-ca” or “disable”: others do not verify the server")
        }
        guard (certificate == nil) == (key == nil) else { throw Expectation("sslcert and sslkey together") }
        guard mode != "disable" else {
            guard isLocal else { throw Expectation("TLS (sslrootcert) to a server on another machine") }
            guard anchors == nil, key == nil else { throw Expectation("no certificate files without TLS") }
            return nil
        }
        guard let anchors else {
            throw Expectation("“sslrootcert=FILE”, with the CAs that vouch for the server")
        }
        return TLS(
            anchorsFile: anchors, isNameVerified: mode == "verify-full", certificateFile: certificate,
            keyFile: key)
    }
}

/// What follows the “?”, under the names that libpq gives it. Paths begin at the folder of the configuration.
private struct Parameters {
    private var values: [String: String] = [:]

    init(_ query: Substring?, _ resolve: (String) -> String) throws(Expectation) {
        guard let query else { return }
        for pair in query.split(separator: "&", omittingEmptySubsequences: false) {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(halves[0])
            guard Self.names.contains(name) else {
                throw Expectation("after “?” only \(Self.names.joinedAsChoice)")
            }
            guard values[name] == nil else { throw Expectation("\(name) once") }
            guard halves.count == 2, isPath(String(halves[1])), !halves[1].contains("%") else {
                throw Expectation("a plain value for \(name)")
            }
            values[name] = name == "sslmode" ? String(halves[1]) : resolve(String(halves[1]))
        }
    }

    mutating func take(_ name: String) -> String? { values.removeValue(forKey: name) }

    private static let names = ["host", "passfile", "sslmode", "sslrootcert", "sslcert", "sslkey"]
}

private func isPlainName(_ text: Substring) -> Bool {
    (1...63).contains(text.utf8.count) && text.utf8.allSatisfy { $0.isNameByte || $0 == 0x2E }
}
