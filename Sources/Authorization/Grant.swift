public import Text

/// Names a grant, in the store and in the audit log.
public struct GrantID: Sendable, Hashable {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }
}

/// What a customer has allowed a partner, until when, and on which evidence.
public struct Grant: Sendable, Hashable {
    public let id: GrantID
    public let customer: String
    public let partner: String
    public let scopes: Scopes
    /// The 照会用口座 that stood on the page.
    public let accounts: [AccountKey]
    public let period: ConsentPeriod
    /// When 許可 was pressed.
    public let grantedAt: WallTime
    public let evidence: Evidence
    public var status: GrantStatus

    public init(
        id: GrantID, customer: String, partner: String, scopes: Scopes, accounts: [AccountKey] = [],
        period: ConsentPeriod, grantedAt: WallTime, evidence: Evidence, status: GrantStatus = .active
    ) {
        self.id = id
        self.customer = customer
        self.partner = partner
        self.scopes = scopes
        self.accounts = accounts
        self.period = period
        self.grantedAt = grantedAt
        self.evidence = evidence
        self.status = status
    }

    public func isInForce(at now: WallTime) -> Bool {
        status == .active && now < period.until
    }
}

public enum GrantStatus: String, Sendable, Hashable, CaseIterable {
    case active
    /// The customer has allowed the same partner anew.
    case superseded
    /// A code of it was used twice.
    case revokedByReuse
    /// The customer has ended it (解除).
    case revokedByCustomer
    /// The institution has ended it: the customer is suspended, or the certificate it rests on is revoked.
    case endedByInstitution
    /// The partner has revoked its refresh token (RFC 7009).
    case revokedByPartner
}

/// How the customer was known when 許可 was pressed.
public struct Evidence: Sendable, Hashable {
    /// The session's public id, as in the gateway's audit log.
    public let session: String
    /// Authentication context class of the assertion.
    public let context: String
    /// SHA-256 of the customer's certificate, if the session rests on one.
    public let certificateFingerprint: [UInt8]?
    public let authenticatedAt: WallTime
    /// Where the customer came from.
    public let address: String?
    /// Whether a 追加認証 question was answered.
    public var isChallenged: Bool

    public init(
        session: String, context: String, certificateFingerprint: [UInt8]?, authenticatedAt: WallTime,
        address: String? = nil, isChallenged: Bool = false
    ) {
        self.session = session
        self.context = context
        self.certificateFingerprint = certificateFingerprint
        self.authenticatedAt = authenticatedAt
        self.address = address
        self.isChallenged = isChallenged
    }
}

/// The 認可期間: whole days in Japan, the first and the last included.
public struct ConsentPeriod: Sendable, Hashable {
    public let from: WallTime
    /// The first second that is no longer in it: midnight in Japan after the last day.
    public let until: WallTime

    public init(from: WallTime, until: WallTime) {
        self.from = from
        self.until = until
    }

    /// `days` days, counting the day of `start`.
    public init(startingAt start: WallTime, days: Int) {
        let sinceMidnight = (start.seconds + Self.japanOffsetSeconds) % Self.daySeconds
        from = start
        until = start.adding(seconds: Int64(days) * Self.daySeconds - sinceMidnight)
    }

    /// `2026年11月23日 ～ 2027年11月22日`
    public var japaneseText: String {
        "\(from.japaneseDate) ～ \(until.adding(seconds: -1).japaneseDate)"
    }

    /// `2026-11-23 – 2027-11-22`, the same days.
    public var englishText: String {
        "\(Self.day(of: from)) – \(Self.day(of: until.adding(seconds: -1)))"
    }

    private static func day(of moment: WallTime) -> String {
        String(moment.adding(seconds: japanOffsetSeconds).rfc3339.prefix { $0 != "T" })
    }

    private static let japanOffsetSeconds: Int64 = 9 * 3600
    private static let daySeconds: Int64 = 24 * 3600
}
