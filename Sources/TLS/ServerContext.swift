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
    let peerCertificates: PeerCertificates

    /// - Parameter old: the context that this one takes the place of, if any, on the same loop. What is known
    ///   of peers' certificates is taken over from it.
    public init(_ prepared: PreparedHosts, replacing old: ServerContext? = nil) {
        self.prepared = prepared
        let known = old.flatMap { $0.library === prepared.library ? $0.peerCertificates : nil }
        peerCertificates = known ?? PeerCertificates(library: prepared.library)
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
    package var keepsCertificates: Bool {
        get { peerCertificates.isKeeping }
        set { peerCertificates.isKeeping = newValue }
    }

    /// Whether connections gather what they read and write; off in tests only, and then OpenSSL's own
    /// transport has its place.
    package var hasRecordTransport = true

    /// How many peers' certificates are kept for the next connection.
    var certificateCount: Int { peerCertificates.count }

    /// By host; no session is ever taken up under another context than its own.
    package var sessionIDContexts: [[UInt8]] { hosts.map(\.sessionIDContext) }

    /// The server certificate of a host, for showing its fingerprint and expiry.
    public func certificate(ofHost index: Int) -> Certificate { hosts[index].certificate }
}
