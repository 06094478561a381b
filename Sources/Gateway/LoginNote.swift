import Crypto
import Text

/// What a login came to, on its way through the browser to the page that tells it: sealed, for that browser
/// alone, so that nobody can make a bank's page say what is not so.
struct LoginNote {
    let result: LoginResult
    let code: SupportCode?
    /// When a pause ends.
    var until: WallTime?

    func sealed(for preLogin: String, with key: SealingKey, at now: WallTime) -> String {
        let code = code?.text ?? ""
        var plain = [result.rawValue] + now.seconds.bigEndianBytes
        plain += (until?.seconds ?? 0).bigEndianBytes + Array(code.utf8)
        return Base64URL.encode(key.seal(plain, context: Self.context(preLogin)))
    }

    init(_ result: LoginResult, _ code: SupportCode?, until: WallTime? = nil) {
        self.result = result
        self.code = code
        self.until = until
    }

    /// Nil when it was not sealed here, not for this browser, or too long ago.
    init?(opening text: String, for preLogin: String, with key: SealingKey, at now: WallTime) {
        guard text.utf8.count <= 200, let sealed = Base64URL.decode(text),
            let plain = key.open(sealed, context: Self.context(preLogin)), plain.count >= 17,
            let result = LoginResult(rawValue: plain[0]),
            Continuation.isFresh(Int64(bigEndianBytes: plain[1..<9]), at: now)
        else { return nil }
        self.result = result
        let until = Int64(bigEndianBytes: plain[9..<17])
        self.until = until == 0 ? nil : WallTime(seconds: until)
        code = SupportCode(String(decoding: plain[17...], as: UTF8.self))
    }

    private static func context(_ preLogin: String) -> [UInt8] {
        Array("sekisho login note 1\u{0}\(preLogin)".utf8)
    }
}

extension Int64 {
    var bigEndianBytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> Int64(56 - 8 * $0)) }
    }

    init(bigEndianBytes bytes: ArraySlice<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | Int64($1) }
    }
}
