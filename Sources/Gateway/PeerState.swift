import Crypto
import TLS
import Text
import X509

/// What the service keeps with a connection.
final class PeerState {
    var trust: PeerTrust
    /// Whether a request has been judged yet.
    var isJudged = false
    /// The name of the host that the handshake chose.
    let hostName: String?
    let askedForCertificate: Bool
    /// For access records, which take the same from every request.
    let version: String
    let cipher: String
    let isResumed: Bool
    private var shown: ShownCertificate?
    private var noted: (epoch: TrustEpochNumber, customer: String?, until: WallTime)?
    /// Where the connection's host stood last among those in force.
    private var hostIndex = 0

    /// - Parameter tls: Its handshake is done.
    init(_ tls: TLSConnection) {
        trust = PeerTrust(presented: tls.presentedChain, problem: tls.presentedProblem)
        hostName = tls.hostName
        askedForCertificate = tls.askedForCertificate
        version = tls.version
        cipher = tls.cipher
        isResumed = tls.isResumed
    }

    /// The host that the handshake chose; nil when there is none any more, or when it would not make the same
    /// of a handshake: what the client was asked for decides what it could show.
    func host(in hosts: [HostInForce]) -> HostInForce? {
        guard let name = hostName else { return nil }
        if !hosts.indices.contains(hostIndex) || hosts[hostIndex].policy.name != name {
            guard let index = hosts.firstIndex(where: { $0.policy.name == name }) else { return nil }
            hostIndex = index
        }
        let host = hosts[hostIndex]
        return (host.policy.trustStore != nil) == askedForCertificate ? host : nil
    }

    /// Whether the ledger should hear of the certificate, which it need not at every request.
    func isNews(_ epoch: TrustEpochNumber, _ customer: String?, at now: WallTime) -> Bool {
        if let noted, noted.epoch == epoch, now < noted.until, customer == nil || customer == noted.customer {
            return false
        }
        let until = now.adding(seconds: SeenLedger.againSeconds)
        noted = (epoch, customer ?? noted?.customer, until)
        return true
    }

    /// A certificate in the forms that backends get: the same for each request of a connection.
    func shown(_ certificate: Certificate) -> ShownCertificate {
        if let shown, shown.certificate == certificate { return shown }
        let shown = ShownCertificate(certificate)
        self.shown = shown
        return shown
    }
}

/// A certificate as backends get it.
struct ShownCertificate {
    let certificate: Certificate
    let subject: String
    /// RFC 9440 §2.2.
    let header: String

    init(_ certificate: Certificate) {
        self.certificate = certificate
        subject = certificate.subject.rfc4514
        header = ":\(Base64.encode(certificate.der)):"
    }
}
