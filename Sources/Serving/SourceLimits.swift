import Reactor
import Text

/// What one client network may take of one loop: an IPv4 address, or the first 64 bits of an IPv6 address.
/// Nil and 0 are no limit.
public struct SourceLimits: Sendable, Hashable {
    /// Open at once.
    public var connectionsMax = 0
    /// Handshakes that begin from nothing, which cost most.
    public var fullHandshakes: RateLimit?
    /// Handshakes that take up an earlier session.
    public var resumedHandshakes: RateLimit?
    /// Handshakes that come to nothing. Every handshake counts as one until it is done, so this bounds also
    /// how many are under way.
    public var failedHandshakes: RateLimit?
    /// Networks that are remembered.
    public var networksMax = 65_536

    public init() {}
}

/// Which limit of its network a connection has met.
public enum SourceRefusal: String, Sendable, CaseIterable {
    case connections, fullHandshakes, resumedHandshakes, failedHandshakes
}

/// What each client network has open and has used up, on one loop. Pure: the time is told.
struct SourceTable {
    private struct Account {
        var connections = 0
        var full = TokenBucket()
        var resumed = TokenBucket()
        var failed = TokenBucket()
        /// Since they were last told of.
        var refusals = 0
        var tellAgain = MonotonicTime(nanoseconds: 0)

        func isClear(at now: MonotonicTime) -> Bool {
            connections == 0 && full.isFull(at: now) && resumed.isFull(at: now) && failed.isFull(at: now)
                && tellAgain <= now
        }
    }

    private let limits: SourceLimits
    private var accounts: [ClientNetwork: Account] = [:]
    private var sweepAgain = MonotonicTime(nanoseconds: 0)

    init(_ limits: SourceLimits) { self.limits = limits }

    /// A connection is there. Without a refusal it is counted until `closed`.
    mutating func open(
        _ source: ClientNetwork, willShakeHands: Bool, at now: MonotonicTime
    ) -> SourceRefusal? {
        makeRoom(for: source, at: now)
        return change(source) { account, limits in
            if limits.connectionsMax > 0, account.connections >= limits.connectionsMax {
                return .connections
            }
            if willShakeHands, let limit = limits.failedHandshakes, !account.failed.take(limit, at: now) {
                return .failedHandshakes
            }
            account.connections += 1
            return nil
        }
    }

    /// The ClientHello is read: shall the handshake go on?
    mutating func begin(_ source: ClientNetwork, isResumed: Bool, at now: MonotonicTime) -> SourceRefusal? {
        change(source) { account, limits in
            if isResumed {
                guard let limit = limits.resumedHandshakes else { return nil }
                return account.resumed.take(limit, at: now) ? nil : .resumedHandshakes
            }
            guard let limit = limits.fullHandshakes else { return nil }
            return account.full.take(limit, at: now) ? nil : .fullHandshakes
        }
    }

    /// The handshake is done, and so was no failure.
    mutating func succeeded(_ source: ClientNetwork) {
        guard let limit = limits.failedHandshakes else { return }
        accounts[source]?.failed.giveBack(limit)
    }

    mutating func closed(_ source: ClientNetwork) {
        guard let account = accounts[source], account.connections > 0 else { return }
        accounts[source]?.connections -= 1
    }

    /// Counts a refusal.
    ///
    /// - Returns: How many there were since this network was told of, the first time and then at most every
    ///   ten seconds; else nil.
    mutating func tell(_ source: ClientNetwork, at now: MonotonicTime) -> Int? {
        change(source) { account, _ in
            account.refusals += 1
            guard account.tellAgain <= now else { return nil }
            account.tellAgain = now.adding(milliseconds: Self.tellMilliseconds)
            defer { account.refusals = 0 }
            return account.refusals
        }
    }

    private mutating func change<Result>(
        _ source: ClientNetwork, _ body: (inout Account, SourceLimits) -> Result
    ) -> Result {
        body(&accounts[source, default: Account()], limits)
    }

    /// Networks that owe nothing go. When all owe something, any goes that has nothing open.
    private mutating func makeRoom(for source: ClientNetwork, at now: MonotonicTime) {
        guard accounts.count >= limits.networksMax, accounts[source] == nil else { return }
        if sweepAgain <= now {
            sweepAgain = now.adding(milliseconds: Self.sweepMilliseconds)
            accounts = accounts.filter { !$0.value.isClear(at: now) }
        }
        guard accounts.count >= limits.networksMax else { return }
        let victim = accounts.prefix(16).first { $0.value.connections == 0 } ?? accounts.first
        if let victim { accounts[victim.key] = nil }
    }

    private static let tellMilliseconds = 10_000
    private static let sweepMilliseconds = 1000
}
