import COpenSSL
import X509

/// A client's own certificate chain and key, in PEM, as in `ServerHost`.
public struct ClientIdentity: Sendable {
    public let chainPEM: [UInt8]
    public let keyPEM: [UInt8]

    public init(chainPEM: [UInt8], keyPEM: [UInt8]) {
        self.chainPEM = chainPEM
        self.keyPEM = keyPEM
    }
}

/// Printing or dumping an identity shows nothing of its key.
extension ClientIdentity: CustomStringConvertible, CustomReflectable {
    public var description: String { "ClientIdentity" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The TLS side of outgoing connections: whom they trust, and who they are.
///
/// The server's chain must end in one of the given anchors (an intermediate given as an anchor is enough;
/// the system's roots are never used), its certificate must allow server authentication and name the server
/// in a subject alternative name.
public final class ClientContext: @unchecked Sendable {
    // Proof for `@unchecked`: the SSL_CTX is changed in `init` only. Afterwards it is used for `SSL_new`
    // alone, which libssl allows from many threads: it counts references atomically and locks the
    // certificate store.
    let context: SSLContext

    /// - Parameters:
    ///   - anchorsPEM: at least one certificate.
    ///   - identity: shown to servers that ask for a client certificate.
    ///   - keepsSessions: connections keep the sessions that servers offer, for `TLSConnection` to resume.
    ///   - alpn: protocols to offer, in order of preference; none for no ALPN. Each 1…255 bytes.
    public init(
        anchorsPEM: [UInt8], identity: ClientIdentity? = nil, versionMin: TLSVersion = .tls12,
        versionMax: TLSVersion = .tls13, alpn: [String] = ["http/1.1"], keepsSessions: Bool = false
    ) throws(TLSFault) {
        context = try unsafe SSLContext(TLS_client_method(), from: versionMin, to: versionMax)
        if keepsSessions { context.keepSessions() }
        let handle = unsafe context.handle
        let store = unsafe SSL_CTX_get_cert_store(handle)
        for anchor in try PEMFile.certificates(anchorsPEM) {
            guard unsafe anchor.withHandle({ unsafe X509_STORE_add_cert(store, $0) }) == 1 else {
                throw SSLContext.internalFault()
            }
        }
        let parameters = unsafe SSL_CTX_get0_param(handle)
        unsafe X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        unsafe X509_VERIFY_PARAM_set_hostflags(
            parameters, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
        if let identity {
            _ = try context.identify(
                chainPEM: identity.chainPEM, keyPEM: identity.keyPEM, datesMatter: false)
        }
        if !alpn.isEmpty {
            guard alpn.allSatisfy({ 1...255 ~= $0.utf8.count }) else {
                throw TLSFault(.us, "badProtocolName", "an ALPN protocol name has 1 to 255 bytes")
            }
            let offer = alpn.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
            guard unsafe SSL_CTX_set_alpn_protos(handle, offer, UInt32(offer.count)) == 0 else {
                throw SSLContext.internalFault()
            }
        }
    }
}

/// A session that a server has offered to a client. Whoever resumes with it reaches the same server.
@safe public final class ClientSession: @unchecked Sendable {
    // Proof for `@unchecked`: the only property is a `let`, and connections get copies of the SSL_SESSION.
    private let handle: OpaquePointer

    init?(copying session: OpaquePointer) {
        guard let copy = unsafe SSL_SESSION_dup(session) else { return nil }
        unsafe handle = unsafe copy
    }

    deinit { unsafe SSL_SESSION_free(handle) }

    func offer(on ssl: OpaquePointer) -> Bool {
        guard let copy = unsafe SSL_SESSION_dup(handle) else { return false }
        defer { unsafe SSL_SESSION_free(copy) }
        return unsafe SSL_set_session(ssl, copy) == 1
    }
}
