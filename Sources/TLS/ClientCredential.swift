import COpenSSL
import Glibc
import X509

/// A client's certificate, the authorities behind it and its key, for one connection after another: where
/// clients are many, each with its own. Nothing is checked, so that what is to be refused can be shown.
///
/// Confined to the loop whose algorithms it was made with.
@safe public final class ClientCredential {
    private let leaf: Certificate509
    private let chain: OpaquePointer
    private let key: PrivateKeyHandle

    /// - Parameters:
    ///   - leaf: DER.
    ///   - authorities: Shown behind it in this order; read once for all who show them.
    ///   - numbers: Of the private key, by the names of a JSON Web Key (RFC 7518 §6, RFC 8037 §2): `x`, `y`
    ///     and `d`; `x` and `d`; or `n`, `e`, `d`, `p`, `q`, `dp`, `dq` and `qi`.
    ///   - curve: `P-256` and its like, where there is a `y`.
    /// - Throws: `operator.badCertificate`, `operator.badKey`.
    public init(
        leaf: [UInt8], authorities: [ClientAuthority], numbers: [(name: String, bytes: [UInt8])],
        curve: String?, library: LibraryContext
    ) throws(TLSFault) {
        guard let leaf = Certificate509(leaf, library) else {
            throw TLSFault(.operator, "badCertificate", "a client's certificate cannot be read")
        }
        guard let key = unsafe privateKey(numbers, curve, library) else {
            ERR_clear_error()
            throw TLSFault(.operator, "badKey", "a client's private key cannot be read")
        }
        let handle = unsafe PrivateKeyHandle(adopting: key)
        guard let chain = unsafe shim_sk_X509_new_null() else { throw .outOfMemory }
        for authority in authorities {
            let certificate = unsafe authority.certificate.handle
            unsafe X509_up_ref(certificate)
            _ = unsafe shim_sk_X509_push(chain, certificate)
        }
        self.leaf = leaf
        unsafe self.chain = unsafe chain
        self.key = handle
    }

    deinit { unsafe shim_sk_X509_pop_free(chain) }

    func show(on ssl: OpaquePointer) -> Bool {
        ERR_clear_error()
        return unsafe SSL_use_cert_and_key(ssl, leaf.handle, key.key, chain, 1) == 1
    }
}

/// An authority's certificate that clients show behind their own.
public final class ClientAuthority {
    fileprivate let certificate: Certificate509

    /// - Parameter der: Anything else is `operator.badCertificate`.
    public init(_ der: [UInt8], library: LibraryContext) throws(TLSFault) {
        guard let certificate = Certificate509(der, library) else {
            throw TLSFault(.operator, "badCertificate", "an authority's certificate cannot be read")
        }
        self.certificate = certificate
    }
}

/// Owns one X509 object that was read with a loop's own algorithms.
@safe private final class Certificate509 {
    let handle: OpaquePointer

    init?(_ der: [UInt8], _ library: LibraryContext) {
        var certificate = unsafe X509_new_ex(library.handle, nil)
        let isRead = unsafe der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            // A failure frees the object and clears the variable.
            return unsafe d2i_X509(&certificate, &cursor, bytes.count) != nil
        }
        guard isRead, let certificate = unsafe certificate else {
            ERR_clear_error()
            return nil
        }
        unsafe handle = unsafe certificate
    }

    deinit { unsafe X509_free(handle) }
}

/// A key put together from its numbers: a tenth of the time that libcrypto takes to decode one.
private func privateKey(
    _ numbers: [(name: String, bytes: [UInt8])], _ curve: String?, _ library: LibraryContext
) -> OpaquePointer? {
    func bytes(_ name: String) -> [UInt8]? { numbers.first { $0.name == name }?.bytes }
    if bytes("n") != nil {
        let names = [
            ("n", OSSL_PKEY_PARAM_RSA_N), ("e", OSSL_PKEY_PARAM_RSA_E), ("d", OSSL_PKEY_PARAM_RSA_D),
            ("p", "rsa-factor1"), ("q", "rsa-factor2"), ("dp", "rsa-exponent1"), ("dq", "rsa-exponent2"),
            ("qi", "rsa-coefficient1"),
        ]
        return unsafe key(
            "RSA", library,
            integers: names.compactMap { name, parameter in bytes(name).map { (parameter, $0) } })
    }
    guard let x = bytes("x"), let d = bytes("d") else { return nil }
    guard let y = bytes("y"), let curve else {
        return unsafe EVP_PKEY_new_raw_private_key_ex(library.handle, "ED25519", nil, d, d.count)
    }
    return unsafe key(
        "EC", library, integers: [(OSSL_PKEY_PARAM_PRIV_KEY, d)], curve: curve, point: [4] + x + y)
}

private func key(
    _ algorithm: String, _ library: LibraryContext, integers: [(String, [UInt8])], curve: String? = nil,
    point: [UInt8] = []
) -> OpaquePointer? {
    guard let builder = unsafe OSSL_PARAM_BLD_new() else { return nil }
    // The builder keeps addresses, of names and texts too: they live until it is freed.
    var texts = unsafe [UnsafeMutablePointer<CChar>?]()
    var numbers = unsafe [OpaquePointer?]()
    defer {
        unsafe OSSL_PARAM_BLD_free(builder)
        unsafe numbers.forEach { unsafe BN_clear_free($0) }
        unsafe texts.forEach { unsafe free($0) }
    }
    func held(_ text: String) -> UnsafeMutablePointer<CChar>? {
        let copy = unsafe strdup(text)
        unsafe texts.append(copy)
        return unsafe copy
    }
    for (name, bytes) in integers {
        let number = unsafe BN_bin2bn(bytes, Int32(bytes.count), nil)
        unsafe numbers.append(number)
        guard unsafe OSSL_PARAM_BLD_push_BN(builder, held(name), number) == 1 else { return nil }
    }
    guard let curve else { return unsafe made(algorithm, library, builder) }
    return unsafe point.withUnsafeBytes { point in
        guard
            unsafe OSSL_PARAM_BLD_push_utf8_string(
                builder, held(OSSL_PKEY_PARAM_GROUP_NAME), held(curve), 0) == 1,
            unsafe OSSL_PARAM_BLD_push_octet_string(
                builder, held(OSSL_PKEY_PARAM_PUB_KEY), point.baseAddress, point.count) == 1
        else { return nil }
        return unsafe made(algorithm, library, builder)
    }
}

private func made(
    _ algorithm: String, _ library: LibraryContext, _ builder: OpaquePointer
) -> OpaquePointer? {
    guard let parameters = unsafe OSSL_PARAM_BLD_to_param(builder) else { return nil }
    defer { unsafe OSSL_PARAM_free(parameters) }
    guard let context = unsafe EVP_PKEY_CTX_new_from_name(library.handle, algorithm, nil) else { return nil }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard unsafe EVP_PKEY_fromdata_init(context) == 1,
        unsafe EVP_PKEY_fromdata(context, &key, shim_EVP_PKEY_KEYPAIR(), parameters) == 1
    else { return nil }
    return unsafe key
}
