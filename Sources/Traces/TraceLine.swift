/// One TLS connection as a trace tells it. Nothing in it names a person, an address or a key.
public struct TraceLine: Sendable, Hashable {
    /// How TLS began.
    public enum Handshake: String, Sendable, Hashable, CaseIterable {
        case full, resumed
        /// It was not finished; `ending` says why.
        case failed
    }

    /// What the gateway thought of the client's certificate.
    public enum Verdict: String, Sendable, Hashable, CaseIterable {
        case absent, trusted, refused
    }

    /// From the beginning of the trace to the connection's.
    public var offsetMicroseconds: Int
    /// The gateway's own name for the host that was asked for; nil when there is no such host.
    public var host: String?
    public var handshake: Handshake
    /// `1.2` or `1.3`; this and the three below are nil when the handshake failed.
    public var version: String?
    /// `X25519`, `P-256`, …
    public var group: String?
    /// By its name in the IANA registry or OpenSSL's: `TLS_AES_128_GCM_SHA256`.
    public var cipher: String?
    /// `http/1.1`; nil without ALPN.
    public var alpn: String?
    /// Certificates that the client presented, its own included; 0 without one.
    public var chainCount: Int
    /// The kind of the client's key: `EC P-256`, `RSA 2048`.
    public var key: String?
    /// Nil when no request was judged.
    public var verdict: Verdict?
    /// Why a certificate was refused, or led to no customer: the code of logs and audit records.
    public var reason: String?
    /// Stands for the customer, or for the certificate when it led to none: the same within a trace, and
    /// nothing outside of it.
    public var customer: String?
    public var requestCount: Int
    public var lastedMicroseconds: Int
    /// `closed` when both sides ended it properly; else the fault's code in logs.
    public var ending: String

    public init(
        offsetMicroseconds: Int, host: String?, handshake: Handshake, version: String? = nil,
        group: String? = nil, cipher: String? = nil, alpn: String? = nil, chainCount: Int = 0,
        key: String? = nil, verdict: Verdict? = nil, reason: String? = nil, customer: String? = nil,
        requestCount: Int = 0, lastedMicroseconds: Int = 0, ending: String = TraceLine.closed
    ) {
        self.offsetMicroseconds = offsetMicroseconds
        self.host = host
        self.handshake = handshake
        self.version = version
        self.group = group
        self.cipher = cipher
        self.alpn = alpn
        self.chainCount = chainCount
        self.key = key
        self.verdict = verdict
        self.reason = reason
        self.customer = customer
        self.requestCount = requestCount
        self.lastedMicroseconds = lastedMicroseconds
        self.ending = ending
    }

    /// The ending of a connection with which nothing was wrong.
    public static let closed = "closed"
    /// No line is longer, whatever stands in it.
    public static let bytesMax = 2048
}
