/// Walks the screens of the flow as a customer would, up to 情報アクセス許可.
public struct ConsentWalk: Sendable {
    /// What to answer to each 追加認証 question.
    public var answers: [String: String]
    /// 照会用暗証番号 to register, by account (`001-1-2000002`).
    public var pins: [String: String]

    public init(answers: [String: String] = [:], pins: [String: String] = [:]) {
        self.answers = answers
        self.pins = pins
    }

    /// Goes on from `page` until the page is none of the steps before 情報アクセス許可; `titles` are those of
    /// the pages on the way.
    public func toConsent(
        _ visitor: Visitor, from page: VisitedPage
    ) throws(VisitFault) -> (page: VisitedPage, titles: [String]) {
        var page = page
        var titles = [page.title]
        while let fields = fields(for: page), let form = page.form(to: "/consent") {
            guard titles.count < Self.pagesMax else {
                throw VisitFault("the flow leads nowhere: \(titles.joined(separator: ", "))")
            }
            page = try visitor.submit(form, on: page, fields)
            titles.append(page.title)
        }
        return (page, titles)
    }

    /// Nil where the walk ends.
    private func fields(for page: VisitedPage) -> [(String, String)]? {
        switch page.title {
        case "API連携認証（追加認証）（利用登録）":
            let answer = answers.first { page.text.contains($0.key) }?.value
            return [("answer", answer ?? ""), ("decision", "answer")]
        case "API連携認証（認可業務選択）（利用登録）":
            return page.checkboxes.map { ($0, "yes") } + [("decision", "scopes")]
        case "API連携認証（照会用暗証番号登録）（利用登録）":
            return pins.flatMap { [("select-\($0.key)", "yes"), ("pin-\($0.key)", $0.value)] }
                + [("decision", "register")]
        case "API連携認証（照会用暗証番号登録結果）":
            return [("decision", "confirm")]
        default:
            return nil
        }
    }

    private static let pagesMax = 10
}
