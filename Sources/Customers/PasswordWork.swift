import Crypto
import Reactor
import Synchronization

/// A password that is yet to be hashed.
enum PasswordWork: Sendable {
    case plain(NewPassword)
    case weak(WeakPassword)

    /// On every core there is. In the order of `work`; nil where there was no memory for it.
    static func done(_ work: [PasswordWork], _ parameters: ScryptParameters) -> [String?] {
        let results = Results(count: work.count)
        let pool = BlockingPool(threadCount: System.coreCount, queueMax: work.count)
        for (index, work) in work.enumerated() {
            _ = pool.submit { results.set(work.hash(parameters), at: index) }
        }
        pool.shutdown()
        return results.all
    }

    private func hash(_ parameters: ScryptParameters) -> String? {
        switch self {
        case .plain(let password): try? PasswordHash.make(of: password.bytes, parameters: parameters).encoded
        case .weak(let weak): try? weak.harden(parameters).encoded
        }
    }

    private final class Results: Sendable {
        private let values: Mutex<[String?]>

        init(count: Int) { values = Mutex([String?](repeating: nil, count: count)) }

        func set(_ value: String?, at index: Int) { values.withLock { $0[index] = value } }

        var all: [String?] { values.withLock { $0 } }
    }
}
