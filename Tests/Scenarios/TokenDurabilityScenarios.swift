import Foundation
import Glibc
import HTTP
import Journey
import Reactor
import Serving
import Synchronization
import TestPostgres
import Testing
import Text

/// The consent backend, killed again and again while customers consent and partners fetch tokens.
@Suite(.serialized) struct TokenDurabilityScenarios {
    @Test(arguments: ["SQLite", "PostgreSQL"])
    func `kill -9 under load issues no code twice and lets each be redeemed once`(store: String) throws {
        let postgres = store == "PostgreSQL" ? try TestPostgres() : nil
        if let postgres { _ = try postgres.database("durability") }
        let bank = try BackendAlone(
            store: postgres.map {
                "postgresql://sekisho@127.0.0.1:\($0.port)/durability?passfile=\($0.folder)/pgpass"
            } ?? "sqlite:consent.sqlite", customers: Crowd.customers.file)
        let crowd = Crowd(bank)
        var backend = try bank.start()
        let threads = (0..<Crowd.size).map { number in Joinable { crowd.work(number) } }
        for _ in 0..<10 {
            usleep(UInt32.random(in: 150_000...500_000))
            backend.kill()
            backend = try bank.start()
        }
        usleep(300_000)
        crowd.isOver.store(true, ordering: .relaxed)
        for thread in threads { thread.join() }
        try judge(crowd.seen.withLock { $0 }, crowd.visitor())
        backend.stop()
    }

    private func judge(_ record: Crowd.Seen, _ visitor: BackendVisitor) throws {
        print(
            "durability: \(record.codes.count) codes, \(record.redeemed.count) redeemed,"
                + " \(record.unanswered.count) redemptions cut off")
        #expect(record.codes.count > 50)
        #expect(record.codes.allSatisfy { $0.value == 1 })
        #expect(record.redeemed.allSatisfy { $0.value == 1 })
        #expect(!record.unanswered.isEmpty, "no kill hit a redemption")
        // What was answered before a kill is there after it.
        for (_, token) in record.refreshTokens { #expect(try visitor.refresh(token).head.status == 200) }
        // And is spent: the second use is refused and ends what came of the first.
        for (code, token) in record.refreshTokens.prefix(20) {
            #expect(try visitor.redeem(code).head.status == 400)
            #expect(try visitor.refresh(token).head.status == 400)
        }
    }
}

/// Customers who consent one after the other, each once, and the partner that fetches their tokens.
private final class Crowd: Sendable {
    /// What they have seen.
    struct Seen {
        var codes: [String: Int] = [:]
        var redeemed: [String: Int] = [:]
        /// Of codes whose redemption was asked for once and answered.
        var refreshTokens: [String: String] = [:]
        var unanswered: Set<String> = []
    }

    static let size = 6
    /// More than can have their turn in the time it takes.
    static let customers = MadeUpCustomers(count: 3000)

    let seen = Mutex(Seen())
    let isOver = Atomic<Bool>(false)
    private let bank: BackendAlone

    init(_ bank: BackendAlone) { self.bank = bank }

    func visitor() throws -> BackendVisitor {
        try BackendVisitor(
            to: bank.socket, gateway: bank.gateway, partnerID: "p", redirectURI: BackendAlone.callback)
    }

    func work(_ number: Int) {
        var customer = number
        while !isOver.load(ordering: .relaxed), customer < Self.customers.count {
            defer { customer += Self.size }
            do {
                try consent(Self.customers.id(customer), try visitor())
            } catch {
                usleep(5_000)  // the backend is down
            }
        }
    }

    private func consent(_ customer: String, _ visitor: BackendVisitor) throws {
        let code = try visitor.code(of: customer)
        seen.withLock { $0.codes[code, default: 0] += 1 }
        for attempt in 1...100 {
            do {
                let response = try visitor.redeem(code)
                guard response.head.status == 200 else { return }
                let token = try JSONReader.read(response.body, dialect: .json)["refresh_token"]?.string
                seen.withLock {
                    $0.redeemed[code, default: 0] += 1
                    if attempt == 1 { $0.refreshTokens[code] = token }
                }
                return
            } catch {
                // It may have been redeemed or not; the partner tries again.
                seen.withLock { _ = $0.unanswered.insert(code) }
                usleep(20_000)
            }
        }
    }
}

/// A thread to wait for.
private final class Joinable: @unchecked Sendable {
    // Proof for `@unchecked`: the semaphore orders what the thread did before whoever waits.
    private let done = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () -> Void) {
        let done = done
        Thread.detachNewThread {
            body()
            done.signal()
        }
    }

    func join() { done.wait() }
}
