import Authorization
import Crypto
import HTTP
import Serving
import Text

/// What all endpoints for programs have in common: a form, a partner that proves who it is, and errors in
/// JSON that are never kept (RFC 6749 §5.2).
struct PartnerEndpoint: Sendable {
    private let authenticator: ClientAuthenticator
    private let journal: ConsentJournal

    init(_ authenticator: ClientAuthenticator, journal: ConsentJournal) {
        self.authenticator = authenticator
        self.journal = journal
    }

    func answer(
        _ call: Call, _ certificate: PartnerCertificate,
        _ serve: (Partner, Parameters) throws(EndpointFault) -> WebResponse
    ) -> WebResponse {
        var partner: String?
        do throws(EndpointFault) {
            guard call.request.body.count <= Self.bodyBytesMax else { throw .tooLarge }
            guard let form = call.form else {
                throw .refused(TokenError(.invalidRequest, "the body is no form"))
            }
            let parameters = Parameters(form)
            partner = parameters["client_id"]
            let authenticated = try authenticator.partner(parameters, call, certificate)
            partner = authenticated.id
            return try serve(authenticated, parameters)
        } catch {
            return refusal(error, partner: partner, call)
        }
    }

    private func refusal(_ fault: EndpointFault, partner: String?, _ call: Call) -> WebResponse {
        switch fault {
        case .refused(let error, let reason):
            journal.endpointRefused(call, error.code.rawValue, error.detail, reason: reason, partner: partner)
            return Self.error(error.code.rawValue, error.detail, status: error.status)
        case .request(let error):
            journal.endpointRefused(call, error.code.rawValue, error.detail, reason: nil, partner: partner)
            return Self.error(error.code.rawValue, error.detail, status: 400)
        case .tooMany(let seconds):
            journal.endpointRefused(call, "too_many_requests", nil, reason: "budget", partner: partner)
            var response = Self.error("temporarily_unavailable", "too many requests", status: 429)
            response.headers.set("Retry-After", "\(seconds)")
            return response
        case .tooLarge:
            journal.endpointRefused(call, "too_large", nil, reason: "size", partner: partner)
            return Self.error("invalid_request", "the body is too large", status: 413)
        case .store(let fault):
            let code = SupportCode()
            journal.storeFailed(fault, code)
            return Self.error("temporarily_unavailable", code.text, status: 503)
        }
    }

    static func error(_ error: String, _ description: String?, status: Int) -> WebResponse {
        var json = JSONWriter()
        json.beginObject()
        json.member("error", error)
        if let description { json.member("error_description", description) }
        json.endObject()
        var response = WebResponse.json(json.bytes, status: status).unstored
        if status == 503 { response.headers.set("Retry-After", "5") }
        return response
    }

    /// No request needs more; assertions are 8 KiB at most.
    private static let bodyBytesMax = 32 * 1024
}
