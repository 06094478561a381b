import Crypto
import Text

/// Who a forwarded request comes from, as the backend is told.
enum AssertedSubject {
    case anonymous
    case customer(AssertedCustomer)
    case partner(fingerprint: SHA256Digest, subject: String, epoch: UInt64)
}

/// A customer's session, as far as the backend needs to know it.
struct AssertedCustomer {
    let customer: String
    /// Names the session without being able to resume it.
    let sessionID: String
    let authenticatedAt: WallTime
    /// Set for a session that is bound to a certificate.
    let certificate: SHA256Digest?
    let epoch: UInt64?
}

/// Signs `Sekisho-Assertion` (JWS, ES256): once per subject and half of its lifetime, not once per request.
///
/// Confined to its loop.
final class AssertionMint {
    /// What an assertion depends on, besides the time.
    private struct Name: Hashable {
        enum Kind { case anonymous, customer, partner }
        let kind: Kind
        /// Of the session or of the partner's certificate.
        let id: String
        let epoch: UInt64
        let address: String

        init(_ subject: AssertedSubject, address: String) {
            self.address = address
            switch subject {
            case .anonymous: (kind, id, epoch) = (.anonymous, "", 0)
            case .customer(let session):
                (kind, id, epoch) = (.customer, session.sessionID, session.epoch ?? 0)
            case .partner(let fingerprint, _, let number):
                (kind, id, epoch) = (.partner, fingerprint.hex, number)
            }
        }
    }

    private struct Minted {
        let assertion: String
        let signedAt: WallTime
        let freshUntil: WallTime
    }

    private let key: SigningKey
    private let issuer: String
    private let audience: String
    private let lifetimeSeconds: Int64
    private var minted: [Name: Minted] = [:]

    init(key: SigningKey, issuer: String, audience: String, lifetimeSeconds: Int) {
        self.key = key
        self.issuer = issuer
        self.audience = audience
        self.lifetimeSeconds = Int64(lifetimeSeconds)
    }

    convenience init(_ snapshot: GatewaySnapshot) {
        self.init(
            key: snapshot.assertionKey, issuer: snapshot.assertionIssuer,
            audience: snapshot.assertionAudience, lifetimeSeconds: snapshot.assertionLifetimeSeconds)
    }

    /// Whether it would say the same under other settings.
    func fits(_ snapshot: GatewaySnapshot) -> Bool {
        key.keyID == snapshot.assertionKey.keyID && issuer == snapshot.assertionIssuer
            && audience == snapshot.assertionAudience
            && lifetimeSeconds == Int64(snapshot.assertionLifetimeSeconds)
    }

    /// - Parameter address: The client's address, part of the risk inputs.
    func assertion(for subject: AssertedSubject, address: String, at now: WallTime) throws(CryptoFault)
        -> String
    {
        let name = Name(subject, address: address)
        // What was signed by a clock that was ahead is of no use to anybody once it is set right.
        if let known = minted[name], known.signedAt <= now, now < known.freshUntil { return known.assertion }
        let payload = claims(subject, address: address, at: now)
        let assertion = try JWS.sign(payload: payload, key: key, type: Self.type)
        if minted.count >= Self.cacheMax { minted.removeAll(keepingCapacity: true) }
        minted[name] = Minted(
            assertion: assertion, signedAt: now, freshUntil: now.adding(seconds: lifetimeSeconds / 2))
        return assertion
    }

    private func claims(_ subject: AssertedSubject, address: String, at now: WallTime) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("iss", issuer)
        json.member("aud", audience)
        json.member("iat", now.seconds)
        json.member("exp", now.seconds + lifetimeSeconds)
        json.member("client_ip", address)
        switch subject {
        case .anonymous:
            json.member("sub", "anonymous")
            json.member("sub_kind", "anonymous")
        case .customer(let session):
            json.member("sub", session.customer)
            json.member("sub_kind", "customer")
            json.member("sid", session.sessionID)
            json.member("auth_time", session.authenticatedAt.seconds)
            json.member(
                "acr", session.certificate == nil ? "urn:sekisho:acr:password" : "urn:sekisho:acr:certificate"
            )
            json.key("amr")
            json.beginArray()
            if session.certificate != nil { json.string("swk") }
            json.string("pwd")
            json.endArray()
            if let certificate = session.certificate { Self.confirm(certificate, in: &json) }
            if let epoch = session.epoch { json.member("epoch", Int64(clamping: epoch)) }
        case .partner(let fingerprint, let name, let epoch):
            json.member("sub", "partner:\(fingerprint.hex)")
            json.member("sub_kind", "partner")
            json.member("cert_sub", name)
            Self.confirm(fingerprint, in: &json)
            json.member("epoch", Int64(clamping: epoch))
        }
        json.endObject()
        return json.bytes
    }

    /// RFC 8705 §3.1.
    private static func confirm(_ certificate: SHA256Digest, in json: inout JSONWriter) {
        json.key("cnf")
        json.beginObject()
        json.member("x5t#S256", certificate.base64URL)
        json.endObject()
    }

    static let type = "sekisho-assertion+jwt"
    private static let cacheMax = 10_000
}
