import COpenSSL
import Glibc
import TLS

/// The SSL_CTX of a raw client, lent for changing it.
@safe struct RawContext {
    let handle: OpaquePointer
}

/// The session a raw client has made, kept for another.
@safe final class RawSession {
    let handle: OpaquePointer

    init?(of client: RawClient) {
        guard let handle = unsafe SSL_get1_session(client.ssl) else { return nil }
        unsafe self.handle = unsafe handle
    }

    deinit { unsafe SSL_SESSION_free(handle) }
}

/// A client on libssl itself, for what `ClientContext` does not do: sessions, key updates, renegotiation,
/// no server name.
@safe final class RawClient {
    let ssl: OpaquePointer
    private let context: OpaquePointer
    let sockets = SocketPair()
    let server: TLSConnection
    private(set) var serverStep = TLSStep.wantRead

    init(
        _ serverContext: ServerContext, _ version: TLSVersion, name: String?, session: RawSession? = nil,
        configure: (_ context: RawContext) -> Void = { _ in }
    ) throws {
        server = try TLSConnection(accepting: serverContext, socket: sockets.near)
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { preconditionFailure("no memory") }
        configure(unsafe RawContext(handle: context))
        guard let ssl = unsafe SSL_new(context) else { preconditionFailure("no memory") }
        unsafe self.context = unsafe context
        unsafe self.ssl = unsafe ssl
        unsafe SSL_set_fd(ssl, sockets.far)
        unsafe SSL_set_connect_state(ssl)
        unsafe SSL_ctrl(ssl, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(version.rawValue), nil)
        unsafe SSL_ctrl(ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version.rawValue), nil)
        if let name { _ = unsafe shim_SSL_set_tlsext_host_name(ssl, name) }
        if let session { unsafe SSL_set_session(ssl, session.handle) }
    }

    deinit {
        unsafe SSL_free(ssl)
        unsafe SSL_CTX_free(context)
    }

    @discardableResult func shakeHands() -> RawClient {
        for _ in 0..<20 {
            ERR_clear_error()
            unsafe SSL_do_handshake(ssl)
            serverStep = server.handshake()
        }
        return self
    }

    var serverFault: TLSFault? {
        if case .failed(let fault) = serverStep { return fault }
        return nil
    }

    var isOpen: Bool { unsafe serverStep == .done && SSL_is_init_finished(ssl) == 1 }

    @discardableResult func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        ERR_clear_error()
        return unsafe SSL_write(ssl, bytes, Int32(bytes.count)) == bytes.count
    }

    func received() -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        ERR_clear_error()
        let count = unsafe SSL_read(ssl, &bytes, Int32(bytes.count))
        return String(decoding: bytes[..<max(0, Int(count))], as: UTF8.self)
    }
}
