/// Whether a host asks clients for a certificate.
public enum ClientCertificateRequest: Sendable, Hashable {
    /// No certificate is requested; one that is sent nevertheless breaks the protocol.
    case none
    /// A certificate is requested and none is required. `advertising` holds the DER subject names of the
    /// issuers that a browser should offer certificates of; when empty, the browser offers all.
    case requested(advertising: [[UInt8]])
}

/// One name-based TLS host: its names, its certificate, and what it asks of clients.
public struct ServerHost: Sendable, Hashable {
    /// DNS names in ASCII, exact or `*.` followed by a name: one label (RFC 6125 §6.4.3). Case does not
    /// matter.
    public let names: [String]
    /// The server's certificate first, then each issuer of the one before it; the root may be left out.
    public let chainPEM: [UInt8]
    /// The private key of the first certificate, not encrypted.
    public let keyPEM: [UInt8]
    public let clientCertificate: ClientCertificateRequest
    /// Whether clients without a server name come here. Exactly one host of a context says so.
    public let isStrictest: Bool
    /// Stands for everything that decides whom this host lets in: a session made under another scope is not
    /// taken up.
    public let sessionScope: [UInt8]

    public init(
        names: [String], chainPEM: [UInt8], keyPEM: [UInt8], clientCertificate: ClientCertificateRequest,
        isStrictest: Bool, sessionScope: [UInt8] = []
    ) {
        self.names = names
        self.chainPEM = chainPEM
        self.keyPEM = keyPEM
        self.clientCertificate = clientCertificate
        self.isStrictest = isStrictest
        self.sessionScope = sessionScope
    }
}

/// Printing or dumping a host shows its names, never its key.
extension ServerHost: CustomStringConvertible, CustomReflectable {
    public var description: String { "ServerHost(\(names.joined(separator: ", ")))" }
    public var customMirror: Mirror { Mirror(self, children: ["names": names]) }
}
