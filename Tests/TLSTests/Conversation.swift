import Glibc
import TLS
import TestPKI
import X509

/// A server and a client of this room over a pair of sockets, stepped in turn in one thread.
final class Conversation {
    let server: TLSConnection
    let client: TLSConnection
    let sockets = SocketPair()
    private(set) var serverStep = TLSStep.wantRead
    private(set) var clientStep = TLSStep.wantRead

    init(
        _ serverContext: ServerContext, _ clientContext: ClientContext, name: String,
        resuming session: ClientSession? = nil
    ) throws {
        server = try TLSConnection(accepting: serverContext, socket: sockets.near)
        client = try TLSConnection(
            connecting: clientContext, socket: sockets.far, serverName: name, resuming: session)
    }

    /// Steps both until both are over, one way or the other.
    @discardableResult func shakeHands() -> Conversation {
        for _ in 0..<20 {
            clientStep = client.handshake()
            serverStep = server.handshake()
        }
        return self
    }

    var serverFault: TLSFault? { Self.fault(serverStep) }

    /// Why the client failed. With TLS 1.3 it is done before the server is, and learns of an alert by its
    /// next read.
    var clientFault: TLSFault? {
        if let fault = Self.fault(clientStep) { return fault }
        guard clientStep == .done, case .failed(let fault) = client.received().end else { return nil }
        return fault
    }

    var isOpen: Bool { serverStep == .done && clientStep == .done }

    private static func fault(_ step: TLSStep) -> TLSFault? {
        if case .failed(let fault) = step { return fault }
        return nil
    }
}

extension TLSConnection {
    /// Reads until there is no more; tells what ended it.
    func received(atMost pieceMax: Int = 4096) -> (bytes: [UInt8], end: TLSTransfer) {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: pieceMax)
        while true {
            let transfer = unsafe piece.withUnsafeMutableBytes { unsafe read(into: $0) }
            guard case .bytes(let count) = transfer else { return (all, transfer) }
            all += piece[..<count]
        }
    }

    func send(_ bytes: some Collection<UInt8>) -> TLSTransfer {
        unsafe Array(bytes).withUnsafeBytes { unsafe write($0) }
    }

    func send(_ text: String) -> TLSTransfer { send(Array(text.utf8)) }
}

/// The hosts and certificates the tests share: `plain.example` asks for no certificate, `cert.example` does.
struct TestWorld {
    static let serverRoot = TestAuthority(name: "Test Server Root")
    static let clientRoot = TestAuthority(name: "Test Client Root")
    static let clientIssuer = clientRoot.intermediate(name: "Test Client CA G1")
    static let customer = clientIssuer.issue("TSUSER0001")
    static let identity = ClientIdentity(chainPEM: customer.pem + clientIssuer.pem, keyPEM: customer.keyPEM)

    static let plain = host(["plain.example"])
    static let certificate = host(
        ["cert.example", "*.cert.example"], .requested(advertising: []), isStrictest: true)

    static func host(
        _ names: [String], _ request: ClientCertificateRequest = .none, isStrictest: Bool = false
    ) -> ServerHost {
        let made = serverRoot.issueServer(names: names)
        return ServerHost(
            names: names, chainPEM: made.pem, keyPEM: made.keyPEM, clientCertificate: request,
            isStrictest: isStrictest)
    }

    static func server(_ sessions: TLSSessionStore? = nil) throws -> ServerContext {
        try ServerContext(hosts: [plain, certificate], sessions: sessions)
    }

    static func client(
        _ version: TLSVersion, identity: ClientIdentity? = nil, alpn: [String] = ["http/1.1"],
        keepsSessions: Bool = false
    ) throws -> ClientContext {
        try ClientContext(
            anchorsPEM: serverRoot.pem, identity: identity, versionMin: version, versionMax: version,
            alpn: alpn, keepsSessions: keepsSessions)
    }

    /// A conversation after its handshake, whatever that came to.
    static func talk(
        _ version: TLSVersion, to name: String = "cert.example", identity: ClientIdentity? = nil
    ) throws -> Conversation {
        try Conversation(server(), client(version, identity: identity), name: name).shakeHands()
    }
}

/// What a closure throws as a `TLSFault`'s code; nil when it throws nothing.
func faultCode<Value>(_ body: () throws -> Value) -> String? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? TLSFault)?.code ?? "\(error)"
    }
}
