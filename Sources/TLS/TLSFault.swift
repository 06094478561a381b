/// Why a TLS connection or context cannot go on. Would-block and a clean close are not faults.
///
/// `code` is for logs and tests and never changes its meaning; `reason` is for people. Neither holds key
/// material.
public struct TLSFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// Who has to do something about a fault.
    public enum Blame: String, Sendable, Hashable, CaseIterable {
        /// The other end of the connection, or the network between.
        case peer
        /// Whoever wrote the configuration or put the files in place.
        case `operator`
        /// This program, or the machine it runs on.
        case us
    }

    public var blame: Blame { content.blame }
    /// Stable and short, with the blame in front: `peer.noSharedCipher`, `peer.alert(unknown_ca)`.
    public var code: String { content.code }
    /// One line of English: OpenSSL's own reason for a peer's fault, a complete sentence for an operator's.
    public var reason: String { content.reason }

    public var description: String { "\(code): \(reason)" }

    init(_ blame: Blame, _ name: String, _ reason: String) {
        content = Content(blame, code: "\(blame.rawValue).\(name)", reason: reason)
    }

    public static func == (a: TLSFault, b: TLSFault) -> Bool {
        a.content === b.content || a.code == b.code && a.reason == b.reason
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(reason)
    }

    /// A connection has room for some faults, and hardly ever one.
    private let content: Content

    private final class Content: Sendable {
        let blame: Blame
        let code: String
        let reason: String

        init(_ blame: Blame, code: String, reason: String) {
            self.blame = blame
            self.code = code
            self.reason = reason
        }
    }
}

extension TLSFault {
    static let truncated = TLSFault(.peer, "truncated", "the connection ended without a close_notify")
    static let keyUpdateFlood = TLSFault(
        .peer, "keyUpdateFlood", "more than \(keyUpdatesMax) key updates on one connection")
    static let renegotiation = TLSFault(.peer, "renegotiation", "the peer asked for a renegotiation")
    static let unknownName = TLSFault(.peer, "unknownName", "no host here has the requested server name")
    static let plainHTTP = TLSFault(.peer, "plainHTTP", "the server answers in plain HTTP")
    static let malformedName = TLSFault(.peer, "malformedName", "the server name extension is malformed")
    static let overBudget = TLSFault(
        .peer, "overBudget", "the client's network has had too many handshakes of this kind of late")
    /// The code of a handshake that its network's limits did not allow.
    public static let overBudgetCode = overBudget.code
    static let sessionMixUp = TLSFault(
        .us, "sessionMixUp", "a resumed session's certificate is not the one that was kept with it")
    static let outOfMemory = TLSFault(.us, "outOfMemory", "OpenSSL could not allocate")

    /// TLS 1.3 key updates accepted on one connection. A sender needs one after 2^24.5 full records (RFC
    /// 8446 §5.5), which is some 300 GiB.
    static let keyUpdatesMax = 100
}
