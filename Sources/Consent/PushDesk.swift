import Authorization
import Crypto
import HTTP
import Serving
import Synchronization
import Text

/// The endpoint where partners push their authorization requests (RFC 9126).
final class PushDesk: Sendable {
    private let store: any ConsentApplication.Store
    private let endpoint: PartnerEndpoint
    private let journal: ConsentJournal
    private let budget: Mutex<PushBudget>

    init(
        store: any ConsentApplication.Store, endpoint: PartnerEndpoint, journal: ConsentJournal,
        perMinuteMax: Int
    ) {
        self.store = store
        self.endpoint = endpoint
        self.journal = journal
        budget = Mutex(PushBudget(perMinuteMax: perMinuteMax))
    }

    // MARK: POST /par

    func push(_ call: Call, _ certificate: PartnerCertificate) -> WebResponse {
        endpoint.answer(call, certificate) { (partner, parameters) throws(EndpointFault) in
            if let seconds = budget.withLock({ $0.take(partner.id, at: call.now) }) {
                throw .tooMany(retryAfterSeconds: seconds)
            }
            let request: AuthorizationRequest
            do throws(AuthorizationError) {
                request = try AuthorizationRequest.pushed(parameters, by: partner)
            } catch {
                throw .request(error)
            }
            return try keep(request, partner, call)
        }
    }

    private func keep(
        _ request: AuthorizationRequest, _ partner: Partner, _ call: Call
    ) throws(EndpointFault) -> WebResponse {
        let reference = SecureRandom.token()
        let seconds = partner.lifetimes.pushedRequestSeconds
        let pushed = PushedRequest(
            hash: Self.hash(reference), request: request, expiresAt: call.now.adding(seconds: Int64(seconds)))
        do throws(ConsentStoreFault) {
            try store.push(pushed)
        } catch {
            throw .store(error)
        }
        journal.pushed(request, expiresAt: pushed.expiresAt, call.assertion)
        var json = JSONWriter()
        json.beginObject()
        json.member("request_uri", PushedRequest.uriPrefix + reference)
        json.member("expires_in", Int64(seconds))
        json.endObject()
        return WebResponse.json(json.bytes, status: 201).unstored
    }

    /// What a reference is kept by.
    static func hash(_ reference: String) -> [UInt8] { SHA256Digest(of: Array(reference.utf8)).bytes }
}
