import COpenSSL

public enum ConstantTime {
    /// Takes as long for a difference in the first byte as for one in the last. Lengths are no secret.
    public static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe CRYPTO_memcmp(a, b, a.count) == 0
    }
}
