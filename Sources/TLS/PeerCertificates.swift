import COpenSSL
import X509

/// Certificates that peers sent to one loop, read into fields once and kept for the next connection: a
/// client's issuers are the same again and again.
///
/// Not `Sendable`: each loop has its own.
@safe final class PeerCertificates {
    private struct Kept {
        let certificate: Certificate
        /// It is what OpenSSL has read on this loop, not what was read again to tell the kind of its key.
        let isAsReceived: Bool
    }

    private let library: LibraryContext
    private var kept: RecentCache<[UInt8], Kept>

    /// Off in tests only.
    var isKeeping = true

    init(library: LibraryContext, halfMax: Int = 1024) {
        self.library = library
        kept = RecentCache(halfMax: halfMax)
    }

    var count: Int { kept.count }

    /// A certificate that a peer sent. The same bytes are read once, as long as they are in use; very large
    /// ones each time, so that nobody fills the memory with them.
    func certificate(_ handle: OpaquePointer) -> Certificate {
        let der = unsafe Certificate.der(of: handle)
        let isKept = isKeeping && der.count <= Self.bytesKeptMax
        if isKept, let known = kept.value(for: der) { return known.certificate }
        unsafe X509_up_ref(handle)
        var certificate = unsafe Certificate(adopting: handle)
        var isAsReceived = true
        if library.isLean, certificate.key.algorithm == .unreadable,
            let readable = try? Certificate(der: der)
        {
            // A kind of key that TLS has no use for; whoever judges shall see which.
            certificate = readable
            isAsReceived = false
        }
        if isKept { kept.insert(Kept(certificate: certificate, isAsReceived: isAsReceived), for: der) }
        return certificate
    }

    /// Makes a chain that OpenSSL has received, and lends to its verify callback, of the objects that are
    /// kept already, where there are some of exactly the same bytes: the connection then has none of its
    /// own. Returns by place what was put there.
    ///
    /// OpenSSL 3.0 (tls_process_client_certificate) takes the leaf and its key from this stack only when the
    /// callback is over, and gives the stack to the session, which frees one reference of each. A kept object
    /// was read in the same library context, and is not written to any more (see `Certificate`).
    func share(_ chain: OpaquePointer, atMost countMax: Int) -> [Certificate?] {
        guard isKeeping, Self.versions.contains(OpenSSL_version_num()) else { return [] }
        let count = unsafe shim_sk_X509_num(chain)
        return (0..<min(count, Int32(countMax))).map { place in
            guard let received = unsafe shim_sk_X509_value(chain, place),
                let known = unsafe kept.value(for: Certificate.der(of: received)), known.isAsReceived
            else { return nil }
            unsafe known.certificate.withHandle { handle in
                unsafe X509_up_ref(handle)
                _ = unsafe shim_sk_X509_set(chain, place, handle)
            }
            unsafe X509_free(received)
            return known.certificate
        }
    }

    private static let bytesKeptMax = 4096
    /// OpenSSL 3.0, whose source this was checked against.
    private static let versions: Range<UInt> = 0x3000_0000..<0x3010_0000
}
