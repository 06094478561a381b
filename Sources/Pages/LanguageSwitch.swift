/// The link between a page's languages. It leads to the gateway, which keeps the choice in a cookie for all
/// hosts of the bank, and back to where the customer was.
///
/// A backend behind the gateway needs no more than the cookie, which reaches it, and the link.
public enum LanguageSwitch {
    /// Where the gateway takes the choice: `?lang=en&to=/path` (only a path on this host).
    public static let path = "/.sekisho/language"
    public static let cookieName = "sekisho-language"

    /// - Parameter target: Path and query that show the same page again with GET.
    public static func address(of language: PageLanguage, returningTo target: String) -> String {
        "\(path)?lang=\(language.rawValue)&to=\(percentEncoded(target))"
    }

    private static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
