public import Text

/// What becomes of a customer's older certificates of one issuer once a newer one has logged in (更新).
public enum Supersession: Sendable, Hashable {
    /// Both are good until they expire.
    case never
    /// The older one is refused from then on.
    case onNewLogin
    /// The older one is refused so many days after the newer one's first login.
    case afterDays(Int)
}

/// The certificate of a customer and an issuer that began last, of those that have logged in.
public struct NewestCertificate: Sendable, Hashable {
    public let issuerSerialKey: [UInt8]
    public let notBefore: WallTime
    public let firstLoginAt: WallTime

    public init(issuerSerialKey: [UInt8], notBefore: WallTime, firstLoginAt: WallTime) {
        self.issuerSerialKey = issuerSerialKey
        self.notBefore = notBefore
        self.firstLoginAt = firstLoginAt
    }
}

extension Supersession {
    /// Whether a certificate is refused for a newer one. Of two that began in the same second neither is
    /// older.
    public func supersedes(
        _ issuerSerialKey: [UInt8], notBefore: WallTime, by newest: NewestCertificate?, at now: WallTime
    ) -> Bool {
        guard let newest, newest.issuerSerialKey != issuerSerialKey, notBefore < newest.notBefore else {
            return false
        }
        return switch self {
        case .never: false
        case .onNewLogin: true
        case .afterDays(let days): now >= newest.firstLoginAt.adding(seconds: Int64(days) * 86400)
        }
    }
}
