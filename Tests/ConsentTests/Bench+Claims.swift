import Crypto
import Text

/// A claim's value as JSON.
enum Claim: Sendable {
    case text(String)
    case number(Int64)
    case list([String])
    /// `{"x5t#S256": …}`
    case confirmation(String)
}

typealias Claims = [String: Claim]

extension Bench {
    private var common: Claims {
        [
            "iss": .text("https://gate.example"), "aud": .text("sekisho-consent"),
            "iat": .number(now.seconds),
            "exp": .number(now.seconds + 60), "client_ip": .text("192.0.2.7"),
        ]
    }

    var anonymous: Claims {
        common.merging(["sub": .text("anonymous"), "sub_kind": .text("anonymous")]) { $1 }
    }

    /// A customer with ID and password.
    func customer(_ id: String = "C1", session: String = "S1") -> Claims {
        common.merging([
            "sub": .text(id), "sub_kind": .text("customer"), "sid": .text(session),
            "auth_time": .number(Bench.start.seconds), "acr": .text("urn:sekisho:acr:password"),
            "amr": .list(["pwd"]),
        ]) { $1 }
    }

    /// A customer with a certificate.
    func certificateCustomer(fingerprint: [UInt8] = [UInt8](repeating: 9, count: 32)) -> Claims {
        customer().merging([
            "acr": .text("urn:sekisho:acr:certificate"), "amr": .list(["swk", "pwd"]),
            "cnf": .confirmation(Base64URL.encode(fingerprint)), "epoch": .number(1),
        ]) { $1 }
    }

    func partner(
        fingerprint: [UInt8] = Bench.partnerFingerprint,
        subject: String = "CN=sample-partner,O=Sample Kaikei,C=JP"
    ) -> Claims {
        common.merging([
            "sub": .text("partner:\(Hex.encode(fingerprint))"), "sub_kind": .text("partner"),
            "cert_sub": .text(subject), "cnf": .confirmation(Base64URL.encode(fingerprint)),
            "epoch": .number(1),
        ]) { $1 }
    }

    /// The assertion as the gateway signs it.
    func assertion(
        _ claims: Claims, key: SigningKey? = nil, type: String = "sekisho-assertion+jwt"
    ) throws -> String {
        var json = JSONWriter()
        json.beginObject()
        for (name, claim) in claims.sorted(by: { $0.key < $1.key }) {
            switch claim {
            case .text(let text): json.member(name, text)
            case .number(let number): json.member(name, number)
            case .list(let items):
                json.key(name)
                json.beginArray()
                for item in items { json.string(item) }
                json.endArray()
            case .confirmation(let text):
                json.key(name)
                json.beginObject()
                json.member("x5t#S256", text)
                json.endObject()
            }
        }
        json.endObject()
        return try JWS.sign(payload: json.bytes, key: key ?? self.key, type: type)
    }
}
