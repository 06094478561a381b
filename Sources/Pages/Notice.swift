/// What a page says when the work cannot go on: the message with its id, what to do, and the 受付番号 for the
/// help desk.
public struct Notice: Sendable {
    /// The page's id, e.g. `APL-1901`; the audit log carries the same.
    public var code: String
    /// What happened, in one sentence.
    public var message: String
    /// More about it.
    public var explanation: [String]
    /// What the customer can do, in order.
    public var steps: [String]
    /// The number that leads the help desk to the log record.
    public var receipt: String
    public var language: PageLanguage

    public init(
        code: String, message: String, explanation: [String] = [], steps: [String] = [], receipt: String,
        language: PageLanguage = .japanese
    ) {
        self.code = code
        self.message = message
        self.explanation = explanation
        self.steps = steps
        self.receipt = receipt
        self.language = language
    }

    /// The notice as content of a ``Page``.
    public var html: HTML {
        HTML.element("div", .class("alert"), .id("notice"), .role("alert")) {
            HTML.element("p", .class("message")) { message }
        }
            + HTMLBuilder.buildArray(explanation.map { text in HTML.element("p") { text } })
            + whatToDo
            + HTML.element("dl", .class("support")) {
                HTML.element("dt") { language == .japanese ? "メッセージID" : "Message" }
                HTML.element("dd") { code }
                HTML.element("dt") { language == .japanese ? "受付番号" : "Reference" }
                HTML.element("dd") { receipt }
            }
    }

    private var whatToDo: HTML {
        guard !steps.isEmpty else { return .empty }
        return HTML.element("h2") { language == .japanese ? "お手続きの方法" : "What to do" }
            + HTML.element("ul") {
                for step in steps { HTML.element("li") { step } }
            }
    }
}
