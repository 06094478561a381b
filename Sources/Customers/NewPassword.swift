/// A ログインパスワード that a customer is given: 8 to 128 bytes of UTF-8 without control characters.
public struct NewPassword: Sendable {
    public let bytes: [UInt8]

    public static let expected = "expected 8 to 128 bytes without control characters"

    public init?(_ text: String) {
        // scrypt takes NUL at the end for nothing; whoever types a password can't type the others.
        guard 8...128 ~= text.utf8.count,
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { return nil }
        bytes = Array(text.utf8)
    }
}
