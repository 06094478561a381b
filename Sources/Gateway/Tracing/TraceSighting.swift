import Reactor
import Serving
import TLS
import Traces
import X509

/// A connection that is over, as its loop hands it to the recording: taken down, not yet looked at.
struct TraceSighting: Sendable {
    let openedAt: MonotonicTime
    let closedAt: MonotonicTime
    let host: String?
    let isPartner: Bool
    /// What was agreed on; nil when the handshake failed.
    let agreement: Agreement?
    let leaf: Certificate?
    let chainCount: Int
    /// Nil when no request was judged.
    let verdict: PeerVerdict?
    let requestCount: Int
    let ending: String

    struct Agreement: Sendable {
        let isResumed: Bool
        let version: String
        let group: String?
        let cipher: String
        let alpn: String?
    }
}

extension TraceSighting {
    /// - Parameters:
    ///   - state: What the service kept with the connection; nil when its handshake failed.
    ///   - host: By the policy's name. What a client calls it is the client's.
    init(
        _ connection: PeerConnection, _ tls: TLSConnection, _ state: PeerState?, host: HostPolicy?,
        fault: StreamFault?, at now: MonotonicTime
    ) {
        let agreement = state.map { _ in
            Agreement(
                isResumed: tls.isResumed, version: tls.version, group: tls.group, cipher: tls.cipher,
                alpn: tls.applicationProtocol)
        }
        self.init(
            openedAt: connection.openedAt, closedAt: now, host: host?.name,
            isPartner: host?.isPartner ?? false, agreement: agreement, leaf: state?.trust.presented.first,
            chainCount: state?.trust.presented.count ?? 0,
            verdict: state.flatMap { $0.isJudged ? $0.trust.verdict : nil },
            requestCount: connection.requestCount, ending: fault?.code ?? TraceLine.closed)
    }
}
