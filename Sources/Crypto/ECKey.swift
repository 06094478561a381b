import COpenSSL

/// Owns one EVP_PKEY on P-256, immutable once made.
///
/// Sendable: libcrypto reads an unchanging key from many threads, and its reference count is atomic.
@safe final class ECKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over one reference; throws when it is no P-256 key.
    init(adopting pointer: OpaquePointer) throws(CryptoFault) {
        unsafe self.pointer = pointer
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        guard unsafe EVP_PKEY_get_group_name(pointer, &name, name.count, &length) == 1,
            name.prefix(length).elementsEqual("prime256v1".utf8.map(CChar.init(bitPattern:)))
        else {
            ERR_clear_error()
            throw .malformed("key: not on P-256")
        }
    }

    deinit { unsafe EVP_PKEY_free(pointer) }

    /// The two coordinates, 32 bytes each.
    func publicPoint() throws(CryptoFault) -> (x: [UInt8], y: [UInt8]) {
        var encoded = [UInt8](repeating: 0, count: 65)
        var length = 0
        guard
            unsafe EVP_PKEY_get_octet_string_param(
                pointer, OSSL_PKEY_PARAM_PUB_KEY, &encoded, encoded.count, &length) == 1,
            length == 65, encoded[0] == 4
        else {
            ERR_clear_error()
            throw .failed("read a public key")
        }
        return (Array(encoded[1..<33]), Array(encoded[33...]))
    }
}
