import COpenSSL

/// A digest of a password as another system kept it.
struct LegacyDigest: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// SHA-256 of password and salt; of the password alone when the salt is empty.
        case sha256
        /// PBKDF2 with HMAC-SHA-256 (RFC 8018 §5.2).
        case pbkdf2(iterations: Int)
    }

    let kind: Kind
    let salt: [UInt8]

    /// 32 bytes; nil when libcrypto cannot.
    func digest(of password: [UInt8]) -> [UInt8]? {
        switch kind {
        case .sha256:
            var input = password + salt
            defer { wipe(&input) }
            return SHA256Digest(of: input).bytes
        case .pbkdf2(let iterations):
            return pbkdf2(password, salt: salt, iterations: iterations)
        }
    }

    /// 1 to 2,000,000, some two seconds: hashes come from a database, and a changed row must not be able to
    /// hold a worker for long.
    static let iterations = 1...2_000_000
    static let byteCount = 32
}

private func pbkdf2(_ password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8]? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    var output = [UInt8](repeating: 0, count: LegacyDigest.byteCount)
    // An empty array may have no address.
    let passwordBytes = password.isEmpty ? [0] : password
    let outcome = unsafe passwordBytes.withUnsafeBytes { bytes in
        unsafe PKCS5_PBKDF2_HMAC(
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: password.count), salt,
            Int32(clamping: salt.count), Int32(clamping: iterations), EVP_sha256(), Int32(output.count),
            &output)
    }
    return outcome == 1 ? output : nil
}
