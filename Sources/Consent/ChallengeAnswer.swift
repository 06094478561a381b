import Crypto
// Full Foundation, and only here: the standard library has no NFKC.
import Foundation

/// Answers to 追加認証 questions, such that the same answer typed on another day, keyboard or device is the
/// same answer.
enum ChallengeAnswer {
    /// NFKC, trimmed, spaces folded, Latin letters in lower case, ひらがな as カタカナ: one spelling for
    /// ｻｸﾗ, サクラ, さくら and for ＡＢＣ, abc.
    static func normalized(_ text: String) -> String {
        let compatible = text.precomposedStringWithCompatibilityMapping.lowercased()
        let words = compatible.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let scalars = words.unicodeScalars.map { scalar in
            // ぁ…ゖ and ゝゞ lie 0x60 below their カタカナ.
            switch scalar.value {
            case 0x3041...0x3096, 0x309D...0x309E: Unicode.Scalar(scalar.value + 0x60) ?? scalar
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Takes time and memory (scrypt). Longer answers than any that could have been registered are wrong
    /// without being hashed.
    static func matches(_ answer: String, hash: String) throws(CryptoFault) -> Bool {
        guard answer.utf8.count <= lengthMax else { return false }
        return try PasswordHash(parsing: hash).matches(Array(normalized(answer).utf8))
    }

    /// For the store.
    static func hash(_ answer: String) throws(CryptoFault) -> String {
        try PasswordHash.make(of: Array(normalized(answer).utf8)).encoded
    }

    static let lengthMax = 400
}
