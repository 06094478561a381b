import Crypto
import HTTP
import Identity
import Logs
import Reactor
import Serving
import Settings
import Storage
import Synchronization
import TLS
import TestFolders
import TestPKI
import Testing
import Text
import X509

@testable import Gateway

/// A bank with three hosts, its authorities, and files in a folder of its own.
final class TestBank {
    let folder: TestFolder
    let database: Database
    let log: LogSink
    let audit: LogSink
    let serverRoot = TestAuthority(name: "Test Server Root")
    let customers = TestAuthority(name: "Test Customer CA")
    let otherCustomers = TestAuthority(name: "Test Customer CA G2")
    let partners = TestAuthority(name: "Test Partner CA")
    var settings: GatewaySettings

    static let login = "login.bank.example"
    static let certificate = "cert.bank.example"
    static let partner = "api.bank.example"

    /// All that was logged up to now.
    func logged() throws -> String {
        _ = log.flush()
        return try folder.text(of: "log")
    }

    func audited() throws -> String {
        _ = audit.flush()
        return try folder.text(of: "audit")
    }

    init(upstreamPort: UInt16 = 1) throws {
        Signals.ignoreBrokenPipe()
        folder = try TestFolder()
        database = try Database.sqlite(path: folder.file("store.db"), schemas: [.identity, .trust])
        log = try LogSink(file: folder.file("log"))
        audit = try LogSink(file: folder.file("audit"))
        let server = serverRoot.issueServer(
            names: [Self.login, Self.certificate, "*.\(Self.certificate)", Self.partner])
        let chain = try folder.write(server.pem, to: "server.pem")
        let key = try folder.write(server.keyPEM, to: "server.key")
        let anchors = [
            try folder.write(customers.pem, to: "customers.pem"),
            try folder.write(otherCustomers.pem, to: "customers-g2.pem"),
        ]
        let partnerAnchors = [
            try folder.write(partners.pem, to: "partners.pem"),
            try folder.write(serverRoot.pem, to: "partners-other.pem"),
        ]
        let issuer = try #require(WebURL("https://\(Self.login)"))
        settings = GatewaySettings(
            listen: [.tcp(address: "127.0.0.1", port: 0)], workers: 1,
            institution: GatewaySettings.Institution(name: "試験信用組合", service: "試験ＦＢサービス"),
            hosts: [
                GatewaySettings.Host(
                    name: Self.login, role: .login, certificate: chain, key: key,
                    certificateHost: Self.certificate, cookieDomain: "bank.example",
                    routes: [
                        GatewaySettings.Route(path: "/", upstream: "bank", access: .customer),
                        GatewaySettings.Route(path: "/public", upstream: "bank", access: .anonymous),
                        GatewaySettings.Route(path: "/public/own", upstream: "bank", access: .customer),
                    ]),
                GatewaySettings.Host(
                    name: Self.certificate, role: .certificate, certificate: chain, key: key,
                    trust: "customers"),
                GatewaySettings.Host(
                    name: Self.partner, role: .partner, certificate: chain, key: key, trust: "partners",
                    routes: [GatewaySettings.Route(path: "/", upstream: "bank", access: .partner)]),
            ],
            trust: [
                "customers": GatewaySettings.TrustStore(anchors: anchors),
                "partners": GatewaySettings.TrustStore(anchors: partnerAnchors),
            ],
            mapping: anchors.map { GatewaySettings.Mapping(issuer: $0, by: .subject) },
            upstreams: [
                "bank": GatewaySettings.Upstream(endpoint: .tcp(address: "127.0.0.1", port: upstreamPort))
            ],
            assertion: GatewaySettings.Assertion(
                issuer: issuer, keyFile: folder.file("assertion.key"), jwksFile: folder.file("jwks.json")),
            continuation: GatewaySettings.Continuation(keyFile: folder.file("continuation.key")))
    }

    var customerStore: CustomerStore { CustomerStore(database) }

    var sessionStore: SessionStore { SessionStore(database) }

    /// A customer whose password is hashed at the least cost there is.
    func add(
        _ name: String, _ method: AuthenticationMethod, _ status: CustomerStatus = .active,
        password: String = "password", duty: CustomerDuty? = nil
    ) throws {
        let cheap = try #require(ScryptParameters(costLog2: 10))
        let hash = try PasswordHash.make(of: Array(password.utf8), parameters: cheap)
        let id = try #require(CustomerID(name))
        try customerStore.save([
            Customer(
                id: id, displayName: "試験", role: .general, method: method, status: status,
                passwordHash: hash.encoded, duty: duty)
        ])
    }

    /// The keys that backends verify assertions with.
    func verifyingKeys() throws -> [VerifyingKey] {
        try JWKSet.decode(Array(try folder.text(of: "jwks.json").utf8))
    }
}

/// A gateway that runs for one test over a bank and a backend of its own.
final class RunningBank {
    let bank: TestBank
    let backend: Backend
    let gateway: Gateway

    init(_ change: (TestBank) throws -> Void = { _ in }) throws {
        backend = try Backend()
        bank = try TestBank(upstreamPort: backend.port)
        try change(bank)
        gateway = try Gateway(bank.settings, database: bank.database, log: bank.log, audit: bank.audit)
    }

    deinit {
        gateway.stop()
        backend.stop()
    }

    var endpoint: Endpoint { .tcp(address: "127.0.0.1", port: gateway.ports[0] ?? 0) }

    func context(_ identity: TestCertificate? = nil) throws -> ClientContext {
        try ClientContext(
            anchorsPEM: bank.serverRoot.pem,
            identity: identity.map { ClientIdentity(chainPEM: $0.pem, keyPEM: $0.keyPEM) })
    }

    /// A client that stays connected to one host.
    func client(to host: String, as identity: TestCertificate? = nil) throws -> BlockingClient {
        try BlockingClient(to: endpoint, tls: (try context(identity), host))
    }

    /// The claims that the backend got with its latest request, verified.
    func assertedClaims() throws -> JSONNode {
        let requests = backend.requests
        let head = try #require(requests.last).head
        let assertions = head.headers.values(of: "Sekisho-Assertion")
        try #require(assertions.count == 1)
        return try claims(of: assertions[0], keys: bank.verifyingKeys())
    }
}

func claims(of assertion: String, keys: [VerifyingKey]) throws -> JSONNode {
    try JSONReader.read(
        JWS.verify(assertion, type: "sekisho-assertion+jwt", keys: keys), dialect: .json)
}

/// A backend that remembers what it was asked.
final class Backend: Sendable {
    let port: UInt16
    private let recorder: Recorder
    private let server: Mutex<WebServer?>

    private struct Recorder: WebApplication {
        let requests = Records()

        func answer(_ request: WebRequest) -> WebResponse {
            requests.all.withLock { $0.append(request) }
            var response = WebResponse.text("backend")
            response.headers.set("Sekisho-Secret", "for backends only")
            return response
        }
    }

    private final class Records: Sendable {
        let all = Mutex<[WebRequest]>([])
    }

    init(bodyBytesMax: Int = 65_536) throws {
        recorder = Recorder()
        let server = try WebServer(
            recorder, on: [.tcp(address: "127.0.0.1", port: 0)], bodyBytesMax: bodyBytesMax)
        port = server.ports[0] ?? 0
        self.server = Mutex(server)
    }

    var requests: [WebRequest] { recorder.requests.all.withLock { $0 } }

    func stop() {
        server.withLock { server in
            server?.stop(drainSeconds: 0)
            server = nil
        }
    }

    /// After a stop, on the same port.
    func restart() throws {
        let started = try WebServer(recorder, on: [.tcp(address: "127.0.0.1", port: port)])
        server.withLock { $0 = started }
    }
}

func headers(_ host: String, _ more: [(String, String)] = []) -> HeaderFields {
    HeaderFields([("Host", host)] + more)
}
