import COpenSSL
import X509

/// The certificates that the peer presented.
extension TLSConnection {
    /// Takes note, once, of the certificates that the peer presented in this handshake or in the one that it
    /// resumes.
    func notePeer() {
        guard !isPeerNoted else { return }
        isPeerNoted = true
        if server != nil, isResumed {
            noteResumedChain()
        } else {
            notePresentedChain()
        }
    }

    /// The chain of the first handshake, whose leaf must be the one that OpenSSL kept the digest of with the
    /// session.
    private func noteResumedChain() {
        guard let foundOrigin, unsafe StoredSession.isSession(SSL_get_session(ssl), of: foundOrigin) else {
            callbackFault = .sessionMixUp
            return
        }
        presentedChain = foundOrigin.presentedChain
        presentedProblem = foundOrigin.presentedProblem
    }

    private func notePresentedChain() {
        defer { recognized = [] }
        guard let leaf = unsafe SSL_get0_peer_certificate(ssl) else { return }
        let sent = unsafe SSL_get_peer_cert_chain(ssl)
        let sentCount = unsafe sent == nil ? 0 : Int(shim_sk_X509_num(sent))
        // A client finds the leaf in front of the chain as well, a server does not.
        let first = server == nil ? 1 : 0
        let count = 1 + max(0, sentCount - first)
        guard count <= Self.chainCertificatesMax else {
            presentedChain = [unsafe certificate(leaf, at: 0)]
            presentedProblem = .chainTooLong
            return
        }
        presentedChain.reserveCapacity(count)
        presentedChain.append(unsafe certificate(leaf, at: 0))
        for place in 1..<count {
            guard let issuer = unsafe shim_sk_X509_value(sent, Int32(first + place - 1)) else { continue }
            presentedChain.append(unsafe certificate(issuer, at: place))
        }
    }

    /// The peer's certificate as a value; on a server, shared with those who have seen the same one.
    private func certificate(_ handle: OpaquePointer, at place: Int) -> Certificate {
        if recognized.indices.contains(place), let known = recognized[place],
            unsafe known.isOwner(of: handle)
        {
            return known
        }
        if let server { return unsafe server.peerCertificates.certificate(handle) }
        unsafe X509_up_ref(handle)
        return unsafe Certificate(adopting: handle)
    }

    /// On a server: shares with other connections what is known of a chain that OpenSSL has received. Proof
    /// of possession is still to come, so that nothing is kept on its account.
    func recognize(_ chain: OpaquePointer) {
        guard let server else { return }
        recognized = unsafe server.peerCertificates.share(chain, atMost: Self.chainCertificatesMax)
    }

    /// Certificates in a presented chain, the peer's own included.
    private static let chainCertificatesMax = 10
}
