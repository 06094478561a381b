import TLS

/// A client and a server with a wire between them that cuts the ClientHello into records of one byte each.
final class FragmentingRelay {
    let server: TLSConnection
    let client: TLSConnection
    private let serverSide = SocketPair()
    private let clientSide = SocketPair()
    private(set) var serverStep = TLSStep.wantRead
    private(set) var clientStep = TLSStep.wantRead
    private(set) var fragmentCount = 0

    init(
        _ serverContext: ServerContext, _ clientContext: ClientContext, name: String,
        resuming session: ClientSession? = nil
    ) throws {
        server = try TLSConnection(accepting: serverContext, socket: serverSide.near)
        client = try TLSConnection(
            connecting: clientContext, socket: clientSide.near, serverName: name, resuming: session)
    }

    func shakeHands() {
        clientStep = client.handshake()
        let hello = SocketPair.receive(from: clientSide.far)
        let header = Array(hello[..<3])
        for byte in hello[5...] {
            SocketPair.send(header + [0, 1, byte], to: serverSide.far)
            serverStep = server.handshake()
            fragmentCount += 1
        }
        for _ in 0..<20 {
            SocketPair.send(SocketPair.receive(from: serverSide.far), to: clientSide.far)
            clientStep = client.handshake()
            giveToServer(takeFromClient())
            serverStep = server.handshake()
        }
    }

    /// What the client has sent since.
    func takeFromClient() -> [UInt8] { SocketPair.receive(from: clientSide.far) }

    func giveToServer(_ bytes: some Collection<UInt8>) { SocketPair.send(Array(bytes), to: serverSide.far) }
}
