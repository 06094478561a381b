import COpenSSL

/// Seals small values with AES-256-GCM: a random 96-bit nonce in front, a 128-bit tag behind.
///
/// With random nonces one key is good for 2³² values (NIST SP 800-38D §8.3); keys are rotated long before.
public struct SealingKey: Sendable {
    public let bytes: [UInt8]

    /// A new random key.
    public init() { bytes = SecureRandom.bytes(Self.byteCount) }

    /// Nil unless there are exactly 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// - Parameter context: Must be the same when it is opened; it is not part of the result.
    public func seal(_ plain: [UInt8], context: [UInt8]) -> [UInt8] {
        let nonce = SecureRandom.bytes(Self.nonceCount)
        guard let cipher = CipherContext(),
            let (sealed, tag) = cipher.encrypt(plain, key: bytes, nonce: nonce, context: context)
        else { fatalError("libcrypto's AES-GCM has failed") }
        return nonce + sealed + tag
    }

    /// Nil when it was not sealed with this key and context, or was altered.
    public func open(_ sealed: [UInt8], context: [UInt8]) -> [UInt8]? {
        guard sealed.count >= Self.nonceCount + Self.tagCount else { return nil }
        let nonce = Array(sealed[..<Self.nonceCount])
        let tag = Array(sealed[(sealed.count - Self.tagCount)...])
        let body = Array(sealed[Self.nonceCount..<sealed.count - Self.tagCount])
        return CipherContext()?.decrypt(body, key: bytes, nonce: nonce, context: context, tag: tag)
    }

    static let byteCount = 32
    static let nonceCount = 12
    static let tagCount = 16
}

/// Owns one EVP_CIPHER_CTX.
@safe private struct CipherContext: ~Copyable {
    private let context: OpaquePointer

    init?() {
        guard let context = unsafe EVP_CIPHER_CTX_new() else { return nil }
        unsafe self.context = context
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    func encrypt(_ plain: [UInt8], key: [UInt8], nonce: [UInt8], context aad: [UInt8]) -> (
        [UInt8], tag: [UInt8]
    )? {
        var sealed = [UInt8](repeating: 0, count: plain.count)
        var tag = [UInt8](repeating: 0, count: SealingKey.tagCount)
        var length: Int32 = 0
        guard unsafe EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            unsafe EVP_EncryptUpdate(context, nil, &length, aad, Int32(aad.count)) == 1,
            unsafe EVP_EncryptUpdate(context, &sealed, &length, plain, Int32(plain.count)) == 1,
            unsafe EVP_EncryptFinal_ex(context, nil, &length) == 1,
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, Int32(tag.count), &tag) == 1
        else { return nil }
        return (sealed, tag)
    }

    func decrypt(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8], context aad: [UInt8], tag: [UInt8])
        -> [UInt8]?
    {
        var plain = [UInt8](repeating: 0, count: sealed.count)
        var tag = tag
        var length: Int32 = 0
        guard unsafe EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            unsafe EVP_DecryptUpdate(context, nil, &length, aad, Int32(aad.count)) == 1,
            unsafe EVP_DecryptUpdate(context, &plain, &length, sealed, Int32(sealed.count)) == 1,
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, Int32(tag.count), &tag) == 1,
            unsafe EVP_DecryptFinal_ex(context, nil, &length) == 1
        else {
            ERR_clear_error()
            return nil
        }
        return plain
    }
}
