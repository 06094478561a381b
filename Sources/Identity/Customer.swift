public import Text

/// How a customer may log in.
public enum AuthenticationMethod: String, Sendable, CaseIterable {
    /// 電子証明書方式: never with a password alone.
    case certificate
    /// ID・パスワード方式.
    case password
    case either
}

/// Whether a customer may log in at all.
public enum CustomerStatus: String, Sendable, CaseIterable {
    case active
    /// 利用停止.
    case stopped
    /// 解約.
    case closed
}

public enum CustomerRole: String, Sendable, CaseIterable {
    /// マスターユーザ.
    case master
    /// 管理者ユーザ.
    case administrator
    /// 一般ユーザ.
    case general
}

/// What a customer must do in the internet banking before logging in here.
public enum CustomerDuty: String, Sendable, CaseIterable {
    /// パスワード期限切れ.
    case changePassword
    /// 初回設定未了.
    case finishSetup
    /// 要お知らせ確認.
    case readNotice
}

/// A customer as the store keeps it.
public struct Customer: Sendable, Hashable {
    public var id: CustomerID
    public var displayName: String
    public var role: CustomerRole
    public var method: AuthenticationMethod
    public var status: CustomerStatus
    /// In the form of the password hashing room; opaque here.
    public var passwordHash: String
    public var failures: FailureCounter
    public var duty: CustomerDuty?
    /// When the bank changed the password last; nil when that is not known. Another hash of the same
    /// password is no change.
    public var passwordChangedAt: WallTime?

    public init(
        id: CustomerID, displayName: String, role: CustomerRole, method: AuthenticationMethod,
        status: CustomerStatus = .active, passwordHash: String, failures: FailureCounter = FailureCounter(),
        duty: CustomerDuty? = nil, passwordChangedAt: WallTime? = nil
    ) {
        self.id = id
        self.displayName = displayName
        self.role = role
        self.method = method
        self.status = status
        self.passwordHash = passwordHash
        self.failures = failures
        self.duty = duty
        self.passwordChangedAt = passwordChangedAt
    }

    /// 利用停止 by wrong passwords, not by the bank: when the bank stops a customer, the counters start anew.
    public var isLockedOut: Bool { status == .stopped && failures.pauses > 0 }
}

/// Wrong passwords of one customer, counted in the store so that the count holds across nodes and restarts.
public struct FailureCounter: Sendable, Hashable {
    /// Since the last success or pause.
    public var consecutive: Int
    /// Pauses since the last success.
    public var pauses: Int
    /// 利用一時停止 until then.
    public var pausedUntil: WallTime?

    public init(consecutive: Int = 0, pauses: Int = 0, pausedUntil: WallTime? = nil) {
        self.consecutive = consecutive
        self.pauses = pauses
        self.pausedUntil = pausedUntil
    }

    public func isPaused(at now: WallTime) -> Bool { pausedUntil.map { now < $0 } ?? false }
}

/// What the bank changes about a customer.
public enum CustomerChange: Sendable, Hashable {
    /// To stopped, and from there to active, the failure counters start anew.
    case status(CustomerStatus)
    /// In the form of the password hashing room. Failure counters start anew.
    case passwordHash(String, at: WallTime)
    case duty(CustomerDuty?)
}
