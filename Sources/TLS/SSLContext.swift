import COpenSSL
import X509

/// Owns an SSL_CTX with the settings that servers and clients share.
@safe final class SSLContext {
    let handle: OpaquePointer

    init(
        _ method: OpaquePointer?, from versionMin: TLSVersion, to versionMax: TLSVersion,
        library: LibraryContext = .processWide
    ) throws(TLSFault) {
        ERR_clear_error()
        guard let handle = unsafe SSL_CTX_new_ex(library.handle, nil, method) else { throw .outOfMemory }
        unsafe self.handle = unsafe handle
        unsafe SSL_CTX_set_security_level(handle, Self.securityLevel)
        // All settings are explicit, so that the machine's openssl.cnf has no say.
        let accepted =
            unsafe shim_SSL_CTX_set_min_proto_version(handle, versionMin.rawValue) == 1
            && shim_SSL_CTX_set_max_proto_version(handle, versionMax.rawValue) == 1
            && SSL_CTX_set_cipher_list(handle, Self.ciphersTLS12) == 1
            && SSL_CTX_set_ciphersuites(handle, Self.ciphersTLS13) == 1
            && shim_SSL_CTX_set1_groups_list(handle, Self.groups) == 1
            && shim_SSL_CTX_set1_sigalgs_list(handle, Self.signatures) == 1
        guard accepted else { throw Self.internalFault() }
        unsafe SSL_CTX_clear_options(handle, Self.optionsOff)
        unsafe SSL_CTX_set_options(handle, Self.optionsOn)
        _ = unsafe shim_SSL_CTX_clear_mode(handle, -1)
        _ = unsafe shim_SSL_CTX_set_mode(handle, Int(Self.modes))
        _ = unsafe shim_SSL_CTX_set_session_cache_mode(handle, Int(SSL_SESS_CACHE_OFF))
        guard unsafe SSL_CTX_set_max_early_data(handle, 0) == 1,
            unsafe SSL_CTX_set_num_tickets(handle, 0) == 1
        else { throw Self.internalFault() }
        _ = unsafe shim_SSL_CTX_set_max_cert_list(handle, Self.chainBytesMax)
        unsafe SSL_CTX_set_msg_callback(handle, watchMessages)
    }

    deinit {
        unsafe SSL_CTX_free(handle)
    }

    /// Shows `chain` to peers and proves possession of its first certificate with `key`.
    func identify(chainPEM: [UInt8], keyPEM: [UInt8], datesMatter: Bool) throws(TLSFault) -> [Certificate] {
        let chain = try PEMFile.certificates(chainPEM)
        let key = try PEMFile.privateKey(keyPEM)
        try OwnChain.check(chain, key, datesMatter: datesMatter)
        ERR_clear_error()
        for (index, certificate) in chain.enumerated() {
            let accepted = unsafe certificate.withHandle { certificate in
                index == 0
                    ? unsafe SSL_CTX_use_certificate(handle, certificate)
                    : unsafe shim_SSL_CTX_add1_chain_cert(handle, certificate)
            }
            guard accepted == 1 else {
                let text = ErrorQueue.drain()?.text ?? "no reason given"
                throw TLSFault(
                    .operator, "weakCertificate", "certificate \(index + 1) is refused by OpenSSL: \(text)")
            }
        }
        guard unsafe SSL_CTX_use_PrivateKey(handle, key.key) == 1 else { throw Self.internalFault() }
        return chain
    }

    /// Makes sessions that `findSession` finds again. They are kept whole on this side (`SSL_OP_NO_TICKET`);
    /// OpenSSL's own cache, which knows neither host nor first handshake, stays out of it. Connections issue
    /// their tickets themselves.
    func offerResumption(lifetimeSeconds: Int) {
        let mode =
            SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_LOOKUP | SSL_SESS_CACHE_NO_INTERNAL_STORE
        _ = unsafe shim_SSL_CTX_set_session_cache_mode(handle, Int(mode))
        _ = unsafe SSL_CTX_set_timeout(handle, lifetimeSeconds)
        unsafe SSL_CTX_sess_set_new_cb(handle, keepSession)
        unsafe SSL_CTX_sess_set_get_cb(handle, findSession)
    }

    /// Lets a client's connections keep the sessions that servers offer, under an ID or in a ticket.
    func keepSessions() {
        unsafe SSL_CTX_clear_options(handle, shim_SSL_OP_NO_TICKET())
        let mode = SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE
        _ = unsafe shim_SSL_CTX_set_session_cache_mode(handle, Int(mode))
        unsafe SSL_CTX_sess_set_new_cb(handle, keepSession)
    }

    /// Puts a group and a cipher suite in front of the others.
    ///
    /// - Throws: `operator.badOffer` for a group that OpenSSL does not know. A cipher suite that it does not
    ///   know is passed over.
    func prefer(group: String?, cipher: String?, _ version: TLSVersion) throws(TLSFault) {
        if let group {
            let others = Self.groups.split(separator: ":").filter { $0 != group }
            let list = ([group[...]] + others).joined(separator: ":")
            guard unsafe shim_SSL_CTX_set1_groups_list(handle, list) == 1 else {
                ERR_clear_error()
                throw TLSFault(.operator, "badOffer", "OpenSSL knows no group “\(group)”")
            }
        }
        guard let cipher else { return }
        if version == .tls13 {
            let list = "\(cipher):\(Self.ciphersTLS13)"
            if unsafe SSL_CTX_set_ciphersuites(handle, list) != 1 {
                _ = unsafe SSL_CTX_set_ciphersuites(handle, Self.ciphersTLS13)
            }
        } else {
            _ = unsafe SSL_CTX_set_cipher_list(handle, "\(cipher):\(Self.ciphersTLS12)")
        }
        ERR_clear_error()
    }

    static func internalFault() -> TLSFault {
        TLSFault(.us, "internal", ErrorQueue.drain()?.text ?? "OpenSSL failed without a reason")
    }

    /// The longest certificate chain read from a peer. OpenSSL ends the handshake with an alert beyond it.
    static let chainBytesMax = 64 * 1024

    /// At least 112 bits: RSA and DH of 2048 bits, no SHA-1.
    private static let securityLevel: Int32 = 2
    /// Mozilla's guideline 6.0, "intermediate".
    private static let ciphersTLS13 =
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    private static let ciphersTLS12 = """
        ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:\
        ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
        """
    private static let groups = "X25519:P-256:P-384"
    /// OpenSSL's own list at this security level, without DSA and SHA-224.
    private static let signatures = """
        ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:ed25519:ed448:\
        rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:\
        rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:\
        rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512
        """

    static let optionsOn =
        shim_SSL_OP_NO_RENEGOTIATION() | shim_SSL_OP_NO_COMPRESSION() | shim_SSL_OP_NO_TICKET()
    private static let optionsOff =
        shim_SSL_OP_IGNORE_UNEXPECTED_EOF() | shim_SSL_OP_CIPHER_SERVER_PREFERENCE()
    /// Without AUTO_RETRY a read returns after each record, even if it was no data: a peer that sends key
    /// updates without end does not hold the loop.
    private static let modes =
        SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
        | SSL_MODE_NO_AUTO_CHAIN
}
