/// 登録状況 of an account's 照会用暗証番号.
public enum PINStatus: String, Sendable, Hashable, CaseIterable {
    /// 未登録
    case unregistered
    /// 登録済み*: good once a first 照会 has succeeded with it.
    case pending
    /// 登録済み
    case registered
}

/// The 照会用暗証番号 of an account, sealed: `未登録 → 登録済み* → 登録済み`.
///
/// Whether a PIN is right shows at the first 照会 only. Until then the one before it stays; a PIN that the
/// host has refused is forgotten, so that nothing can send it again.
public struct AccountPIN: Sendable, Hashable {
    /// What 照会 has succeeded with.
    public private(set) var active: SealedPIN?
    /// What has been registered since.
    public private(set) var pending: SealedPIN?

    public init(active: SealedPIN? = nil, pending: SealedPIN? = nil) {
        self.active = active
        self.pending = pending
    }

    public var status: PINStatus {
        if pending != nil { .pending } else if active != nil { .registered } else { .unregistered }
    }

    /// What the next 照会 uses. One 照会 uses one PIN: when the host refuses it, the other one waits for the
    /// next.
    public var forInquiry: SealedPIN? { pending ?? active }

    /// 登録
    public mutating func register(_ pin: SealedPIN) {
        pending = pin
    }

    /// Takes what the host has said of a PIN. What it says of one that has been replaced meanwhile changes
    /// nothing.
    public mutating func learn(_ outcome: PINOutcome, of pin: SealedPIN) -> PINChange? {
        switch (outcome, pin) {
        case (.accepted, pending):
            active = pin
            pending = nil
            return .promoted
        case (.refused, pending):
            pending = nil
            return .withdrawn
        case (.refused, active):
            active = nil
            return .withdrawn
        default:
            return nil
        }
    }
}

/// A PIN that only the configured key can open. No two seals are alike, not even of the same PIN.
public struct SealedPIN: Sendable, Hashable {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// What the host says of a PIN.
public enum PINOutcome: Sendable, Hashable, CaseIterable {
    case accepted, refused
}

/// What became of a PIN at a 照会.
public enum PINChange: String, Sendable, Hashable, CaseIterable {
    /// 登録済み* has become 登録済み.
    case promoted
    /// The PIN was wrong: back to the one before, or to 未登録.
    case withdrawn
}
