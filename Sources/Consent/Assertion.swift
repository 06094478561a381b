import Authorization
import Crypto
import Text

/// Who a request comes from, as the gateway has established it.
struct Assertion: Sendable, Hashable {
    enum Subject: Sendable, Hashable {
        /// Nobody the gateway knows; only what everybody may see is for them.
        case anonymous
        case customer(CustomerSession)
        case partner(PartnerCertificate)
    }

    let subject: Subject
    let issuedAt: WallTime
    let expiresAt: WallTime
    /// For the log; decisions do not rest on it.
    let clientAddress: String
    /// What the request is called in the gateway's logs.
    var trace: CallTrace?
}

/// A customer's session with the gateway.
struct CustomerSession: Sendable, Hashable {
    let customer: String
    let evidence: Evidence

    var actor: FlowActor { FlowActor(session: evidence.session, customer: customer) }

    var traces: CustomerTraces {
        CustomerTraces(address: evidence.address ?? "", certificate: evidence.certificateFingerprint)
    }

    /// How the customer has logged in.
    var method: RiskFact { evidence.certificateFingerprint == nil ? .password : .certificate }
}

/// Why a request is not believed to come through the gateway.
enum AssertionFault: String, Error {
    case missing, repeated
    /// The JWS itself: form, type, key or signature.
    case token
    /// A claim is missing, of the wrong type, or contradicts another.
    case claims
    case issuer, audience, expired, notYetValid
}

extension Assertion {
    /// Reads the claims of a payload whose signature holds.
    init(payload: [UInt8], issuer: String, audience: String) throws(AssertionFault) {
        guard let claims = try? JSONReader.read(payload, dialect: .json) else { throw .claims }
        guard claims["iss"]?.string == issuer else { throw .issuer }
        guard claims["aud"]?.string == audience else { throw .audience }
        guard let issuedAt = claims["iat"]?.integer, let expiresAt = claims["exp"]?.integer,
            issuedAt <= expiresAt,
            expiresAt.subtractingReportingOverflow(issuedAt).partialValue <= Self.lifetimeSecondsMax,
            let address = claims["client_ip"]?.string, let subject = Self.subject(claims)
        else { throw .claims }
        self.subject = subject
        self.issuedAt = WallTime(seconds: issuedAt)
        self.expiresAt = WallTime(seconds: expiresAt)
        clientAddress = address
    }

    /// Clocks may differ by ten seconds.
    func check(at now: WallTime) throws(AssertionFault) {
        guard now < expiresAt.adding(seconds: Self.skewSeconds) else { throw .expired }
        guard issuedAt <= now.adding(seconds: Self.skewSeconds) else { throw .notYetValid }
    }

    private static func subject(_ claims: JSONNode) -> Subject? {
        guard let name = claims["sub"]?.string else { return nil }
        switch claims["sub_kind"]?.string {
        case "anonymous": return name == "anonymous" ? .anonymous : nil
        case "customer": return customer(name, claims)
        case "partner": return partner(name, claims)
        default: return nil
        }
    }

    /// `acr`, `amr` and `cnf` must tell the same story.
    private static func customer(_ name: String, _ claims: JSONNode) -> Subject? {
        guard !name.isEmpty, let session = claims["sid"]?.string, !session.isEmpty,
            let authenticatedAt = claims["auth_time"]?.integer, let context = claims["acr"]?.string,
            let methods = claims["amr"]?.array?.map(\.string)
        else { return nil }
        let fingerprint: [UInt8]?
        switch context {
        case "urn:sekisho:acr:certificate":
            guard methods == ["swk", "pwd"], let confirmed = confirmation(claims) else { return nil }
            fingerprint = confirmed
        case "urn:sekisho:acr:password":
            guard methods == ["pwd"], claims["cnf"] == nil else { return nil }
            fingerprint = nil
        default: return nil
        }
        return .customer(
            CustomerSession(
                customer: name,
                evidence: Evidence(
                    session: session, context: context, certificateFingerprint: fingerprint,
                    authenticatedAt: WallTime(seconds: authenticatedAt), address: claims["client_ip"]?.string)
            ))
    }

    private static func partner(_ name: String, _ claims: JSONNode) -> Subject? {
        guard let fingerprint = confirmation(claims), name == "partner:\(Hex.encode(fingerprint))",
            let subject = claims["cert_sub"]?.string
        else { return nil }
        return .partner(PartnerCertificate(fingerprint: fingerprint, subject: SubjectName(rfc4514: subject)))
    }

    /// `cnf.x5t#S256` (RFC 8705 §3.1).
    private static func confirmation(_ claims: JSONNode) -> [UInt8]? {
        let fingerprint = claims["cnf"]?["x5t#S256"]?.string.flatMap(Base64URL.decode)
        return fingerprint?.count == 32 ? fingerprint : nil
    }

    private static let skewSeconds: Int64 = 10
    /// The longest the gateway can be told to make them.
    private static let lifetimeSecondsMax: Int64 = 300
}
