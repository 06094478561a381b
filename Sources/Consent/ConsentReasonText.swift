import Pages

/// What the pages of the backend say, for the help desk.
public enum ConsentReasonText {
    /// - Parameter id: As on the page: `APL-1302`.
    public static func text(ofPage id: String) -> String? {
        ConsentMessage(rawValue: id).map { message in
            let text = message.text
            return "\(text[.japanese]) (\(text[.english]))"
        }
    }
}
