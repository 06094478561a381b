import Authorization
import Text

/// The host that keeps the accounts. Each 照会 carries the account's 照会用暗証番号.
protocol CoreBanking: Sendable {
    /// Asks about one account. `.wrongPIN` says nothing else of it. May block.
    func inquire(
        _ inquiry: Inquiry, of account: AccountKey, pin: InquiryPIN, at now: WallTime
    ) throws(HostFault) -> InquiryReply
}

/// What is asked for.
enum Inquiry: Sendable, Hashable {
    /// 残高照会
    case balance
    /// 入出金明細照会
    case movements
    /// 振込入金明細照会
    case transfers

    /// What a grant must allow for it.
    var scope: Scope {
        switch self {
        case .balance: .balance
        case .movements: .movements
        case .transfers: .transfers
        }
    }
}

enum InquiryReply: Sendable, Hashable {
    case balance(Int64)
    /// The newest first.
    case entries([AccountEntry])
    case wrongPIN
}

/// One line of an account's statement.
struct AccountEntry: Sendable, Hashable {
    let day: WallTime
    /// In yen; negative for a withdrawal.
    let amount: Int64
    /// The balance after it, in yen.
    let balance: Int64
    /// 摘要, for transfers the sender's name.
    let text: String
}

/// The host cannot answer. Nothing is known of the PIN then.
struct HostFault: Error, Sendable, Hashable {
    /// For the operator.
    let detail: String
}
