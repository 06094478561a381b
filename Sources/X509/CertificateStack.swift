import COpenSSL

/// Certificates as libcrypto wants a list of them.
///
/// Does nothing but keep the list and what it lists alive together.
@safe final class CertificateStack: @unchecked Sendable {
    // Proof for `@unchecked`: both properties are `let`s, the list is filled in `init`, and whoever borrows
    // it only reads it. The certificates are Sendable themselves.
    private let handle: OpaquePointer
    private let certificates: [Certificate]

    /// Running out of memory ends the process.
    init(_ certificates: [Certificate]) {
        guard let handle = unsafe shim_sk_X509_new_null() else { fatalError("out of memory") }
        for certificate in certificates {
            let count = unsafe certificate.withHandle { unsafe shim_sk_X509_push(handle, $0) }
            guard count > 0 else { fatalError("out of memory") }
        }
        unsafe self.handle = unsafe handle
        self.certificates = certificates
    }

    deinit {
        // Frees the list alone; `certificates` own what it points to.
        unsafe shim_sk_X509_free(handle)
    }

    /// Lends the list for the length of a call.
    func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        withExtendedLifetime(self) { unsafe body(handle) }
    }
}
