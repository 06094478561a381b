import Crypto
import Reactor
import Synchronization

/// The logins of the last seconds, so that a form that is sent twice, by a second click or by a browser that
/// tries again, is one login: one hash, one failure counted, one session, and the same answer to both.
///
/// The key holds everything that was sent, password and pre-login cookie included: who has all that could log
/// in as well.
final class RecentPosts: Sendable {
    enum Finding {
        /// Nobody has sent this lately: the caller does the work, and says how it came out.
        case new
        case underWay
        case done(LoginDesk.Outcome)
    }

    private enum State {
        case underWay
        case done(LoginDesk.Outcome)
    }

    private let posts = Mutex<[SHA256Digest: (state: State, until: MonotonicTime)]>([:])
    let countMax: Int

    init(countMax: Int = 4096) {
        self.countMax = countMax
    }

    var count: Int { posts.withLock { $0.count } }

    static func key(_ cookie: String, _ path: String, _ body: [UInt8]) -> SHA256Digest {
        SHA256Digest(of: Array("\(cookie)\u{0}\(path)\u{0}".utf8) + body)
    }

    /// With too many under way, everything is new.
    func find(_ key: SHA256Digest, at now: MonotonicTime) -> Finding {
        posts.withLock { posts in
            if let (state, until) = posts[key], now < until {
                switch state {
                case .underWay: return .underWay
                case .done(let outcome): return .done(outcome)
                }
            }
            if posts.count >= countMax { posts = posts.filter { now < $0.value.until } }
            if posts.count < countMax {
                posts[key] = (.underWay, now.adding(milliseconds: Self.workMillisecondsMax))
            }
            return .new
        }
    }

    func finish(_ key: SHA256Digest, _ outcome: LoginDesk.Outcome, at now: MonotonicTime) {
        posts.withLock { posts in
            guard posts[key] != nil else { return }
            if case .unavailable = outcome {
                posts[key] = nil  // trying again is what one should do
            } else {
                posts[key] = (.done(outcome), now.adding(milliseconds: Self.keptMilliseconds))
            }
        }
    }

    /// Nothing was done.
    func forget(_ key: SHA256Digest) {
        posts.withLock { $0[key] = nil }
    }

    /// Less than anybody needs to type the same again on a page that said it was wrong.
    private static let keptMilliseconds = 3_000
    private static let workMillisecondsMax = 60_000
}
