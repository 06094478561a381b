import Crypto
import HTTP
import Identity
import Pages
import Serving
import Text

/// What is answered here because it is not sent on.
extension GatewayService {
    /// Maintenance closes everything; the hours of service are the customers'.
    func closing(_ facts: RequestFacts, _ access: Route.Access) -> ServiceHours.Closing? {
        switch facts.snapshot.serviceHours.closing(at: facts.now) {
        case .maintenance(let until)?: .maintenance(until: until)
        case .outsideHours(let opensAt)? where access == .customer: .outsideHours(opensAt: opensAt)
        default: nil
        }
    }

    func close(_ facts: RequestFacts, _ closing: ServiceHours.Closing) {
        let (message, reason, until) =
            switch closing {
            case .outsideHours(let opensAt): (LoginMessage.outsideHours(opensAt: opensAt), "hours", opensAt)
            case .maintenance(let until): (LoginMessage.maintenance(until: until), "maintenance", until)
            }
        let code = SupportCode()
        logs.refused(facts, status: 503, reason: reason, code: code)
        var response =
            facts.host.isPartner
            ? errorResponse(facts, status: 503, error: "temporarily_unavailable", code: code.text)
            : LoginPages(facts).end(message, code: code, status: 503)
        if let until {
            response.headers.set("Retry-After", String(max(1, until.seconds - facts.now.seconds)))
        }
        Self.decorate(&response.headers)
        facts.exchange.respond(response)
    }

    /// Answers with the page, or for a partner with the JSON, of a status.
    func refuse(_ facts: RequestFacts, status: Int, reason: String) {
        guard facts.exchange.status == nil else { return facts.exchange.abort() }
        let code = SupportCode()
        logs.refused(facts, status: status, reason: reason, code: code)
        var response =
            facts.host.isPartner
            ? errorResponse(facts, status: status, error: "temporarily_unavailable", code: code.text)
            : LoginPages(facts).status(status, code: code)
        if status == 503 { response.headers.set("Retry-After", "2") }
        Self.decorate(&response.headers)
        facts.exchange.respond(response)
    }

    func errorResponse(_ facts: RequestFacts, status: Int, error: String, code: String) -> WebResponse {
        var json = JSONWriter()
        json.beginObject()
        json.member("error", status >= 500 || status == 401 ? error : "invalid_request")
        json.member("support_code", code)
        json.endObject()
        return .json(json.bytes, status: status)
    }
}
