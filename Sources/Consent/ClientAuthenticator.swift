import Authorization
import Crypto
import HTTP
import Serving
import Text

/// Finds out which partner a request to an endpoint for programs comes from.
struct ClientAuthenticator: Sendable {
    private let setup: ConsentSetup
    private let store: any ConsentApplication.Store
    private let names = CertificateNames()

    init(_ setup: ConsentSetup, store: any ConsentApplication.Store) {
        self.setup = setup
        self.store = store
    }

    /// The partner, when its request proves who sends it. The partner itself is told no more than
    /// `invalid_client`; the audit log gets the reason.
    func partner(
        _ parameters: Parameters, _ call: Call, _ certificate: PartnerCertificate
    ) throws(EndpointFault) -> Partner {
        let credential: ClientCredential
        do throws(TokenError) {
            credential = try ClientCredential(
                parameters, hasAuthorizationField: call.request.head.headers["Authorization"] != nil)
        } catch {
            throw EndpointFault.refused(error, reason: "credential")
        }
        switch credential {
        case .certificate(let id): return try partner(id, call, certificate)
        case .assertion(let assertion, let id): return try partner(signing: assertion, id, call)
        }
    }

    private func partner(
        _ id: String, _ call: Call, _ certificate: PartnerCertificate
    ) throws(EndpointFault) -> Partner {
        guard let partner = setup.partners[id] else { throw Self.invalid("unknownPartner") }
        if partner.authentication == .signedAssertion { throw Self.invalid("assertionMissing") }
        var certificate = certificate
        if case .alternativeName = partner.authentication {
            certificate = names.completed(certificate, from: call.request.head.headers)
        }
        guard partner.authentication.accepts(certificate) else { throw Self.invalid("certificate") }
        return partner
    }

    private func partner(signing assertion: String, _ id: String?, _ call: Call) throws(EndpointFault)
        -> Partner
    {
        let partners = setup.directory.current
        guard let payload = JWS.peekPayload(assertion), let named = ClientAssertion.peekPartner(payload),
            let partner = partners.registry[named]
        else { throw Self.invalid("unknownPartner") }
        guard id == nil || id == partner.id else { throw Self.invalid(ClientAssertionFault.party.rawValue) }
        guard partner.authentication == .signedAssertion else { throw Self.invalid("certificateExpected") }
        let verified: [UInt8]
        do throws(JWSFault) {
            verified = try JWS.verify(assertion, types: Self.types, keys: partners.keys(of: partner.id))
        } catch {
            throw Self.invalid("\(ClientAssertionFault.signature.rawValue).\(error.rawValue)")
        }
        let claims: ClientAssertion
        do throws(ClientAssertionFault) {
            claims = try ClientAssertion(
                payload: verified, partner: partner, issuer: setup.issuer, at: call.now)
        } catch {
            throw Self.invalid(error.rawValue)
        }
        try remember(claims)
        return partner
    }

    private func remember(_ claims: ClientAssertion) throws(EndpointFault) {
        let hash = SHA256Digest(of: Array("\(claims.partner) \(claims.id)".utf8)).bytes
        let isNew: Bool
        do throws(ConsentStoreFault) {
            isNew = try store.remember(assertion: hash, until: claims.expiresAt)
        } catch {
            throw .store(error)
        }
        guard isNew else { throw Self.invalid(ClientAssertionFault.usedBefore.rawValue) }
    }

    private static func invalid(_ reason: String) -> EndpointFault {
        .refused(TokenError(.invalidClient), reason: reason)
    }

    /// What a JWT may call itself here, in lower case (RFC 7519 §5.1).
    private static let types = ["jwt", "client-authentication+jwt"]
}

/// Why an endpoint for programs does not do what it is asked.
enum EndpointFault: Error {
    /// What the partner is told, and the reason that only the audit log tells.
    case refused(TokenError, reason: String? = nil)
    /// A request that cannot be pushed.
    case request(AuthorizationError)
    /// Too many for now; seconds to wait.
    case tooMany(retryAfterSeconds: Int)
    case tooLarge
    case store(ConsentStoreFault)
}
