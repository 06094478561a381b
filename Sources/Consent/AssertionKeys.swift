import Crypto
import Reactor
import Synchronization
import Text

/// The gateway's public keys, from the file it writes them to.
///
/// Read again once a minute, and when a token names a key that is not there, but then at most once a
/// second: so that a new key works at once, a withdrawn one soon does not, and made-up key ids cost
/// nothing. A file that is missing or broken leaves the keys as they were.
final class AssertionKeys: Sendable {
    private struct State {
        var keys: [VerifyingKey] = []
        var readAt: WallTime?
    }

    private let path: String
    private let state = Mutex(State())
    private let reportFault: @Sendable (String) -> Void

    init(path: String, reportFault: @escaping @Sendable (String) -> Void) {
        self.path = path
        self.reportFault = reportFault
    }

    /// All keys there are; read anew when `keyID` is none of them.
    func keys(for keyID: String?, at now: WallTime) -> [VerifyingKey] {
        state.withLock { state in
            let isKnown = state.keys.contains { $0.keyID == keyID }
            if isDue(state, after: isKnown ? Self.intervalSeconds : 1, at: now) {
                state.readAt = now
                if let keys = read() { state.keys = keys }
            }
            return state.keys
        }
    }

    /// A clock that went back must not keep the keys for ever.
    private func isDue(_ state: State, after seconds: Int64, at now: WallTime) -> Bool {
        guard let readAt = state.readAt else { return true }
        return now >= readAt.adding(seconds: seconds) || now < readAt
    }

    private func read() -> [VerifyingKey]? {
        let bytes: [UInt8]
        do throws(SystemFault) {
            bytes = try Files.read(path, bytesMax: Self.fileBytesMax)
        } catch {
            reportFault("\(error)")
            return nil
        }
        do throws(CryptoFault) {
            return try JWKSet.decode(bytes)
        } catch {
            reportFault("\(path): \(error)")
            return nil
        }
    }

    private static let intervalSeconds: Int64 = 60
    private static let fileBytesMax = 64 * 1024
}
