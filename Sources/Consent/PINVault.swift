import Authorization
import Crypto

/// Seals 照会用暗証番号 for the store and opens them for the host, which wants them in the clear at each 照会.
struct PINVault: Sendable {
    private let key: SealingKey

    init(key: SealingKey) {
        self.key = key
    }

    func seal(_ pin: InquiryPIN, for account: AccountKey, of customer: String) -> SealedPIN {
        SealedPIN(key.seal(pin.digits, context: Self.context(account, customer)))
    }

    /// Nil when it was sealed under another key, or for another account or customer.
    func open(_ pin: SealedPIN, for account: AccountKey, of customer: String) -> InquiryPIN? {
        key.open(pin.bytes, context: Self.context(account, customer)).map(InquiryPIN.init(digits:))
    }

    /// The account's key is of fixed form, so that no two pairs read alike.
    private static func context(_ account: AccountKey, _ customer: String) -> [UInt8] {
        Array("照会用暗証番号 \(account.text) \(customer)".utf8)
    }
}
