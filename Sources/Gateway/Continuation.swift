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
        var plain = [UInt8](repeating: 0, count: 8)
        for index in 0..<8 { plain[index] = UInt8(truncatingIfNeeded: now.seconds >> Int64(56 - 8 * index)) }
        plain += Array(target.utf8)
        return Base64URL.encode(key.seal(plain, context: Self.context(preLogin)))
    }

    /// Nil when it was not sealed here, not for this browser, or too long ago.
    init?(opening text: String, for preLogin: String, with key: SealingKey, at now: WallTime) {
        guard text.utf8.count <= Self.lengthMax, let sealed = Base64URL.decode(text),
            let plain = key.open(sealed, context: Self.context(preLogin)), plain.count > 8
        else { return nil }
        let made = plain[..<8].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        guard made <= now.seconds, now.seconds - made <= Self.lifetimeSeconds,
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

    private static func context(_ preLogin: String) -> [UInt8] {
        Array("sekisho continuation 1\u{0}\(preLogin)".utf8)
    }

    static let lifetimeSeconds: Int64 = 1800
    private static let lengthMax = 8192
}
