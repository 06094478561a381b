import COpenSSL
import Crypto
import Glibc
import Synchronization
import X509

/// TLS sessions that clients may take up again, whichever loop they come back to.
///
/// A session lives for a fixed time from its *first* handshake, however often it is taken up in between, and
/// brings back what the client presented then. That is no verdict: whoever serves the connection judges the
/// certificates anew. A TLS 1.3 session is used up by taking it (RFC 8446 §8.1); a TLS 1.2 session, which
/// browsers take up on several connections at once, is not.
public final class TLSSessionStore: Sendable {
    /// How long after its first handshake a session may be taken up.
    public let lifetimeSeconds: Int
    /// When there are more, the oldest go first.
    public let sessionsMax: Int

    private let shards: [Shard]
    private let clock: @Sendable () -> Int64

    /// - Parameter clock: seconds since any moment, never going back.
    public init(
        sessionsMax: Int = 20_000, lifetimeSeconds: Int = 300,
        clock: @escaping @Sendable () -> Int64 = secondsSinceBoot
    ) {
        precondition(sessionsMax > 0 && lifetimeSeconds > 0, "a store holds something for some time")
        self.sessionsMax = sessionsMax
        self.lifetimeSeconds = lifetimeSeconds
        self.clock = clock
        let shardCount = min(Self.shardCountMax, sessionsMax)
        shards = (0..<shardCount).map { index in
            Shard(sessionsMax: sessionsMax / shardCount + (index < sessionsMax % shardCount ? 1 : 0))
        }
    }

    /// How many sessions there are, expired ones included that nobody has come across yet.
    public var count: Int { shards.reduce(0) { $0 + $1.count } }

    /// When a session that is made now must have been taken up for the last time.
    var deadlineOfNewSession: Int64 { clock() + Int64(lifetimeSeconds) }

    func insert(_ session: StoredSession, as id: SessionID) {
        guard session.origin.deadline > clock() else { return }
        shard(of: id).insert(session, as: id, at: clock())
    }

    /// The session of that id, if it was made for the same name of the same host and its time is not over.
    func session(_ id: SessionID, ofHost hostIndex: Int?, serverName: String?) -> StoredSession? {
        guard let session = shard(of: id).take(id), session.origin.hostIndex == hostIndex,
            session.origin.serverName == serverName, session.origin.deadline > clock()
        else { return nil }
        return session
    }

    func remove(_ id: SessionID) {
        shard(of: id).remove(id)
    }

    /// How long a session of that origin still lives, in whole seconds.
    func secondsLeft(of origin: SessionOrigin) -> Int64 { max(0, origin.deadline - clock()) }

    private func shard(of id: SessionID) -> Shard {
        shards[Int(truncatingIfNeeded: id.words.0 % UInt64(shards.count))]
    }

    /// Locks are held for a look-up each; so many loops hardly ever meet at one.
    private static let shardCountMax = 64
}

/// Seconds of `CLOCK_BOOTTIME`, which goes on while a machine sleeps.
public func secondsSinceBoot() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec)
}

/// What the first handshake of a session has settled, and no resumption changes.
final class SessionOrigin: Sendable {
    let hostIndex: Int
    let serverName: String?
    let presentedChain: [Certificate]
    let presentedProblem: RefusalReason?
    /// In the seconds of the store's clock.
    let deadline: Int64

    init(
        hostIndex: Int, serverName: String?, presentedChain: [Certificate], presentedProblem: RefusalReason?,
        deadline: Int64
    ) {
        self.hostIndex = hostIndex
        self.serverName = serverName
        self.presentedChain = presentedChain
        self.presentedProblem = presentedProblem
        self.deadline = deadline
    }
}

/// Owns OpenSSL's part of a session, as bytes without the peer's certificate: the origin has it, shared with
/// all who have seen the same one, where OpenSSL would keep kilobytes for each session.
///
/// The certificate's digest stays with OpenSSL's part, so that whoever gets the session back can tell that
/// both parts belong together.
@safe final class StoredSession: @unchecked Sendable {
    // Proof for `@unchecked`: all properties are `let`s, and nothing writes to the bytes after `init`.
    /// SSL_SESSION in DER.
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    let origin: SessionOrigin
    let isUsedOnce: Bool

    /// Writes down a session that a connection goes on using. Nil when out of memory.
    init?(copying session: OpaquePointer, from origin: SessionOrigin) {
        let leaf = origin.presentedChain.first?.fingerprint.bytes ?? []
        guard unsafe SSL_SESSION_set1_ticket_appdata(session, leaf, leaf.count) == 1,
            let bytes = unsafe SessionText.withoutPeer(session)
        else { return nil }
        unsafe self.bytes = unsafe bytes
        isUsedOnce = unsafe SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION
        self.origin = origin
    }

    /// The keys of the session are among the bytes.
    deinit { unsafe SessionText.destroy(bytes) }

    /// The session again, for one connection to own; nil when out of memory.
    func handOut() -> OpaquePointer? {
        ERR_clear_error()
        var cursor = unsafe UnsafePointer(bytes.baseAddress)
        return unsafe d2i_SSL_SESSION(nil, &cursor, bytes.count)
    }

    var byteCount: Int { unsafe bytes.count }

    /// Whether a session that was handed out, and goes on in a connection, is that of an origin.
    static func isSession(_ session: OpaquePointer?, of origin: SessionOrigin) -> Bool {
        guard let session = unsafe session else { return false }
        var start: UnsafeMutableRawPointer?
        var count = 0
        guard unsafe SSL_SESSION_get0_ticket_appdata(session, &start, &count) == 1 else { return false }
        let leaf = unsafe UnsafeRawBufferPointer(start: start, count: count)
        return unsafe leaf.elementsEqual(origin.presentedChain.first?.fingerprint.bytes ?? [])
    }
}

/// The 32 random bytes that a session is found by: its id in TLS 1.2, its ticket in TLS 1.3.
struct SessionID: Hashable {
    let words: (UInt64, UInt64, UInt64, UInt64)

    /// Nil for any other number of bytes: OpenSSL makes none such.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        func word(_ offset: Int) -> UInt64 {
            unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        }
        words = (word(0), word(8), word(16), word(24))
    }

    static func == (a: SessionID, b: SessionID) -> Bool { a.words == b.words }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}

/// A part of the store with a lock of its own.
private final class Shard: Sendable {
    private let sessions: Mutex<Sessions>

    init(sessionsMax: Int) { sessions = Mutex(Sessions(sessionsMax: sessionsMax)) }

    var count: Int { sessions.withLock { $0.byID.count } }

    func insert(_ session: StoredSession, as id: SessionID, at now: Int64) {
        let dropped = sessions.withLock { $0.insert(session, as: id, at: now) }
        withExtendedLifetime(dropped) {}  // freed outside of the lock
    }

    func take(_ id: SessionID) -> StoredSession? {
        sessions.withLock { sessions in
            guard let session = sessions.byID[id] else { return nil }
            if session.isUsedOnce { sessions.byID[id] = nil }
            return session
        }
    }

    func remove(_ id: SessionID) {
        let dropped = sessions.withLock { $0.byID.removeValue(forKey: id) }
        withExtendedLifetime(dropped) {}
    }
}

private struct Sessions {
    let sessionsMax: Int
    var byID: [SessionID: StoredSession] = [:]
    /// In the order of insertion from `oldest` on; some have gone from `byID` since.
    private var order: [SessionID] = []
    private var oldest = 0

    init(sessionsMax: Int) { self.sessionsMax = sessionsMax }

    /// Returns what had to go.
    mutating func insert(_ session: StoredSession, as id: SessionID, at now: Int64) -> [StoredSession] {
        var dropped: [StoredSession] = []
        while let first = order.indices.contains(oldest) ? order[oldest] : nil {
            if let session = byID[first] {
                guard byID.count >= sessionsMax || session.origin.deadline <= now else { break }
                dropped.append(session)
                byID[first] = nil
            }
            oldest += 1
        }
        if order.count >= 2 * sessionsMax {
            order = order[oldest...].filter { byID[$0] != nil }
            oldest = 0
        }
        byID[id] = session
        order.append(id)
        return dropped
    }
}
