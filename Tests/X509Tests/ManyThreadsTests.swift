import Foundation
import TestPKI
import Testing
import Text
import X509

/// Many who judge at once.
@Suite struct ManyThreadsTests {
    /// "Scales to 0.8 of linear" said so that it can be told with few cores, and busy ones: of the time that
    /// threads take, no more than a fifth is spent neither on a core nor in the queue for one. In a process
    /// of its own, where nobody else asks for memory.
    @Test func `row 61: threads that judge under one epoch do not wait for each other`() async {
        await #expect(processExitsWith: .success) {
            let root = TestAuthority(name: "Root")
            let issuing = root.intermediate(name: "Issuing")
            let epoch = try TrustEpoch(
                store: "customers", number: TrustEpochNumber(1), anchors: [root.certificate],
                intermediates: [issuing.certificate], policy: TrustPolicy())
            let leafs = (0..<16).map { issuing.issue(TestName(stringLiteral: "U\($0)")).certificate }
            let times = await withTaskGroup { group in
                for leaf in leafs {
                    group.addTask {
                        await withCheckedContinuation { told in
                            Thread.detachNewThread { told.resume(returning: judge(leaf, under: epoch)) }
                        }
                    }
                }
                return await group.reduce(into: [ThreadTime?]()) { $0.append($1) }
            }
            let total = try times.reduce(ThreadTime()) { $0 + (try #require($1)) }
            let waited = total.taken - total.onCore - total.queued
            #expect(waited < total.taken / 5, "\(total)")
        }
    }
}

/// Judges one certificate again and again; nil when it is refused, or the kernel tells no times.
private func judge(_ leaf: Certificate, under epoch: TrustEpoch) -> ThreadTime? {
    guard let start = ThreadTime.now() else { return nil }
    var end = start
    repeat {
        for _ in 0..<20 {
            let verdict = epoch.judge([leaf], at: WallTime(seconds: 1_800_000_000))
            guard case .trusted = verdict else { return nil }
        }
        guard let now = ThreadTime.now() else { return nil }
        end = now
    } while end.taken - start.taken < 2_000_000_000
    return end - start
}

/// How a thread has spent its time, in nanoseconds (proc(5), schedstat).
private struct ThreadTime {
    var taken = 0
    var onCore = 0
    /// Able to run, with all cores taken.
    var queued = 0

    static func now() -> ThreadTime? {
        let text = try? String(contentsOfFile: "/proc/thread-self/schedstat", encoding: .utf8)
        let numbers = text?.split(whereSeparator: \.isWhitespace).compactMap { Int($0) } ?? []
        guard numbers.count == 3 else { return nil }
        let taken = Int(DispatchTime.now().uptimeNanoseconds)
        return ThreadTime(taken: taken, onCore: numbers[0], queued: numbers[1])
    }

    static func + (a: ThreadTime, b: ThreadTime) -> ThreadTime {
        ThreadTime(taken: a.taken + b.taken, onCore: a.onCore + b.onCore, queued: a.queued + b.queued)
    }

    static func - (a: ThreadTime, b: ThreadTime) -> ThreadTime {
        ThreadTime(taken: a.taken - b.taken, onCore: a.onCore - b.onCore, queued: a.queued - b.queued)
    }
}
