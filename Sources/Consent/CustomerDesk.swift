import Authorization
import Crypto
import HTTP
import Serving

/// Answers customers with pages.
protocol CustomerDesk: Sendable {
    var setup: ConsentSetup { get }
    var journal: ConsentJournal { get }
}

extension CustomerDesk {
    /// The page of `message`, under the support code that its log line has.
    func notice(_ message: ConsentMessage, _ call: Call) -> WebResponse {
        let code = SupportCode()
        journal.noticeShown(message, code, call.assertion, call.request.head.path)
        return ConsentPages(setup, for: call.request).notice(message, code)
    }

    /// The page for a store that does not answer; the log has the reason.
    func failed(_ fault: ConsentStoreFault, _ call: Call) -> WebResponse {
        let code = SupportCode()
        journal.storeFailed(fault, code)
        return ConsentPages(setup, for: call.request).notice(.outOfOrder, code)
    }
}
