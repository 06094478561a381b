import COpenSSL
public import X509

/// The TLS side of a listener: one OpenSSL context for each host, chosen by the server name in the
/// ClientHello.
///
/// TLS 1.2 and 1.3; HTTP/1.1 only (ALPN); resumption only through a `TLSSessionStore`; no renegotiation, no
/// compression, no early data. Not `Sendable`: each loop has its own.
public final class ServerContext {
    let prepared: PreparedHosts
    var hosts: [HostContext] { prepared.contexts }
    var sessions: TLSSessionStore? { prepared.sessions }
    var library: LibraryContext { prepared.library }
    let buffers = TLSBuffers()
    /// Of peers' certificates; a client's issuers are the same again and again.
    private var certificates = RecentCache<[UInt8], Certificate>(halfMax: 1024)

    /// - Parameter old: the context that this one takes the place of, if any, on the same loop. What is known
    ///   of peers' certificates is taken over from it.
    public init(_ prepared: PreparedHosts, replacing old: ServerContext? = nil) {
        self.prepared = prepared
        if let old, old.library === prepared.library { certificates = old.certificates }
    }

    /// Prepares the hosts, and serves with them.
    public convenience init(
        hosts: [ServerHost], sessions: TLSSessionStore? = nil, library: LibraryContext = .processWide,
        replacing old: ServerContext? = nil
    ) throws(TLSFault) {
        let prepared = try PreparedHosts(
            hosts, sessions: sessions, library: library, replacing: old?.prepared)
        self.init(prepared, replacing: old)
    }

    /// How many hosts there are; `TLSConnection.hostIndex` is below it and counts as they were given.
    public var hostCount: Int { hosts.count }

    /// The host for a server name as a client sends it: exact before wildcard, case and one trailing dot
    /// ignored. Nil for a name that no host has.
    public func hostIndex(forServerName name: String) -> Int? {
        ServerNames.normal(Array(name.utf8)).flatMap(prepared.names.host)
    }

    /// Whether a peer's certificate is read once for all its connections; off in tests only.
    package var keepsCertificates = true
    /// Whether connections gather what they read and write; off in tests only, and then OpenSSL's own
    /// transport has its place.
    package var hasRecordTransport = true

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
