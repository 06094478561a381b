import TLS

/// What makes connections cheaper and must change nothing else. Tests switch each off, to see that verdicts,
/// pages and audit records stay the same; outside of tests all are on. (Resumption has a setting, and
/// `OpenSSLMemory` is for a whole process or not at all.)
struct Levers: Sendable {
    /// Few decoders, and keys that are decoded once (`LeanProvider`).
    var hasLeanLibrary = true
    /// Certificates that are read into fields once.
    var keepsCertificates = true
    /// Verdicts on the same chain under the same epoch.
    var keepsVerdicts = true
    /// One read and one write for many records (`RecordTransport`).
    var hasRecordTransport = true

    /// What a loop's TLS context takes time to make of, in the place of `old`.
    func prepared(
        _ hosts: [ServerHost], _ sessions: TLSSessionStore?, loop index: Int,
        replacing old: PreparedHosts? = nil
    ) throws(TLSFault) -> PreparedHosts {
        let library = hasLeanLibrary ? try LibraryContext.ofLoop(index) : .processWide
        return try PreparedHosts(hosts, sessions: sessions, library: library, replacing: old)
    }

    /// A loop's TLS context, in the place of `old`.
    func tlsContext(_ hosts: PreparedHosts, replacing old: ServerContext? = nil) -> ServerContext {
        let context = ServerContext(hosts, replacing: old)
        context.keepsCertificates = keepsCertificates
        context.hasRecordTransport = hasRecordTransport
        return context
    }
}
