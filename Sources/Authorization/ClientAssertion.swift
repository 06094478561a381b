public import Text

/// The claims of a partner's signed assertion (RFC 7523 §3), judged but for the signature and for whether the
/// assertion was used before.
public struct ClientAssertion: Sendable, Hashable {
    public let partner: String
    /// `jti`: of one partner's assertions no two have the same.
    public let id: String
    public let expiresAt: WallTime

    /// The partner a payload names; nothing of it is believed yet.
    public static func peekPartner(_ payload: [UInt8]) -> String? {
        (try? JSONReader.read(payload, dialect: .json, depthMax: 8))?["sub"]?.string
    }

    /// Reads the payload of `partner`'s assertion.
    ///
    /// - Parameter issuer: ours, the only audience there is: an assertion for one of our endpoints might be
    ///   another server's to pass on.
    public init(
        payload: [UInt8], partner: Partner, issuer: String, at now: WallTime
    ) throws(ClientAssertionFault) {
        guard let claims = try? JSONReader.read(payload, dialect: .json, depthMax: 8), claims.members != nil
        else { throw .malformed }
        guard claims["iss"]?.string == partner.id, claims["sub"]?.string == partner.id else { throw .party }
        guard Self.isMeant(claims["aud"], issuer, partner.profile) else { throw .audience }
        guard let id = claims["jti"]?.string, (1...Self.idBytesMax).contains(id.utf8.count) else {
            throw .identifier
        }
        guard let expiresAt = try Self.moment(claims["exp"]) else { throw .expiry }
        guard now < expiresAt else { throw .expired }
        guard expiresAt <= now.adding(seconds: Self.lifetimeSecondsMax + Self.skewSeconds) else {
            throw .expiry
        }
        for claim in ["iat", "nbf"] {
            guard let moment = try Self.moment(claims[claim]) else { continue }
            guard moment <= now.adding(seconds: Self.skewSeconds) else { throw .notYetValid }
        }
        self.partner = partner.id
        self.id = id
        self.expiresAt = expiresAt
    }

    /// FAPI 2.0 §5.3.2.1 wants a string; otherwise a list of just the one is as good.
    private static func isMeant(_ audience: JSONNode?, _ issuer: String, _ profile: Profile) -> Bool {
        if let text = audience?.string { return text == issuer }
        return profile == .bcp && audience?.array?.map(\.string) == [issuer]
    }

    /// A NumericDate (RFC 7519 §2); a fraction is cut off. Nil when it is not there.
    private static func moment(_ node: JSONNode?) throws(ClientAssertionFault) -> WallTime? {
        guard let node else { return nil }
        guard case .number(let number) = node.value, let seconds = number.double,
            seconds >= 0, seconds < 253_402_300_800
        else { throw .malformed }
        return WallTime(seconds: Int64(seconds))
    }

    /// FAPI 2.0 §5.4.1: clocks that are ten seconds ahead must do, a minute must not.
    private static let skewSeconds: Int64 = 10
    /// How long a used one has to be remembered.
    private static let lifetimeSecondsMax: Int64 = 3600
    private static let idBytesMax = 255
}

/// Why an assertion does not prove who sent it. The raw value is for the audit log.
public enum ClientAssertionFault: String, Error, Sendable, Hashable, CaseIterable {
    /// The JWS itself: form, algorithm, key or signature.
    case signature
    /// No JSON object, or a moment that is no number.
    case malformed
    /// `iss` and `sub` are not both the partner, or `client_id` says another.
    case party
    case audience
    /// `jti` is missing or too long.
    case identifier
    /// `exp` is missing or too far ahead.
    case expiry
    case expired, notYetValid
    /// The same `jti` was used before.
    case usedBefore
}
