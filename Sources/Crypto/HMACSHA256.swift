import COpenSSL

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1).
public enum HMACSHA256 {
    /// The 32-byte code of `message` under `key`, which may be of any length.
    public static func code(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: SHA256Digest.byteCount) { output, count in
            // An empty array has no address, and to libcrypto no address is no key.
            let keyBytes = key.isEmpty ? [0] : key
            let code = unsafe HMAC(
                EVP_sha256(), keyBytes, Int32(key.count), message, message.count, output.baseAddress, nil)
            guard unsafe code != nil else { fatalError("libcrypto cannot compute HMAC-SHA-256") }
            count = SHA256Digest.byteCount
        }
    }
}
