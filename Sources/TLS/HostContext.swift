import COpenSSL
import Crypto
import X509

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
        var message = Array("\(index) \(host.names) \(host.isStrictest) ".utf8)
        var parts = [host.sessionScope] + chain.map(\.der)
        if case .requested(let names) = host.clientCertificate {
            message += Array("requested \(names.count) ".utf8)
            parts += names
        }
        // Each with its length in front, so that no two lists read alike.
        for part in parts { message += Array("\(part.count) ".utf8) + part }
        return SHA256Digest(of: message).bytes
    }

    /// Schannel truncates lists above 16 KB, and then nobody can log in.
    private static let advertisedBytesMax = 16 * 1024
}
