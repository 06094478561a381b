import Crypto
import HTTP
import Synchronization
import Text

/// Believes `Sekisho-Assertion` and nothing else about who a request comes from.
final class AssertionVerifier: Sendable {
    private let issuer: String
    private let audience: String
    private let keys: AssertionKeys
    /// What has been verified, by the hash of the token: the gateway sends one token with many requests.
    private let verified = Mutex<[SHA256Digest: Assertion]>([:])

    init(issuer: String, audience: String, keys: AssertionKeys) {
        self.issuer = issuer
        self.audience = audience
        self.keys = keys
    }

    func verify(_ headers: HeaderFields, at now: WallTime) throws(AssertionFault) -> Assertion {
        let values = headers.values(of: Self.headerName)
        guard let token = values.first else { throw .missing }
        guard values.count == 1 else { throw .repeated }
        let digest = SHA256Digest(of: Array(token.utf8))
        if let known = verified.withLock({ $0[digest] }) {
            try known.check(at: now)
            return known
        }
        let assertion = try verify(token, at: now)
        verified.withLock { verified in
            if verified.count >= Self.verifiedMax { verified = verified.filter { now < $0.value.expiresAt } }
            if verified.count >= Self.verifiedMax { verified.removeAll(keepingCapacity: true) }
            verified[digest] = assertion
        }
        return assertion
    }

    private func verify(_ token: String, at now: WallTime) throws(AssertionFault) -> Assertion {
        let payload: [UInt8]
        do throws(JWSFault) {
            payload = try JWS.verify(
                token, type: Self.type, keys: keys.keys(for: JWS.peekKeyID(token), at: now))
        } catch {
            throw .token
        }
        let assertion = try Assertion(payload: payload, issuer: issuer, audience: audience)
        try assertion.check(at: now)
        return assertion
    }

    private static let headerName = "Sekisho-Assertion"
    private static let type = "sekisho-assertion+jwt"
    private static let verifiedMax = 10_000
}
