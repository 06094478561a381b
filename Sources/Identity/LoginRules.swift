public import Text

/// Why a login is refused; the audit log says this.
public enum LoginRefusal: String, Error, Sendable, CaseIterable {
    case unknownCustomer
    case wrongPassword
    /// Right credentials without the certificate that this customer must present.
    case certificateRequired
    /// A certificate of a customer who logs in with ID and password.
    case passwordRequired
    case paused
    case stopped
    case closed
    case methodDisabled
    /// A certificate of one customer with the typed ID of another: our pages ask for no ID there.
    case identityMismatch
    /// A certificate of a customer who has logged in with a newer one.
    case certificateSuperseded
    /// Right in everything, but something is to be done in the internet banking first.
    case passwordExpired, setupMissing, noticeUnread

    /// What the page may tell. One text for everything that would reveal which customers there are.
    public var publicReason: PublicLoginRefusal {
        switch self {
        case .unknownCustomer, .wrongPassword, .identityMismatch, .certificateRequired, .passwordRequired,
            .methodDisabled:
            .badCredentials
        case .paused: .paused
        case .stopped, .closed: .stopped
        case .certificateSuperseded: .certificateSuperseded
        case .passwordExpired: .duty(.changePassword)
        case .setupMissing: .duty(.finishSetup)
        case .noticeUnread: .duty(.readNotice)
        }
    }
}

/// What a refused customer is told.
public enum PublicLoginRefusal: Sendable, Hashable {
    case badCredentials, paused, stopped, certificateSuperseded
    case duty(CustomerDuty)
}

/// How somebody tries to log in.
public enum LoginMethod: String, Sendable {
    case certificate, password
}

/// What follows from one try.
public enum LoginDecision: Sendable, Equatable {
    case accepted
    /// `counts`: a failure to record against the customer.
    case refused(LoginRefusal, counts: Bool)
}

/// The institution's rules of logging in.
///
/// The right password by the wrong way counts like a wrong one, or counting would tell the two apart.
///
/// A paused or stopped customer is told so whatever the password was: if only the right one led to that
/// page, guessing on during a pause would still find it. That an ID exists can show this way; whether a
/// password is right can not.
public struct LoginRules: Sendable, Hashable {
    public var offersCertificate: Bool
    public var offersPassword: Bool
    public var lockout: LockoutPolicy

    public init(offersCertificate: Bool, offersPassword: Bool, lockout: LockoutPolicy) {
        self.offersCertificate = offersCertificate
        self.offersPassword = offersPassword
        self.lockout = lockout
    }

    /// - Parameter customer: Nil when nobody has that ID; the password was then checked against a decoy, and
    ///   `passwordMatches` is false.
    public func decide(
        _ method: LoginMethod, customer: Customer?, passwordMatches: Bool, at now: WallTime
    ) -> LoginDecision {
        guard let customer else { return .refused(.unknownCustomer, counts: false) }
        guard method == .certificate ? offersCertificate : offersPassword else {
            return .refused(.methodDisabled, counts: false)
        }
        switch customer.status {
        case .active: break
        case .stopped: return .refused(.stopped, counts: false)
        case .closed: return .refused(.closed, counts: false)
        }
        // While paused nothing is counted: waiting ends the pause, not guessing on.
        if customer.failures.isPaused(at: now) { return .refused(.paused, counts: false) }
        guard passwordMatches else { return .refused(.wrongPassword, counts: true) }
        switch (method, customer.method) {
        case (.password, .certificate): return .refused(.certificateRequired, counts: true)
        case (.certificate, .password): return .refused(.passwordRequired, counts: true)
        default: break
        }
        // Last, so that only who has the right password learns of it.
        switch customer.duty {
        case nil: return .accepted
        case .changePassword: return .refused(.passwordExpired, counts: false)
        case .finishSetup: return .refused(.setupMissing, counts: false)
        case .readNotice: return .refused(.noticeUnread, counts: false)
        }
    }
}
