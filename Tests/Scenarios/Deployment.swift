import Foundation
import Glibc
import Journey
import Reactor
import TLS
import TestPostgres

/// The three real programs, as `scripts/run` starts them, on free ports and with fresh state.
final class Deployment {
    let pki: DevelopmentPKI
    let port: UInt16
    let partnerPort: UInt16
    let folder: TemporaryFolder
    private(set) var consent: ChildProcess?
    private var partner: ChildProcess?
    private(set) var gateway: ChildProcess?
    private var secondNode: [ChildProcess] = []

    /// Limits for a test whose many clients all come from one address.
    static let oneSource = """
        perSource: { connectionsMax: 0, fullHandshakesPerSecond: 0, resumedHandshakesPerSecond: 0, \
        failedHandshakesPerSecond: 0 }
        """

    var partnerOrigin: String { "https://partner.localhost:\(partnerPort)" }
    var login: String { "https://fb.localhost:\(port)" }
    var certificateHost: String { "https://cert.fb.localhost:\(port)" }
    var api: String { "https://api.fb.localhost:\(port)" }

    /// - Parameters:
    ///   - partner: Which certificate the API連携先 has, and so which one it is.
    ///   - store: Where both programs keep what they keep, in place of a file for each.
    ///   - change: Edits the gateway's configuration before it starts.
    init(
        partner: String = "sample-partner", store: String? = nil, change: (String) -> String = { $0 }
    ) throws {
        Signals.ignoreBrokenPipe()
        pki = try DevelopmentPKI.made()
        folder = try TemporaryFolder()
        port = try FreePort.find()
        partnerPort = try FreePort.find()
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("pki"), withDestinationPath: pki.folder.path)
        try FileManager.default.createDirectory(
            atPath: folder.path("logs"), withIntermediateDirectories: false)
        for name in ["sekisho", "consent"] {
            let template = DevelopmentPKI.package.appending(path: "scripts/development/\(name).json5")
            var text = try String(contentsOf: template, encoding: .utf8)
                .replacing("8443", with: "\(port)").replacing("8444", with: "\(partnerPort)")
            if let store { text.replace(/"sqlite:.*"/, with: "\"\(store)\"") }
            try folder.write(name == "sekisho" ? change(text) : text, to: "\(name).json5")
        }
        try ChildProcess.run(
            Self.program("sekisho"),
            ["customers", "seed", pki.path("customers.json"), "--config", folder.path("sekisho.json5")])
        try ChildProcess.run(
            Self.program("sekisho-consent"),
            ["customers", "import", pki.path("accounts.json"), "--config", folder.path("consent.json5")])
        try startGateway()
        try startConsent()
        try startPartner(partner)
    }

    deinit {
        for program in secondNode { program.stop() }
        gateway?.stop()
        partner?.stop()
        consent?.stop()
    }

    func startGateway(environment: [String: String] = [:]) throws {
        gateway = try start(
            "sekisho", ["serve", "--config", folder.path("sekisho.json5")], log: "sekisho.log",
            environment: environment)
        try awaitListening { Self.connects(to: .tcp(address: "127.0.0.1", port: port)) }
    }

    func startConsent(environment: [String: String] = [:]) throws {
        consent = try start(
            "sekisho-consent", ["serve", "--config", folder.path("consent.json5")], log: "consent.log",
            environment: environment)
        try awaitListening { Self.connects(to: .unix(path: folder.path("consent.sock"))) }
    }

    /// A gateway on 127.0.0.2 and a consent backend of its own, with the keys and the store of the first.
    func startSecondNode() throws {
        for name in ["sekisho", "consent"] {
            let text = try String(contentsOf: folder.url.appending(path: "\(name).json5"), encoding: .utf8)
                .replacing("127.0.0.1:\(port)", with: "127.0.0.2:\(port)")
                .replacing(".sock", with: "-2.sock").replacing("audit.log", with: "audit-2.log")
            try folder.write(text, to: "\(name)-2.json5")
        }
        for name in ["sekisho", "sekisho-consent"] {
            let settings = "\(name == "sekisho" ? name : "consent")-2.json5"
            secondNode.append(
                try start(name, ["serve", "--config", folder.path(settings)], log: "\(name)-2.log"))
        }
        try awaitListening { Self.connects(to: .tcp(address: "127.0.0.2", port: port)) }
        try awaitListening { Self.connects(to: .unix(path: folder.path("consent-2.sock"))) }
    }

    func killConsent() { consent?.kill() }

    func stopConsent() { consent?.stop() }

    var consentIsRunning: Bool { consent?.isRunning == true }

    func signalConsent(_ number: Int32) { consent?.signal(number) }

    private func startPartner(_ id: String) throws {
        partner = try start(
            "sekisho-partner",
            [
                "serve", "--listen", "127.0.0.1:\(partnerPort)", "--certificate",
                pki.path("server/partner.localhost.pem"), "--key", pki.path("server/partner.localhost.key"),
                "--authorization-server", login, "--api", api, "--anchors", pki.serverCA, "--client-id",
                id, "--client-certificate", pki.path("partners/\(id).pem"), "--client-key",
                pki.path("partners/\(id).key"), "--redirect-uri", "\(partnerOrigin)/callback",
            ], log: "partner.log")
        try awaitListening { Self.connects(to: .tcp(address: "127.0.0.1", port: partnerPort)) }
    }

    private func start(
        _ name: String, _ arguments: [String], log: String, environment: [String: String] = [:]
    ) throws -> ChildProcess {
        try ChildProcess(
            Self.program(name), arguments, environment: environment,
            errorLog: folder.url.appending(path: "logs/\(log)"))
    }

    static func program(_ name: String) -> String {
        // Benchmarks run the programs as they are built for release.
        if let folder = ProcessInfo.processInfo.environment["SEKISHO_PROGRAMS"] { return "\(folder)/\(name)" }
        return DevelopmentPKI.package.appending(path: ".build/debug/\(name)").path
    }

    // MARK: Visitors

    /// Somebody with a browser; with a certificate of the PKI when one is named.
    func visitor(_ certificate: String? = nil) throws -> Visitor {
        let identity = try certificate.map { name in
            ClientIdentity(
                chainPEM: try bytes("customers/\(name).pem"), keyPEM: try bytes("customers/\(name).key"))
        }
        return try Visitor(trusting: try bytes("server-ca.pem"), identity: identity)
    }

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: pki.path(name))))
    }

    /// What a log of this deployment holds by now.
    func log(_ name: String) throws -> String {
        try String(contentsOf: folder.url.appending(path: "logs/\(name)"), encoding: .utf8)
    }

    /// Waits until a log holds a text; log lines are written behind the request that causes them.
    /// - Parameter count: How many such lines there are to be.
    func awaitLog(_ name: String, containing text: String, count: Int = 1) throws -> String {
        for _ in 0..<1000 {
            let lines = try log(name).split(separator: "\n").filter { $0.contains(text) }
            if lines.count >= count, let line = lines.last { return String(line) }
            usleep(10_000)
        }
        throw ScenarioFault("\(name) does not come to hold “\(text)”")
    }

    // MARK: Readiness

    private func awaitListening(_ isListening: () -> Bool) throws {
        for _ in 0..<1000 {
            if isListening() { return }
            usleep(10_000)
        }
        let logs = ["sekisho.log", "consent.log", "partner.log"].compactMap { try? log($0) }
        throw ScenarioFault("a program does not listen after ten seconds:\n\(logs.joined(separator: "\n"))")
    }

    private static func connects(to endpoint: Endpoint) -> Bool {
        guard let socket = try? Sockets.connect(endpoint) else { return false }
        defer { Sockets.close(socket) }
        var poll = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        return unsafe Glibc.poll(&poll, 1, 100) == 1 && Sockets.connectOutcome(socket) == nil
    }
}
