import COpenSSL

/// Comparison whose duration says nothing about where two values differ.
public enum ConstantTime {
    /// Whether two byte strings are equal. Their lengths are not kept secret.
    public static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe CRYPTO_memcmp(a, b, a.count) == 0
    }
}
