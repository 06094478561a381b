import COpenSSL

/// What the handshake has agreed on.
extension TLSConnection {
    /// The first name of the server's host that was chosen: it stays, however the hosts of later contexts are
    /// numbered.
    public var hostName: String? { hostIndex.flatMap { server?.hosts[$0].name } }
    /// Whether the server's host asked the client for a certificate, or would have done so in a full
    /// handshake.
    public var askedForCertificate: Bool {
        hostIndex.flatMap { server?.hosts[$0].requestsCertificate } ?? false
    }
    /// The protocol version: `TLSv1.3`.
    public var version: String { unsafe String(cString: SSL_get_version(ssl)) }
    /// The cipher suite by OpenSSL's name: `TLS_AES_128_GCM_SHA256`.
    public var cipher: String { unsafe String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))) }
    /// The group that keys were agreed in: `X25519`, `P-256`; with a resumed session of TLS 1.2, that of its
    /// first handshake. Nil when there is none.
    public var group: String? {
        switch Int32(unsafe shim_SSL_get_negotiated_group(ssl)) {
        case NID_undef: nil
        case NID_X25519: "X25519"
        case NID_X9_62_prime256v1: "P-256"
        case NID_secp384r1: "P-384"
        case NID_secp521r1: "P-521"
        case let other: unsafe OBJ_nid2sn(other).map { unsafe String(cString: $0) }
        }
    }
    /// Whether the handshake took up an earlier session.
    public var isResumed: Bool { unsafe SSL_session_reused(ssl) == 1 }
    /// The protocol that ALPN agreed on; nil without ALPN.
    public var applicationProtocol: String? {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(ssl, &start, &count)
        guard count > 0 else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }
}
