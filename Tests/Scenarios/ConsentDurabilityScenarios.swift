import Crypto
import Foundation
import Glibc
import HTTP
import Reactor
import Serving
import Synchronization
import TestPostgres
import Testing

/// The consent backend, killed again and again while customers register PINs and consent and a partner fetches
/// tokens and asks for balances.
@Suite(.serialized) struct ConsentDurabilityScenarios {
    enum Store: String, CaseIterable { case sqlite, postgresql }

    @Test(arguments: Store.allCases)
    func `kill -9 loses no consent, issues no code twice and leaves no half-registered PIN`(
        store: Store
    ) throws {
        let bank = try BackendAlone(store: try Self.url(store))
        let crowd = Crowd(bank)
        var backend = try bank.start()
        let group = DispatchGroup()
        for _ in 0..<6 {
            group.enter()
            Thread.detachNewThread {
                crowd.work()
                group.leave()
            }
        }
        let end = Clock.monotonic().adding(milliseconds: 9_000)
        var kills = 0
        while Clock.monotonic() < end {
            usleep(UInt32.random(in: 30_000...400_000))
            backend.kill()
            kills += 1
            backend = try bank.start()
        }
        crowd.isOver.store(true, ordering: .relaxed)
        group.wait()
        let seen = crowd.seen.withLock { $0 }
        print("durability on \(store): \(kills) kills, \(seen.summary)")
        try judge(seen, bank)
        backend.stop()
    }

    private func judge(_ seen: Crowd.Seen, _ bank: BackendAlone) throws {
        // The kills hit what they are to hit.
        #expect(seen.codes.count > 30 && seen.cutOff > 10)
        #expect(seen.codes.values.allSatisfy { $0 == 1 }, "a code was given to two customers")
        #expect(seen.redeemed.values.allSatisfy { $0 == 1 }, "a code was redeemed twice")
        let visitor = try BackendVisit(bank)
        // What was answered before a kill is there after it.
        for (customer, token) in seen.refreshTokens {
            #expect(try visitor.refresh(token).head.status == 200, "the consent of \(customer) is lost")
        }
        for customer in seen.customers {
            let open = try visitor.unregisteredAccounts(of: customer)
            #expect(open == 0 || open == 2, "a PIN of \(customer) is half-registered")
            #expect(open == 0 || !seen.registered.contains(customer), "PINs of \(customer) are lost")
        }
    }

    private static func url(_ store: Store) throws -> String {
        switch store {
        case .sqlite: return "sqlite:consent.sqlite"
        case .postgresql:
            let server = try TestPostgres.shared()
            _ = try server.database("durability")
            return "postgresql://sekisho@127.0.0.1:\(server.port)/durability?passfile=\(server.folder)/pgpass"
        }
    }
}

/// Customers who register their PINs and consent, each once, one after the other.
private final class Crowd: Sendable {
    /// What they and the partner have been answered.
    struct Seen {
        var customers: [String] = []
        /// Whose 登録 was answered.
        var registered: Set<String> = []
        var codes: [String: Int] = [:]
        var redeemed: [String: Int] = [:]
        /// By customer.
        var refreshTokens: [String: String] = [:]
        var balances = 0
        /// Requests without an answer.
        var cutOff = 0

        var summary: String {
            "\(customers.count) customers, \(registered.count) registered, \(codes.count) codes,"
                + " \(refreshTokens.count) redeemed, \(balances) balances, \(cutOff) requests cut off"
        }
    }

    let seen = Mutex(Seen())
    let isOver = Atomic<Bool>(false)
    private let bank: BackendAlone
    private let next = Atomic<Int>(0)

    init(_ bank: BackendAlone) { self.bank = bank }

    func work() {
        while !isOver.load(ordering: .relaxed) {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard number < BackendAlone.customersCount else { return }
            let customer = BackendAlone.customer(number)
            seen.withLock { $0.customers.append(customer) }
            do {
                let visitor = try BackendVisit(bank)
                try consent(customer, visitor)
            } catch {
                Issue.record("\(customer): \(error)")
            }
        }
    }

    private func consent(_ customer: String, _ visitor: BackendVisit) throws {
        let code = try visitor.consent(
            customer, onCut: { self.cut() },
            onRegistered: { self.seen.withLock { _ = $0.registered.insert(customer) } })
        seen.withLock { $0.codes[code, default: 0] += 1 }
        var attempt = 0
        while true {
            attempt += 1
            do {
                let answer = try visitor.redeem(code)
                // A second attempt may find the code spent by the first, whose answer was lost.
                guard answer.head.status == 200 else {
                    if attempt == 1 { Issue.record("\(customer): \(answer.head.status) for a fresh code") }
                    return
                }
                let tokens = try visitor.tokens(in: answer)
                seen.withLock { $0.redeemed[code, default: 0] += 1 }
                seen.withLock { $0.refreshTokens[customer] = tokens.refresh }
                let balance = try visitor.balance(of: customer, tokens.access)
                seen.withLock { $0.balances += balance.head.status == 200 ? 1 : 0 }
                return
            } catch is CutOff {
                cut()
                if seen.withLock({ $0.redeemed[code] != nil }) { return }
            }
        }
    }

    private func cut() {
        seen.withLock { $0.cutOff += 1 }
        usleep(10_000)
    }
}
