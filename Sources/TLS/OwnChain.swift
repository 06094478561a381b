import COpenSSL
import X509

/// Whether a chain and a key are fit to be shown to peers.
enum OwnChain {
    /// - Parameter datesMatter: A server with an expired certificate serves nobody. What a client presents,
    ///   its server judges; and testers present what is to be refused.
    static func check(
        _ chain: [Certificate], _ key: borrowing PrivateKeyHandle, datesMatter: Bool
    ) throws(TLSFault) {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let leaf = chain.first else {
            throw TLSFault(.operator, "noCertificate", "there is no certificate")
        }
        guard matches(leaf, key) else { throw mismatch(chain, key) }
        for (index, certificate) in chain.enumerated() {
            if datesMatter { try checkValidity(certificate, ordinal: index + 1) }
            if index > 0, !issued(certificate, chain[index - 1]) {
                throw TLSFault(
                    .operator, "chainOrder",
                    "certificate \(index + 1) must have issued the one before it, and has not"
                )
            }
        }
    }

    private static func mismatch(_ chain: [Certificate], _ key: borrowing PrivateKeyHandle) -> TLSFault {
        for (index, certificate) in chain.enumerated() where matches(certificate, key) {
            return TLSFault(
                .operator, "chainOrder",
                "the private key belongs to certificate \(index + 1); that certificate must come first")
        }
        return TLSFault(
            .operator, "keyMismatch", "the private key does not belong to the first certificate of the chain")
    }

    private static func matches(_ certificate: Certificate, _ key: borrowing PrivateKeyHandle) -> Bool {
        let key = unsafe key.key
        return unsafe certificate.withHandle { unsafe X509_check_private_key($0, key) == 1 }
    }

    private static func issued(_ issuer: Certificate, _ subject: Certificate) -> Bool {
        unsafe issuer.withHandle { issuer in
            unsafe subject.withHandle { subject in unsafe X509_check_issued(issuer, subject) == X509_V_OK }
        }
    }

    private static func checkValidity(_ certificate: Certificate, ordinal: Int) throws(TLSFault) {
        let (notBefore, notAfter) = unsafe certificate.withHandle { handle in
            unsafe (
                X509_cmp_time(X509_get0_notBefore(handle), nil),
                X509_cmp_time(X509_get0_notAfter(handle), nil)
            )
        }
        guard notAfter > 0 else {
            throw TLSFault(.operator, "certificateExpired", "certificate \(ordinal) has expired")
        }
        guard notBefore < 0 else {
            throw TLSFault(.operator, "certificateNotYetValid", "certificate \(ordinal) is not valid yet")
        }
    }
}
