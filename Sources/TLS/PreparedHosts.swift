/// The hosts of a listener with their OpenSSL contexts: that of a `ServerContext` which takes milliseconds to
/// make. It may be made on another thread than the one that serves with it.
public final class PreparedHosts: @unchecked Sendable {
    // Proof for `@unchecked`: all properties are `let`s. An SSL_CTX is changed while it is made; afterwards
    // it is used for `SSL_new` and `SSL_set_SSL_CTX` only, and counts its references atomically.
    let contexts: [HostContext]
    let strictest: Int
    let names: ServerNames
    let sessions: TLSSessionStore?
    let library: LibraryContext

    /// Reads and checks certificates and keys. Faults are the operator's: no certificate, a key that is
    /// encrypted or does not match, an expired certificate, a chain out of order, names twice, not exactly
    /// one strictest host.
    ///
    /// - Parameters:
    ///   - sessions: where sessions are kept for other connections, also those of other contexts over the
    ///     same store. Without one nothing is resumed.
    ///   - library: the algorithms of the loop that this is for.
    ///   - old: what this takes the place of, if anything, on the same loop. A host that has not changed is
    ///     taken over from it; a server certificate that was taken once is taken again, though it has
    ///     expired since.
    public init(
        _ hosts: [ServerHost], sessions: TLSSessionStore? = nil, library: LibraryContext = .processWide,
        replacing old: PreparedHosts? = nil
    ) throws(TLSFault) {
        let strictest = hosts.indices.filter { hosts[$0].isStrictest }
        guard strictest.count == 1 else {
            throw TLSFault(
                .operator, "strictestHost",
                "exactly one host must be marked strictest, for clients without a server name; "
                    + "\(strictest.count) are")
        }
        self.strictest = strictest[0]
        names = try ServerNames(hosts)
        let known = old.flatMap { $0.library === library && $0.sessions === sessions ? $0 : nil }
        var contexts: [HostContext] = []
        for (index, host) in hosts.enumerated() {
            let before = known.flatMap { $0.contexts.indices.contains(index) ? $0.contexts[index] : nil }
            if let before, before.host == host {
                contexts.append(before)
                continue
            }
            let context = try HostContext(
                host, index: index, library: library, datesMatter: !host.isIdentified(as: before?.host))
            if let sessions { context.context.offerResumption(lifetimeSeconds: sessions.lifetimeSeconds) }
            contexts.append(context)
        }
        self.contexts = contexts
        self.sessions = sessions
        self.library = library
    }
}

extension ServerHost {
    /// Whether it shows the same certificates and has the same key.
    fileprivate func isIdentified(as other: ServerHost?) -> Bool {
        chainPEM == other?.chainPEM && keyPEM == other?.keyPEM
    }
}
