import Glibc
import HTTP
import Reactor
import Settings
import TLS
import Traces
import X509

/// What is tried. Each check says what it saw.
extension Selfcheck {
    mutating func tryAll() {
        for host in settings.hosts {
            guard let chain = try? Files.read(host.certificate), let key = try? Files.read(host.key),
                let nobody = try? ClientContext(anchorsPEM: chain)
            else {
                record("certificate", host.name, false, "its certificate cannot be read")
                continue
            }
            // The gateway's own certificate, shown as if it were a client's: of another authority, or for
            // another purpose.
            let stranger = try? ClientContext(
                anchorsPEM: chain, identity: ClientIdentity(chainPEM: chain, keyPEM: key))
            versions(host, chain)
            names(host, nobody)
            spoofing(host, nobody)
            smuggling(host, nobody)
            limits(host, nobody)
            identity(host, nobody, stranger)
            resumption(host, chain)
            certificates(host, chain)
        }
        slowness()
        flood()
        skip("tls.renegotiation", "*", "takes a client that misbehaves; shown by the tests of this release")
        skip("tls.keyUpdateFlood", "*", "likewise")
    }

    // MARK: TLS

    private mutating func versions(_ host: GatewaySettings.Host, _ chain: [UInt8]) {
        var seen: [String] = []
        for version in TLSVersion.allCases {
            let context = try? ClientContext(anchorsPEM: chain, versionMin: version, versionMax: version)
            let client = context.flatMap { try? RawTLS(to: endpoint, $0, serverName: host.name) }
            if let client { seen.append(client.connection.version) }
        }
        record("tls.versions", host.name, seen == ["TLSv1.2", "TLSv1.3"], seen.joined(separator: ", "))
        let answer = plain(Self.helloOfTLS11) ?? []
        // An alert, or nothing at all.
        record("tls.old", host.name, answer.first.map { $0 == 0x15 } ?? true, "TLS 1.1 is refused")
    }

    private mutating func names(_ host: GatewaySettings.Host, _ nobody: ClientContext) {
        let others = settings.hosts.map(\.name).filter { $0 != host.name } + ["other.invalid", "127.0.0.1"]
        let statuses = others.map { status(host, nobody, "GET \(Self.openPath) HTTP/1.1\r\nHost: \($0)\r\n") }
        let reached = recorder.take().count
        record(
            "names.hostMismatch", host.name, statuses.allSatisfy { $0 == "421" } && reached == 0,
            "\(others.count) other names in Host: \(Set(statuses).sorted().joined(separator: ", "))")
        let unknown = try? RawTLS(to: endpoint, nobody, serverName: "unknown.invalid")
        record("names.unknownSNI", host.name, unknown == nil, "the handshake ends with an alert")
    }

    private mutating func resumption(_ host: GatewaySettings.Host, _ chain: [UInt8]) {
        for other in settings.hosts where other.name != host.name {
            guard let context = try? ClientContext(anchorsPEM: chain, keepsSessions: true),
                let otherChain = try? Files.read(other.certificate),
                let otherContext = try? ClientContext(anchorsPEM: otherChain),
                let first = try? RawTLS(to: endpoint, context, serverName: host.name)
            else { continue }
            try? first.send("GET / HTTP/1.1\r\nHost: \(host.name)\r\nConnection: close\r\n\r\n")
            _ = try? first.receiveAll()
            guard let session = first.connection.clientSession else { continue }
            let second = try? RawTLS(
                to: endpoint, otherContext, serverName: other.name, resuming: session)
            record(
                "tls.resumptionElsewhere", host.name, second?.connection.isResumed != true,
                "a session of this host is worth nothing at \(other.name)")
        }
    }

    // MARK: HTTP

    private mutating func spoofing(_ host: GatewaySettings.Host, _ nobody: ClientContext) {
        let names = [
            "Sekisho-Assertion", "sekisho_assertion", "SEKISHO.ASSERTION", "Client-Cert", "client_cert",
            "Client-Cert-Chain", "X-Customer-Id", "X_Customer_Id", "X-Forwarded-For", "X-Forwarded-Proto",
            "Forwarded", "X-Real-IP", "X-SSL-Client-Cert", "X-SSL-Client-Verify", "Remote-User",
            "X-Forwarded-Client-Cert", "X-Request-Id",
        ]
        let fields = names.map { "\($0): spoof\r\n\($0.lowercased()): spoof\r\n" }.joined()
        let status = status(
            host, nobody,
            "GET \(Self.openPath) HTTP/1.1\r\nHost: \(host.name)\r\nConnection: client-cert\r\n\(fields)"
        )
        let seen = recorder.take()
        let leaked = seen.flatMap { $0.headers.filter { $0.value == "spoof" }.map(\.name) }
        let isSigned = seen.allSatisfy { $0.headers.values(of: "Sekisho-Assertion").count == 1 }
        record(
            "headers.spoofed", host.name, status == "200" && seen.count == 1 && leaked.isEmpty && isSigned,
            leaked.isEmpty
                ? "\(names.count) names in two spellings: none reached the backend, the gateway's own did"
                : "reached the backend: \(leaked.joined(separator: ", "))")
    }

    private mutating func smuggling(_ host: GatewaySettings.Host, _ nobody: ClientContext) {
        var bad: [String] = []
        for trick in Self.tricks {
            let text = trick.replacing("{h}", with: host.name).replacing("{p}", with: Self.openPath)
            let answer = conversation(
                host, nobody, text + "GET \(Self.openPath)/smuggled HTTP/1.1\r\nHost: \(host.name)\r\n\r\n")
            let isRefused = answer.hasPrefix("HTTP/1.1 400 ") && !answer.dropFirst().contains("HTTP/1.1 ")
            if !isRefused || !recorder.take().isEmpty { bad.append(trick.debugDescription) }
        }
        record(
            "http.smuggling", host.name, bad.isEmpty,
            bad.isEmpty
                ? "\(Self.tricks.count) requests with two readings: 400, closed, nothing reached the backend"
                : bad.joined(separator: " "))
        let paths = ["/..;/x", "/%2e%2e/x", "//x", "/a%2fb", "/a\\b", "/%00"]
        let statuses = paths.map {
            status(host, nobody, "GET \(Self.openPath)\($0) HTTP/1.1\r\nHost: \(host.name)\r\n")
        }
        record(
            "http.paths", host.name, statuses.allSatisfy { $0 == "400" } && recorder.take().isEmpty,
            "\(paths.count) paths with two readings: \(Set(statuses).sorted().joined(separator: ", "))")
    }

    private mutating func limits(_ host: GatewaySettings.Host, _ nobody: ClientContext) {
        let fields = String(repeating: "X: y\r\n", count: settings.limits.fieldCountMax + 1)
        let long = "X: \(String(repeating: "y", count: settings.limits.lineBytesMax))\r\n"
        let statuses = [fields, long].map {
            status(host, nobody, "GET \(Self.openPath) HTTP/1.1\r\nHost: \(host.name)\r\n\($0)")
        }
        record(
            "http.limits", host.name, statuses.allSatisfy { $0 == "431" } && recorder.take().isEmpty,
            "one field, or one line, too many: \(statuses.joined(separator: ", "))")
    }

    // MARK: Identity

    private mutating func identity(
        _ host: GatewaySettings.Host, _ nobody: ClientContext, _ stranger: ClientContext?
    ) {
        for (name, context) in [("none", nobody), ("foreign", stranger)] {
            guard let context else {
                skip("certificates.\(name)", host.name, "the key of the host's certificate cannot be used")
                continue
            }
            let status = status(
                host, context, "GET \(Self.closedPath) HTTP/1.1\r\nHost: \(host.name)\r\n")
            let isRefused = ["303", "401", "403"].contains(status) && recorder.take().isEmpty
            record("certificates.\(name)", host.name, isRefused, "a closed route answers \(status)")
        }
    }

    /// Certificates of the check's own authority on a closed route, and what the gateway says it thought.
    private mutating func certificates(_ host: GatewaySettings.Host, _ chain: [UInt8]) {
        guard let store = host.trust.flatMap({ settings.trust[$0] }) else { return }
        let sound = outcome(host, chain, .nothing)
        _ = recorder.take()
        for defect in SelfcheckClients.Defect.allCases {
            guard let reason = defect.reason else { continue }
            let check = "certificates.\(reason.rawValue)"
            guard sound?.verdict == .trusted else {
                let why = sound?.reason ?? "no answer"
                skip(
                    check, host.name,
                    "a sound certificate of an authority of the check's own is refused: \(why)")
                continue
            }
            if defect == .revoked, !clients.haveList(in: store) {
                skip(check, host.name, "the configuration asks for no revocation")
                continue
            }
            let said = outcome(host, chain, defect)
            record(
                check, host.name,
                said?.verdict == .refused && said?.reason == reason.rawValue && recorder.take().isEmpty,
                "a sound certificate is trusted, this one is \(said?.fieldValue ?? "not answered")")
        }
    }

    private func outcome(
        _ host: GatewaySettings.Host, _ chain: [UInt8], _ defect: SelfcheckClients.Defect
    ) -> ReportedOutcome? {
        guard
            let context = try? ClientContext(anchorsPEM: chain, identity: clients.identities[defect])
        else { return nil }
        let head = "GET \(Self.closedPath) HTTP/1.1\r\nHost: \(host.name)\r\nConnection: close\r\n\r\n"
        let lines = conversation(host, context, head).split(separator: "\r\n")
        let field = "\(ReportedOutcome.fieldName): "
        return lines.first { $0.hasPrefix(field) }
            .flatMap { ReportedOutcome(parsing: String($0.dropFirst(field.count))) }
    }

    // MARK: Time and numbers

    private mutating func slowness() {
        let limit = Int(settings.limits.handshakeSeconds)
        let start = Clock.monotonic()
        _ = plain([0x16, 0x03])
        let handshake = Clock.monotonic().microseconds(since: start) / 1000
        record(
            "time.handshake", "*", handshake < limit * 1000 + 1500,
            "a ClientHello that stops is ended after \(handshake) ms")
        guard let host = settings.hosts.first, let chain = try? Files.read(host.certificate),
            let context = try? ClientContext(anchorsPEM: chain)
        else { return }
        let body = "POST \(Self.openPath) HTTP/1.1\r\nHost: \(host.name)\r\nContent-Length: 9\r\n\r\nbody"
        for (check, text, seconds, what) in [
            ("time.head", "GET / HTTP/1.1\r\nHos", settings.limits.headerSeconds, "head"),
            ("time.body", body, settings.limits.bodyIdleSeconds, "body"),
        ] {
            let before = Clock.monotonic()
            _ = conversation(host, context, text)
            let lasted = Clock.monotonic().microseconds(since: before) / 1000
            record(
                check, host.name, lasted < seconds * 1000 + 1500,
                "a request whose \(what) stops is ended after \(lasted) ms")
        }
    }

    /// Last, for the network that it comes from has used up its budget then.
    private mutating func flood() {
        let limits = settings.limits.perSource
        guard limits.failedHandshakesPerSecond > 0, limits.failedHandshakesBurst <= 5000 else {
            return skip("flood.failedHandshakes", "*", "no limit, or one that is too high to try")
        }
        var count = 0
        let countMax = limits.failedHandshakesBurst + limits.failedHandshakesPerSecond * 20
        var isReset = false
        while !isReset, count < countMax {
            count += 1
            isReset = plain(Array("GET / HTTP/1.1\r\n\r\n".utf8), from: "127.0.0.9") == nil
        }
        guard let host = settings.hosts.first, let chain = try? Files.read(host.certificate),
            let context = try? ClientContext(anchorsPEM: chain)
        else { return }
        let other = status(host, context, "GET \(Self.openPath) HTTP/1.1\r\nHost: \(host.name)\r\n")
        record(
            "flood.failedHandshakes", "*", isReset && other == "200",
            "one address was reset after \(count) failed handshakes, another was answered \(other)")
    }

    // MARK: Asking

    /// All that is answered to exactly these bytes, up to the end of the connection.
    private func conversation(_ host: GatewaySettings.Host, _ context: ClientContext, _ text: String)
        -> String
    {
        guard let client = try? RawTLS(to: endpoint, context, serverName: host.name) else { return "no TLS" }
        try? client.send(text)
        return (try? client.receiveAll()) ?? "cut off"
    }

    /// The status of the answer to a head that lacks its end only.
    private func status(_ host: GatewaySettings.Host, _ context: ClientContext, _ head: String) -> String {
        String(conversation(host, context, head + "Connection: close\r\n\r\n").dropFirst(9).prefix(3))
    }

    /// What is answered to bytes without TLS, until the other side hangs up; nil when it resets the
    /// connection.
    private func plain(_ bytes: [UInt8], from source: String? = nil) -> [UInt8]? {
        guard let socket = try? Sockets.connect(endpoint, from: source) else { return nil }
        defer { Sockets.reset(socket) }
        func wait(_ events: Int32) {
            var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
            _ = unsafe poll(&entry, 1, 10_000)
        }
        wait(POLLOUT)
        guard Sockets.connectOutcome(socket) == nil,
            case .bytes = unsafe bytes.withUnsafeBytes({ unsafe Sockets.write(socket, $0) })
        else { return nil }
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while true {
            wait(POLLIN)
            switch unsafe part.withUnsafeMutableBytes({ unsafe Sockets.read(socket, into: $0) }) {
            case .bytes(let count): all += part[..<count]
            case .closed, .wouldBlock: return all
            case .failed: return all.isEmpty ? nil : all
            }
        }
    }

    private static let tricks = [
        "POST {p} HTTP/1.1\r\nHost: {h}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST {p} HTTP/1.1\r\nHost: {h}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "POST {p} HTTP/1.1\r\nHost: {h}\r\nContent-Length: +5\r\n\r\n",
        "POST {p} HTTP/1.1\r\nHost: {h}\r\nContent_Length: 5\r\n\r\n",
        "POST {p} HTTP/1.1\r\nHost: {h}\r\nTransfer-Encoding : chunked\r\n\r\n",
        "POST {p} HTTP/1.1\r\nHost: {h}\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST {p} HTTP/1.1\r\nHost: {h}\r\nX: a\r\n Transfer-Encoding: chunked\r\n\r\n",
        "POST {p} HTTP/1.1\r\nHost: {h}\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n",
        "POST {p} HTTP/1.1\r\nHost: {h}\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
        "POST {p} HTTP/1.1\r\nHost: {h}\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\n\r\nhello\r\n0\r\n\r\n",
        "POST {p} HTTP/1.0\r\nHost: {h}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET {p} HTTP/1.1\nHost: {h}\n\n", "GET {p} HTTP/1.1\r\n\r\n",
        "GET  {p} HTTP/1.1\r\nHost: {h}\r\n\r\n",
        "GET {p} HTTP/1.1\r\nHost: {h}\r\nHost: {h}\r\n\r\n", "GET {p} HTTP/1.1\r\nHost: user@{h}\r\n\r\n",
        "GET http://other.invalid{p} HTTP/1.1\r\nHost: {h}\r\n\r\n",
        "GET {p} HTTP/1.1\r\nHost: {h}\r\nX: \u{0}\r\n\r\n", "GET {p} HTTP/1.1\r\nHost: {h}\r\nX : y\r\n\r\n",
    ]

    /// A ClientHello that offers TLS 1.1 and nothing later.
    private static let helloOfTLS11: [UInt8] =
        [0x16, 0x03, 0x01, 0x00, 0x31, 0x01, 0x00, 0x00, 0x2D, 0x03, 0x02]
        + [UInt8](repeating: 0x5A, count: 32)
        + [0x00, 0x00, 0x04, 0xC0, 0x09, 0xC0, 0x13, 0x01, 0x00, 0x00, 0x00]
}
