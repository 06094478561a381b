import COpenSSL

/// Owner of one of libcrypto's P-256 keys, private or public.
@safe final class EllipticKey: @unchecked Sendable {
    // Proof for `@unchecked`: the one property is a `let`, and libcrypto only counts and reads the key behind
    // it; every signature has a context of its own.
    private let handle: OpaquePointer

    /// Takes over one reference. nil, and the reference let go, unless it is a key on P-256 by name.
    init?(owning handle: OpaquePointer?) {
        guard let handle = unsafe handle else { return nil }
        guard unsafe isOnP256(handle) else {
            unsafe EVP_PKEY_free(handle)
            return nil
        }
        unsafe self.handle = unsafe handle
    }

    deinit {
        unsafe EVP_PKEY_free(handle)
    }

    /// Lends the key for the length of a call.
    func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        withExtendedLifetime(self) { unsafe body(handle) }
    }

    /// One coordinate of the public point, 32 bytes; nil only when libcrypto fails.
    func coordinate(_ name: String) -> [UInt8]? {
        var number: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(handle, name, &number) == 1 else { return nil }
        defer { unsafe BN_free(number) }
        return unsafe paddedBytes(number)
    }
}

/// A number of P-256's field or order as 32 bytes, big-endian; nil when it is too large for that.
func paddedBytes(_ number: OpaquePointer?) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: fieldByteCount)
    return unsafe BN_bn2binpad(number, &bytes, Int32(fieldByteCount)) == Int32(fieldByteCount) ? bytes : nil
}

private func isOnP256(_ key: OpaquePointer) -> Bool {
    guard unsafe EVP_PKEY_get_base_id(key) == EVP_PKEY_EC else { return false }
    var name = [CChar](repeating: 0, count: 64)
    var length = 0
    guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return false }
    return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) == "prime256v1"
}

/// Of a coordinate, and of each half of a signature.
let fieldByteCount = 32
