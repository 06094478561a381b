import Crypto
import Reactor
import Text

/// Stands where the gateway would be, in front of a consent backend alone: it signs who its made-up customers
/// and its one partner are. For benchmarks and for tests that kill the backend.
public final class GatewayStandIn: Sendable {
    private let key: SigningKey
    private let issuer: String
    /// SHA-256 of the partner's certificate.
    private let certificate: SHA256Digest
    private let partnerSubject: String

    /// - Parameters:
    ///   - issuer: the `assertion.issuer` of the backend's configuration.
    ///   - partnerSubject: the subject of the partner's certificate.
    public init(issuer: String, partnerSubject: String) throws(VisitFault) {
        do throws(CryptoFault) {
            key = try SigningKey()
        } catch {
            throw VisitFault("\(error)")
        }
        self.issuer = issuer
        self.partnerSubject = partnerSubject
        certificate = SHA256Digest(of: Array(partnerSubject.utf8))
    }

    /// What the backend's `assertion.jwksFile` holds.
    public var keySet: [UInt8] { JWKSet.encode([key.verifyingKey]) }

    /// The assertion for a customer with ID and password, whose session is named like the customer.
    public func customer(_ id: String) throws(VisitFault) -> String {
        try assertion(id, kind: "customer") { json in
            json.member("sid", "session-\(id)")
            json.member("auth_time", Clock.wall())
            json.member("acr", "urn:sekisho:acr:password")
            json.key("amr")
            json.beginArray()
            json.string("pwd")
            json.endArray()
        }
    }

    public func partner() throws(VisitFault) -> String {
        try assertion("partner:\(certificate.hex)", kind: "partner") { json in
            json.member("cert_sub", partnerSubject)
            json.key("cnf")
            json.beginObject()
            json.member("x5t#S256", certificate.base64URL)
            json.endObject()
        }
    }

    private func assertion(
        _ subject: String, kind: String, _ more: (inout JSONWriter) -> Void
    ) throws(VisitFault) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("iss", issuer)
        json.member("aud", "sekisho-consent")
        json.member("iat", Clock.wall())
        json.member("exp", Clock.wall() + 300)
        json.member("client_ip", "127.0.0.1")
        json.member("sub", subject)
        json.member("sub_kind", kind)
        more(&json)
        json.endObject()
        do throws(CryptoFault) {
            return try JWS.sign(payload: json.bytes, key: key, type: "sekisho-assertion+jwt")
        } catch {
            throw VisitFault("\(error)")
        }
    }
}
