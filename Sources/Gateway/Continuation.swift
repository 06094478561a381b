import Crypto
import Text

/// Where a login goes on to: travels through the browser sealed, and opens only for the browser it was made
/// for.
///
/// Bound to the pre-login cookie, so that nobody can be pushed into somebody else's flow (login CSRF), and
/// short-lived. Only a path on this gateway can be in it, so that it can't be made an open redirect.
struct Continuation {
    /// Path and query, as the browser asked for them.
    let target: String

    /// - Parameter preLogin: The value of the browser's pre-login cookie.
    func sealed(for preLogin: String, with key: SealingKey, at now: WallTime) -> String {
        let plain = now.seconds.bigEndianBytes + Array(target.utf8)
        return Base64URL.encode(key.seal(plain, context: Self.context(preLogin)))
    }

    /// Nil when it was not sealed here, not for this browser, or too long ago.
    init?(opening text: String, for preLogin: String, with key: SealingKey, at now: WallTime) {
        guard text.utf8.count <= Self.lengthMax, let sealed = Base64URL.decode(text),
            let plain = key.open(sealed, context: Self.context(preLogin)), plain.count > 8
        else { return nil }
        guard Self.isFresh(Int64(bigEndianBytes: plain[..<8]), at: now),
            let target = String(validating: plain[8...], as: UTF8.self)
        else { return nil }
        self.target = target
    }

    /// Nil for a target that a browser could take for another site's, or that is too long to travel. Browsers
    /// leave out control characters, so that `/⇥/` is `//` to them.
    init?(to target: String) {
        guard target.utf8.first == UInt8(ascii: "/"), !target.hasPrefix("//"), !target.hasPrefix("/\\"),
            target.utf8.count <= 4096, target.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { return nil }
        self.target = target
    }

    /// Nodes' clocks may differ a little: what another made may seem to come from the future.
    static func isFresh(_ made: Int64, at now: WallTime) -> Bool {
        made <= now.adding(seconds: clockSkewSeconds).seconds
            && now.adding(seconds: -lifetimeSeconds).seconds <= made
    }

    private static func context(_ preLogin: String) -> [UInt8] {
        Array("sekisho continuation 1\u{0}\(preLogin)".utf8)
    }

    static let lifetimeSeconds: Int64 = 1800
    static let clockSkewSeconds: Int64 = 60
    private static let lengthMax = 8192
}
