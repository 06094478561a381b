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

/// What a client offers that stands in for another: the other's choice first, and then our own.
public struct ClientOffer: Sendable, Hashable {
    public var version: TLSVersion
    /// `X25519`, `P-256`, …
    public var group: String?
    /// `TLS_AES_256_GCM_SHA384`, `ECDHE-RSA-AES128-GCM-SHA256`, …
    public var cipher: String?
    /// Empty for no ALPN.
    public var alpn: [String]

    public init(version: TLSVersion, group: String? = nil, cipher: String? = nil, alpn: [String] = []) {
        self.version = version
        self.group = group
        self.cipher = cipher
        self.alpn = alpn
    }
}

/// The TLS side of outgoing connections: whom they trust, and who they are.
///
/// The server's chain must end in one of the given anchors (an intermediate given as an anchor is enough;
/// the system's roots are never used), its certificate must allow server authentication and name the server
/// in a subject alternative name.
public final class ClientContext: @unchecked Sendable {
    // Proof for `@unchecked`: the SSL_CTX is changed in `init` only. Afterwards it is used for `SSL_new`
    // alone, which libssl allows from many threads: it counts references atomically and locks the
    // certificate store. The memory does its own locking.
    let context: SSLContext
    let memory: ServerMemory?

    /// - Parameters:
    ///   - anchorsPEM: at least one certificate.
    ///   - identity: shown to servers that ask for a client certificate.
    ///   - keepsSessions: connections keep the sessions that servers offer, for `TLSConnection` to resume.
    ///   - alpn: protocols to offer, in order of preference; none for no ALPN. Each 1…255 bytes.
    public init(
        anchorsPEM: [UInt8], identity: ClientIdentity? = nil, versionMin: TLSVersion = .tls12,
        versionMax: TLSVersion = .tls13, alpn: [String] = ["http/1.1"], keepsSessions: Bool = false
    ) throws(TLSFault) {
        memory = nil
        context = try unsafe SSLContext(TLS_client_method(), from: versionMin, to: versionMax)
        if keepsSessions { context.keepSessions() }
        try context.trust(anchorsPEM)
        if let identity {
            _ = try context.identify(
                chainPEM: identity.chainPEM, keyPEM: identity.keyPEM, datesMatter: false)
        }
        try context.offer(alpn)
    }

    /// For load: many clients of one loop, each with a `ClientCredential`, or none, of its own. Keys of any
    /// size may be shown; sessions are kept; a server's chain that was verified within the minute is not
    /// verified again.
    ///
    /// - Parameter identity: shown by connections without a credential of their own.
    public init(
        anchorsPEM: [UInt8], identity: ClientIdentity? = nil, standingIn offer: ClientOffer,
        library: LibraryContext
    ) throws(TLSFault) {
        memory = ServerMemory()
        context = try unsafe SSLContext(
            TLS_client_method(), from: offer.version, to: offer.version, library: library)
        unsafe SSL_CTX_set_security_level(context.handle, 0)
        context.keepSessions()
        try context.trust(anchorsPEM)
        if let identity {
            _ = try context.identify(
                chainPEM: identity.chainPEM, keyPEM: identity.keyPEM, datesMatter: false)
        }
        try context.offer(offer.alpn)
        try context.prefer(group: offer.group, cipher: offer.cipher, offer.version)
        unsafe SSL_CTX_set_cert_verify_callback(context.handle, verifyUnlessRemembered, nil)
    }
}

extension SSLContext {
    /// Requires a server's certificate that ends in one of these.
    fileprivate func trust(_ anchorsPEM: [UInt8]) throws(TLSFault) {
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
    }

    fileprivate func offer(_ alpn: [String]) throws(TLSFault) {
        guard !alpn.isEmpty else { return }
        guard alpn.allSatisfy({ 1...255 ~= $0.utf8.count }) else {
            throw TLSFault(.us, "badProtocolName", "an ALPN protocol name has 1 to 255 bytes")
        }
        let offer = alpn.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        guard unsafe SSL_CTX_set_alpn_protos(handle, offer, UInt32(offer.count)) == 0 else {
            throw SSLContext.internalFault()
        }
    }
}

/// A session that a server has offered to a client. Whoever resumes with it reaches the same server.
///
/// It is kept as OpenSSL writes it down, without the server's certificate, in some 200 bytes: as an object it
/// takes some ten kilobytes.
public final class ClientSession: Sendable {
    private let der: [UInt8]

    init?(copying session: OpaquePointer) {
        guard let bytes = unsafe SessionText.withoutPeer(session) else { return nil }
        defer { unsafe SessionText.destroy(bytes) }
        der = unsafe Array(bytes)
    }

    func offer(on ssl: OpaquePointer) -> Bool {
        unsafe der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            guard let session = unsafe d2i_SSL_SESSION(nil, &cursor, bytes.count) else { return false }
            defer { unsafe SSL_SESSION_free(session) }
            return unsafe SSL_set_session(ssl, session) == 1
        }
    }
}

/// Printing or dumping one shows nothing of its secret.
extension ClientSession: CustomStringConvertible, CustomReflectable {
    public var description: String { "ClientSession" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
