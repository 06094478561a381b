import COpenSSL
import Synchronization

/// OpenSSL's algorithms for one loop, so that loops share no locks inside OpenSSL.
///
/// OpenSSL before 3.2 tries every decoder of every provider whenever it reads a certificate's public key.
/// There the context is *lean*: it has all algorithms of the default provider, and of its decoders only those
/// for public keys that TLS can use. Later versions remember their decoders and need no such help.
///
/// Certificates and sessions point into the context they were made with, and outlive connections. So contexts
/// are never freed; there are as many as loops.
@safe public final class LibraryContext: Sendable {
    // Proof for `nonisolated(unsafe)`: an OSSL_LIB_CTX does its own locking, and lives for ever.
    nonisolated(unsafe) let handle: OpaquePointer?
    /// Whether decoders were left out.
    public let isLean: Bool

    /// The one that everything else in the process uses as well.
    public static let processWide = unsafe LibraryContext(handle: nil, isLean: false)

    /// The context of the loop with that index, the same at each call.
    ///
    /// - Throws: `us.internal` when OpenSSL cannot make one.
    public static func ofLoop(_ index: Int) throws(TLSFault) -> LibraryContext {
        let made = contexts.withLock { contexts -> LibraryContext? in
            if let known = contexts[index] { return known }
            let isLean = OpenSSL_version_num() < Self.versionWithDecoderCache
            let context =
                isLean
                ? Self.lean() : unsafe OSSL_LIB_CTX_new().map { unsafe Self(handle: $0, isLean: false) }
            contexts[index] = context
            return context
        }
        guard let made else { throw SSLContext.internalFault() }
        return made
    }

    /// A context of its own with the lean provider in it, whatever OpenSSL's version; nil when that fails.
    static func lean() -> LibraryContext? {
        ERR_clear_error()
        guard let handle = unsafe OSSL_LIB_CTX_new() else { return nil }
        guard unsafe OSSL_PROVIDER_add_builtin(handle, LeanProvider.name, startLeanProvider) == 1,
            unsafe OSSL_PROVIDER_load(handle, LeanProvider.name) != nil
        else {
            unsafe OSSL_LIB_CTX_free(handle)
            return nil
        }
        return unsafe LibraryContext(handle: handle, isLean: true)
    }

    private init(handle: OpaquePointer?, isLean: Bool) {
        unsafe self.handle = unsafe handle
        self.isLean = isLean
    }

    /// Whether the public key of a DER certificate can be read with what is here.
    func canRead(certificate der: [UInt8]) -> Bool {
        ERR_clear_error()
        defer { ERR_clear_error() }
        var certificate = unsafe X509_new_ex(handle, nil)
        defer { unsafe X509_free(certificate) }
        return unsafe der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            // A failure frees the object and clears the variable.
            guard unsafe d2i_X509(&certificate, &cursor, bytes.count) != nil else { return false }
            return unsafe X509_get0_pubkey(certificate) != nil
        }
    }

    private static let contexts = Mutex<[Int: LibraryContext]>([:])
    private static let versionWithDecoderCache: UInt = 0x3020_0000
}
