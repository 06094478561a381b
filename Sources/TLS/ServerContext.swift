import COpenSSL
public import X509

/// The TLS side of a listener: one OpenSSL context for each host, chosen by the server name in the
/// ClientHello.
///
/// TLS 1.2 and 1.3; HTTP/1.1 only (ALPN); resumption only through a `TLSSessionStore`; no renegotiation, no
/// compression, no early data. Not `Sendable`: each loop has its own.
public final class ServerContext {
    /// How many hosts there are; `TLSConnection.hostIndex` is below it and counts as `init` was given them.
    public var hostCount: Int { hosts.count }

    let hosts: [HostContext]
    let strictest: Int
    let names: ServerNames
    let sessions: TLSSessionStore?
    let library: LibraryContext
    let buffers = TLSBuffers()
    /// Of peers' certificates; a client's issuers are the same again and again.
    private var certificates = RecentCache<[UInt8], Certificate>(halfMax: 1024)

    /// Reads and checks certificates and keys. Faults are the operator's: no certificate, a key that is
    /// encrypted or does not match, an expired certificate, a chain out of order, names twice, not exactly
    /// one strictest host.
    ///
    /// - Parameters:
    ///   - sessions: where sessions are kept for other connections, also those of other contexts over the
    ///     same store. Without one nothing is resumed.
    ///   - library: the algorithms of the loop that this is for.
    ///   - old: the context that this one takes the place of, if any, on the same loop. What has not changed
    ///     is taken over from it; a server certificate that was taken once is taken again, though it has
    ///     expired since.
    public init(
        hosts: [ServerHost], sessions: TLSSessionStore? = nil, library: LibraryContext = .processWide,
        replacing old: ServerContext? = nil
    ) throws(TLSFault) {
        let strictest = hosts.indices.filter { hosts[$0].isStrictest }
        guard strictest.count == 1 else {
            throw TLSFault(
                .operator, "strictestHost",
                "exactly one host must be marked strictest, for clients without a server name; "
                    + "\(strictest.count) are")
        }
        self.strictest = strictest[0]
        names = try ServerNames(hosts)
        let known = old.flatMap { $0.library === library && $0.sessions === sessions ? $0 : nil }
        var contexts: [HostContext] = []
        for (index, host) in hosts.enumerated() {
            let before = known.flatMap { $0.hosts.indices.contains(index) ? $0.hosts[index] : nil }
            if let before, before.host == host {
                contexts.append(before)
                continue
            }
            let context = try HostContext(
                host, index: index, library: library, datesMatter: !host.isIdentified(as: before?.host))
            if let sessions { context.context.offerResumption(lifetimeSeconds: sessions.lifetimeSeconds) }
            contexts.append(context)
        }
        self.hosts = contexts
        if let known { certificates = known.certificates }
        self.sessions = sessions
        self.library = library
    }

    /// The host for a server name as a client sends it: exact before wildcard, case and one trailing dot
    /// ignored. Nil for a name that no host has.
    public func hostIndex(forServerName name: String) -> Int? {
        ServerNames.normal(Array(name.utf8)).flatMap(names.host)
    }

    /// Whether a peer's certificate is read once for all its connections; off in tests only.
    package var keepsCertificates = true

    /// How many peers' certificates are kept for the next connection.
    var certificateCount: Int { certificates.count }

    /// A certificate that a peer sent. The same bytes are read into fields once, as long as they are in use;
    /// very large ones each time, so that nobody fills the memory with them.
    func certificate(_ handle: OpaquePointer) -> Certificate {
        let der = unsafe Certificate.der(of: handle)
        let isKept = keepsCertificates && der.count <= Self.certificateBytesKeptMax
        if isKept, let known = certificates.value(for: der) { return known }
        unsafe X509_up_ref(handle)
        var certificate = unsafe Certificate(adopting: handle)
        if library.isLean, certificate.key.algorithm == .unreadable {
            // A kind of key that TLS has no use for; whoever judges shall see which.
            certificate = (try? Certificate(der: der)) ?? certificate
        }
        if isKept { certificates.insert(certificate, for: der) }
        return certificate
    }

    private static let certificateBytesKeptMax = 4096

    /// By host; no session is ever taken up under another context than its own.
    package var sessionIDContexts: [[UInt8]] { hosts.map(\.sessionIDContext) }

    /// The server certificate of a host, for showing its fingerprint and expiry.
    public func certificate(ofHost index: Int) -> Certificate { hosts[index].certificate }
}

/// One host's OpenSSL context, and those of its settings that `SSL_set_SSL_CTX` leaves behind.
@safe struct HostContext {
    /// What it was made of.
    let host: ServerHost
    let context: SSLContext
    let certificate: Certificate
    /// The first of its names.
    let name: String
    /// SSL_VERIFY_PEER asks for a certificate; without FAIL_IF_NO_PEER_CERT it is not required.
    let verifyMode: Int32
    var requestsCertificate: Bool { verifyMode != SSL_VERIFY_NONE }
    /// Differs from host to host, so that a session of one is never taken up by another.
    let sessionIDContext: [UInt8]

    init(
        _ host: ServerHost, index: Int, library: LibraryContext, datesMatter: Bool
    ) throws(TLSFault) {
        self.host = host
        context = try unsafe SSLContext(
            TLS_server_method(), from: .tls12, to: .tls13, library: library)
        let chain = try context.identify(
            chainPEM: host.chainPEM, keyPEM: host.keyPEM, datesMatter: datesMatter)
        for (index, certificate) in chain.enumerated() where !library.canRead(certificate: certificate.der) {
            throw TLSFault(
                .operator, "unsupportedKey",
                "certificate \(index + 1) has a key that no client can use (\(certificate.keySummary))"
            )
        }
        certificate = chain[0]
        name = host.names.first ?? ""
        let handle = unsafe context.handle
        switch host.clientCertificate {
        case .none: verifyMode = SSL_VERIFY_NONE
        case .requested(let names):
            verifyMode = SSL_VERIFY_PEER
            unsafe SSL_CTX_set_client_CA_list(handle, try Self.nameList(names))
        }
        sessionIDContext = Self.fingerprint(host, chain, index: index)
        unsafe SSL_CTX_set_verify(handle, verifyMode, nil)
        unsafe SSL_CTX_set_cert_verify_callback(handle, acceptWithoutJudging, nil)
        unsafe SSL_CTX_set_client_hello_cb(handle, chooseHost, nil)
        unsafe SSL_CTX_set_cert_cb(handle, admitFullHandshake, nil)
        unsafe SSL_CTX_set_alpn_select_cb(handle, selectHTTP11, nil)
        let length = UInt32(sessionIDContext.count)
        guard unsafe SSL_CTX_set_session_id_context(handle, sessionIDContext, length) == 1 else {
            throw SSLContext.internalFault()
        }
    }

    /// Moves a connection over to this host. `SSL_set_SSL_CTX` brings certificate, key, the list of
    /// advertised issuers and the callbacks; verify mode, options and session id context stay those of the
    /// context the connection began with.
    func take(_ ssl: OpaquePointer) -> Bool {
        let handle = unsafe context.handle
        guard unsafe SSL_set_SSL_CTX(ssl, handle) == handle else { return false }
        unsafe SSL_set_verify(ssl, verifyMode, nil)
        unsafe SSL_clear_options(ssl, ~SSL_CTX_get_options(handle))
        unsafe SSL_set_options(ssl, SSL_CTX_get_options(handle))
        let length = UInt32(sessionIDContext.count)
        return unsafe SSL_set_session_id_context(ssl, sessionIDContext, length) == 1
    }

    private static func nameList(_ names: [[UInt8]]) throws(TLSFault) -> OpaquePointer {
        guard names.reduce(0, { $0 + $1.count + 2 }) <= advertisedBytesMax else {
            throw TLSFault(
                .operator, "advertisedNames",
                "the issuer names to advertise exceed \(advertisedBytesMax) bytes; browsers would see none")
        }
        guard let list = unsafe shim_sk_X509_NAME_new_null() else { throw .outOfMemory }
        for (index, name) in names.enumerated() {
            let parsed = unsafe name.withUnsafeBufferPointer { bytes -> OpaquePointer? in
                var cursor = bytes.baseAddress
                return unsafe d2i_X509_NAME(nil, &cursor, bytes.count)
            }
            guard let parsed = unsafe parsed, unsafe shim_sk_X509_NAME_push(list, parsed) > 0 else {
                unsafe shim_sk_X509_NAME_free_all(list)
                ERR_clear_error()
                throw TLSFault(
                    .operator, "advertisedNames", "issuer name \(index + 1) to advertise is not a DER name")
            }
        }
        return unsafe list
    }

    /// SHA-256 over the host's place, certificates, what it asks of clients and whom it trusts: 32 bytes, as
    /// many as OpenSSL takes.
    private static func fingerprint(_ host: ServerHost, _ chain: [Certificate], index: Int) -> [UInt8] {
        var text = "\(index) \(host.names) \(host.isStrictest) "
        switch host.clientCertificate {
        case .none: text += "none"
        case .requested(let names): text += "requested \(names)"
        }
        text += " \(host.sessionScope) "
        let message = Array(text.utf8) + chain.flatMap(\.der)
        return unsafe [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            _ = unsafe SHA256(message, message.count, digest.baseAddress)
            count = 32
        }
    }

    /// Schannel truncates lists above 16 KB, and then nobody can log in.
    private static let advertisedBytesMax = 16 * 1024
}

extension ServerHost {
    /// Whether it shows the same certificates and has the same key.
    fileprivate func isIdentified(as other: ServerHost?) -> Bool {
        chainPEM == other?.chainPEM && keyPEM == other?.keyPEM
    }
}
