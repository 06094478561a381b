/// Why a presented certificate is not trusted. The raw value is the code in logs, metrics and audit records.
public enum RefusalReason: String, Sendable, CaseIterable {
    /// It, or a certificate on its path, is past its last day.
    case expired
    case notYetValid
    case revoked
    /// No path leads to an anchor of the store, or a signature on the path is wrong.
    case unknownIssuer
    /// It is not for proving who a client is: key usage, extended key usage, or a CA's own certificate.
    case wrongPurpose
    /// A key too short, or a digest too old, on the path.
    case weakKey
    /// More certificates or bytes than the policy allows, or too many intermediates.
    case chainTooLong
    /// It breaks a rule its issuer set (names, policies, path length), or a check that has no reason of its
    /// own.
    case policy
    /// Whether it is revoked could not be found out.
    case revocationUnknown
    /// It does not decode.
    case malformed
}
