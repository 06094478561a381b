import COpenSSL

/// A key that seals short values the server hands out and wants back unread and unchanged: AES-256-GCM with a
/// random 96-bit nonce (NIST SP 800-38D), so fit for some 2³² seals.
public struct SealingKey: Sendable {
    private let secret: SecretBytes

    /// A new random key.
    public init() {
        var bytes = SecureRandom.bytes(Self.byteCount)
        secret = SecretBytes(bytes)
        wipe(&bytes)
    }

    /// A key kept elsewhere; nil unless it is exactly 32 bytes long.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        secret = SecretBytes(bytes)
    }

    /// The 32 bytes, for keeping the key. A copy that nobody wipes.
    public var bytes: [UInt8] {
        unsafe secret.withBytes { unsafe Array($0) }
    }

    /// Seals `plain`, 28 bytes longer afterwards. `context` is not in the result and must be the same at
    /// `open`: say what the value is for, so that one kind of sealed value cannot be used as another.
    public func seal(_ plain: [UInt8], context: [UInt8]) -> [UInt8] {
        let nonce = SecureRandom.bytes(nonceByteCount)
        guard let cipher = AESGCM(), cipher.begin(secret, nonce: nonce, isSealing: true),
            cipher.authenticate(context),
            let body = cipher.process(plain), cipher.finish(), let tag = cipher.tag()
        else { fatalError("libcrypto cannot seal with AES-256-GCM") }
        return nonce + body + tag
    }

    /// The plain bytes; nil when `sealed` was not made by `seal` with this key and this context.
    public func open(_ sealed: [UInt8], context: [UInt8]) -> [UInt8]? {
        guard sealed.count >= nonceByteCount + tagByteCount else { return nil }
        let nonce = Array(sealed.prefix(nonceByteCount))
        let body = Array(sealed[nonceByteCount..<sealed.count - tagByteCount])
        guard let cipher = AESGCM(), cipher.begin(secret, nonce: nonce, isSealing: false),
            cipher.authenticate(context), let plain = cipher.process(body),
            cipher.expect(tag: Array(sealed.suffix(tagByteCount))), cipher.finish()
        else { return nil }
        return plain
    }

    private static let byteCount = 32
}

/// One seal or one opening: the owner of an EVP cipher context.
@safe private struct AESGCM: ~Copyable {
    private let context: OpaquePointer

    init?() {
        ERR_clear_error()
        guard let context = unsafe EVP_CIPHER_CTX_new() else { return nil }
        unsafe self.context = unsafe context
    }

    deinit {
        unsafe EVP_CIPHER_CTX_free(context)
        ERR_clear_error()
    }

    /// The default nonce length of GCM is the 12 bytes we use.
    func begin(_ key: SecretBytes, nonce: [UInt8], isSealing: Bool) -> Bool {
        unsafe key.withBytes { keyBytes in
            unsafe EVP_CipherInit_ex(
                context, EVP_aes_256_gcm(), nil, keyBytes.baseAddress, nonce, isSealing ? 1 : 0) == 1
        }
    }

    /// Covers bytes that are not part of the result.
    func authenticate(_ bytes: [UInt8]) -> Bool {
        var length: Int32 = 0
        guard let count = Int32(exactly: bytes.count) else { return false }
        return unsafe count == 0 || EVP_CipherUpdate(context, nil, &length, bytes, count) == 1
    }

    func process(_ bytes: [UInt8]) -> [UInt8]? {
        guard let count = Int32(exactly: bytes.count) else { return nil }
        guard count > 0 else { return [] }
        var length: Int32 = 0
        var isDone = false
        let output = unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { output, initialized in
            isDone = unsafe EVP_CipherUpdate(context, output.baseAddress, &length, bytes, count) == 1
            initialized = isDone ? Int(length) : 0
        }
        return isDone ? output : nil
    }

    /// On opening, false unless the tag fits.
    func finish() -> Bool {
        var length: Int32 = 0
        var none: [UInt8] = [0]
        return unsafe EVP_CipherFinal_ex(context, &none, &length) == 1
    }

    func tag() -> [UInt8]? {
        var tag = [UInt8](repeating: 0, count: tagByteCount)
        let isRead =
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagByteCount), &tag) == 1
        return isRead ? tag : nil
    }

    func expect(tag: [UInt8]) -> Bool {
        var tag = tag
        return unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
    }
}

private let nonceByteCount = 12
private let tagByteCount = 16
