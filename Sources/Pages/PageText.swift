/// One text of the pages in each of their languages.
///
/// A catalogue holds its texts so, and a page picks its language as late as it can:
///
///     static let title = PageText("API連携認証（利用登録）", "Connect your accounts (registration)")
///     Page(title: title[language], …, language: language, here: request.target)
///
/// `language` is ``PageLanguage/init(chosen:accepted:)`` of the request; `here` gives the page its visible
/// link to the other language (``LanguageSwitch``).
public struct PageText: Sendable, Hashable {
    public let japanese: String
    public let english: String

    public init(_ japanese: String, _ english: String) {
        self.japanese = japanese
        self.english = english
    }

    public subscript(language: PageLanguage) -> String {
        switch language {
        case .japanese: japanese
        case .english: english
        }
    }
}
