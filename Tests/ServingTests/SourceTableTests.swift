import Reactor
import Testing
import Text

@testable import Serving

private func at(_ milliseconds: Int) -> MonotonicTime {
    MonotonicTime(nanoseconds: 1_000_000_000).adding(milliseconds: milliseconds)
}

/// Takes one at each of these milliseconds.
private func take(_ limit: RateLimit, from bucket: inout TokenBucket, at moments: [Int]) -> [Bool] {
    moments.map { bucket.take(limit, at: at($0)) }
}

@Suite struct TokenBucketTests {
    @Test func `a burst is there at once, and then the rate`() {
        let limit = RateLimit(perSecond: 10, burst: 3)
        var bucket = TokenBucket()
        let first = take(limit, from: &bucket, at: [0, 0, 0, 0, 99, 100, 100])
        #expect(first == [true, true, true, false, false, true, false])
        #expect(!bucket.isFull(at: at(399)) && bucket.isFull(at: at(400)))
        // However long nobody came, no more than the burst.
        let late = take(limit, from: &bucket, at: [1_000_000, 1_000_000, 1_000_000, 1_000_000])
        #expect(late == [true, true, true, false])
    }

    @Test func `what is given back is there again, and never more than there was`() {
        let limit = RateLimit(perSecond: 1, burst: 1)
        var bucket = TokenBucket()
        let first = take(limit, from: &bucket, at: [0])
        bucket.giveBack(limit)
        bucket.giveBack(limit)
        let second = take(limit, from: &bucket, at: [1, 1])
        #expect(first == [true] && second == [true, false])
    }

    @Test func `loops that share a limit allow together what it says`() {
        let limit = RateLimit(perSecond: 10, burst: 4, share: 2)
        var bucket = TokenBucket()
        let taken = take(limit, from: &bucket, at: [0, 0, 0, 199, 200])
        #expect(taken == [true, true, false, false, true])
    }
}

@Suite struct PaceTests {
    @Test func `standing still takes all the patience, dribbling not much more`() {
        var pace = Pace(idleSeconds: 30, bytesPerSecondMin: 500)
        var seconds = 10
        pace.waited(milliseconds: 10_000)
        while pace.millisecondsLeft > 0, seconds < 1000 {
            pace.progressed(byteCount: 1)
            pace.waited(milliseconds: 10_000)
            seconds += 10
        }
        #expect(seconds == 40)
    }

    @Test func `a client of the least rate may go on for ever`() {
        var pace = Pace(idleSeconds: 30, bytesPerSecondMin: 500)
        for _ in 0..<1000 {
            pace.waited(milliseconds: 2000)
            pace.progressed(byteCount: 1000)
        }
        #expect(pace.millisecondsLeft == 30_000)
        pace.progressed(byteCount: .max)
        #expect(pace.millisecondsLeft == 30_000)
    }

    @Test func `without a rate each byte is enough`() {
        var pace = Pace(idleSeconds: 1, bytesPerSecondMin: 0)
        pace.waited(milliseconds: 999)
        pace.progressed(byteCount: 1)
        #expect(pace.millisecondsLeft == 1000)
    }
}

@Suite struct SourceTableTests {
    private final class Table {
        var table: SourceTable

        init(_ limits: SourceLimits) { table = SourceTable(limits) }

        func open(
            _ source: ClientNetwork, willShakeHands: Bool = true, at millisecond: Int = 0
        ) -> SourceRefusal? {
            table.open(source, willShakeHands: willShakeHands, at: at(millisecond))
        }

        func begin(_ source: ClientNetwork, isResumed: Bool) -> SourceRefusal? {
            table.begin(source, isResumed: isResumed, at: at(0))
        }

        func tell(_ source: ClientNetwork, at millisecond: Int) -> Int? {
            table.tell(source, at: at(millisecond))
        }
    }

    private let one = ClientNetwork("192.0.2.1")
    private let other = ClientNetwork("2001:db8::1")

    private func limits(connections: Int = 0, failed: RateLimit? = nil) -> SourceLimits {
        var limits = SourceLimits()
        limits.connectionsMax = connections
        limits.failedHandshakes = failed
        limits.fullHandshakes = RateLimit(perSecond: 1, burst: 2)
        limits.resumedHandshakes = RateLimit(perSecond: 1, burst: 3)
        return limits
    }

    @Test func `a network has so many connections, and another its own`() {
        let table = Table(limits(connections: 2))
        let opened = (0..<3).map { _ in table.open(one) }
        #expect(opened == [nil, nil, .connections])
        #expect(table.open(other) == nil)
        table.table.closed(one)
        #expect(table.open(one) == nil)
        // The rest of an IPv6 subscriber's addresses are the same network.
        #expect(table.open(ClientNetwork("2001:db8::2")) == nil)
        #expect(table.open(ClientNetwork("2001:db8::3")) == .connections)
    }

    @Test func `threats row 56, full, resumed and failed handshakes have budgets of their own`() {
        let table = Table(limits(failed: RateLimit(perSecond: 1, burst: 2)))
        #expect(
            (0..<3).map { _ in table.begin(one, isResumed: false) } == [nil, nil, .fullHandshakes])
        #expect(
            (0..<4).map { _ in table.begin(one, isResumed: true) }
                == [nil, nil, nil, .resumedHandshakes])
        for _ in 0..<10 {
            #expect(table.open(one) == nil)
            table.table.succeeded(one)
        }
        let failing = (0..<3).map { _ in table.open(one) }
        #expect(failing == [nil, nil, .failedHandshakes])
        #expect(table.open(one, willShakeHands: false) == nil, "no TLS, no handshake")
        #expect(table.open(other) == nil)
        #expect(table.open(one, at: 1000) == nil)
    }

    @Test func `a network is told of at once, and then every ten seconds with a count`() {
        let table = Table(limits())
        #expect(table.tell(one, at: 0) == 1)
        for millisecond in 1...5 { #expect(table.tell(one, at: millisecond) == nil) }
        #expect(table.tell(other, at: 6) == 1)
        #expect(table.tell(one, at: 10_000) == 6)
    }

    @Test func `any number of networks takes bounded room, and those that owe are remembered longest`() {
        var limits = limits(connections: 1, failed: RateLimit(perSecond: 1, burst: 1))
        limits.networksMax = 100
        let table = Table(limits)
        #expect(table.open(one) == nil)
        for index in 0..<10_000 {
            let network = ClientNetwork("10.0.\(index / 250).\(index % 250)")
            _ = table.open(network, at: index)
            table.table.closed(network)
        }
        // Of the last thousand each has spent what it may fail in a second, if it is remembered.
        let remembered = (9000..<10_000).reversed().filter {
            table.open(ClientNetwork("10.0.\($0 / 250).\($0 % 250)"), at: 10_000) == .failedHandshakes
        }
        #expect((1...100).contains(remembered.count), "\(remembered.count)")
        // What has gone from the table may close all the same.
        table.table.closed(one)
        table.table.closed(one)
    }
}
