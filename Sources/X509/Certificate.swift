import COpenSSL
public import Crypto

/// One X.509 certificate, read and never changed.
///
/// Reading proves nothing about trust: only `TrustEpoch.judge` does.
@safe public final class Certificate: @unchecked Sendable {
    // Proof for `@unchecked`: every stored property is a `let`. The X509 object behind `handle` is counted and
    // locked by libcrypto; nothing writes to it after `init`, because its lazily filled extension cache is
    // filled there, and the calls made on it later only read or count references.
    private let handle: OpaquePointer

    /// The whole certificate as DER.
    public let der: [UInt8]
    /// SHA-256 of `der`.
    public let fingerprint: SHA256Digest

    /// Reads exactly one DER certificate; trailing bytes and encodings that are not DER are faults.
    public convenience init(der: [UInt8]) throws(CertificateFault) {
        guard let handle = unsafe Self.decode(der) else { throw .undecodable }
        unsafe self.init(adopting: handle)
        guard self.der == der else { throw .undecodable }
    }

    /// Takes over one reference to an X509 object. Accepts any object libcrypto has decoded.
    package init(adopting handle: OpaquePointer) {
        // Fills the extension cache, which later calls from many threads only read.
        _ = unsafe X509_check_purpose(handle, -1, 0)
        unsafe self.handle = unsafe handle
        der = unsafe Self.encode(handle)
        fingerprint = SHA256Digest(of: der)
        ERR_clear_error()
    }

    deinit {
        unsafe X509_free(handle)
    }

    /// Lends the X509 object for the length of a call; take a reference (`X509_up_ref`) to keep it.
    package func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        unsafe body(handle)
    }

    private static func decode(_ der: [UInt8]) -> OpaquePointer? {
        guard !der.isEmpty else { return nil }
        defer { ERR_clear_error() }
        return unsafe der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var cursor = bytes.baseAddress
            guard let handle = unsafe d2i_X509(nil, &cursor, bytes.count) else { return nil }
            guard let end = unsafe cursor, let start = bytes.baseAddress, unsafe end - start == bytes.count
            else {
                unsafe X509_free(handle)
                return nil
            }
            return unsafe handle
        }
    }

    private static func encode(_ handle: OpaquePointer) -> [UInt8] {
        let length = unsafe i2d_X509(handle, nil)
        guard length > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(length)) { output, count in
            var cursor = output.baseAddress
            count = max(0, Int(unsafe i2d_X509(handle, &cursor)))
        }
    }
}
