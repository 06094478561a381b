public import Text

/// What the consent backend keeps of a customer, beside grants: what may be allowed to partners, the
/// 追加認証 questions, and the 照会用口座.
public struct CustomerRecord: Sendable, Hashable {
    public let id: String
    /// The 業務 the customer may use.
    public var permitted: Scopes
    public var questions: [ChallengeQuestion]
    /// Wrong answers since the last right one.
    public var wrongAnswers: Int
    /// 追加認証利用停止
    public var isChallengeStopped: Bool
    /// In the order of the screens.
    public var accounts: [InquiryAccount]

    public init(
        id: String, permitted: Scopes = Scopes(Scope.allCases), questions: [ChallengeQuestion] = [],
        wrongAnswers: Int = 0, isChallengeStopped: Bool = false, accounts: [InquiryAccount] = []
    ) {
        self.id = id
        self.permitted = permitted
        self.questions = questions
        self.wrongAnswers = wrongAnswers
        self.isChallengeStopped = isChallengeStopped
        self.accounts = accounts
    }

    /// More than the screens are made for.
    public static let accountsMax = 200
    public static let questionsMax = 10

    /// Accounts whose PIN is 登録済み, starred or not: those that 許可 is about.
    public var accountsForInquiry: [InquiryAccount] { accounts.filter { $0.pin.status != .unregistered } }
}

/// A question of 追加認証, and the hash of its normalised answer.
public struct ChallengeQuestion: Sendable, Hashable {
    public let text: String
    public let answerHash: String

    public init(text: String, answerHash: String) {
        self.text = text
        self.answerHash = answerHash
    }
}

/// What a customer leaves behind, by which a later visit is found familiar.
public struct CustomerTraces: Sendable, Hashable {
    public let network: AddressNetwork
    /// SHA-256 of the certificate, for a session that rests on one.
    public let certificate: [UInt8]?

    public init(address: String, certificate: [UInt8]?) {
        network = AddressNetwork(of: address)
        self.certificate = certificate
    }
}

/// What an answer has brought, to be recorded together with the flow's step.
public enum FlowRecord: Sendable, Hashable {
    case rightAnswer(CustomerTraces)
    /// `isLast`: 追加認証利用停止 from now on.
    case wrongAnswer(isLast: Bool)
    case pins([AccountKey: SealedPIN])
}

/// Keeps customers' records.
public protocol CustomerRepository: Sendable {
    /// Of a customer nothing is kept of: everything is permitted, and there is neither question nor account.
    func customer(_ id: String) throws(ConsentStoreFault) -> CustomerRecord

    /// Puts records in the place of those there are, all or none. The PINs of accounts that stay are kept.
    func replace(_ customers: [CustomerRecord]) throws(ConsentStoreFault)

    /// Ends 追加認証利用停止; false when nothing is kept of the customer.
    func allowAnswers(of customer: String) throws(ConsentStoreFault) -> Bool

    /// What is new about how a customer comes.
    func novelties(
        of traces: CustomerTraces, of customer: String
    ) throws(ConsentStoreFault) -> Set<RiskFact>

    /// Makes traces familiar.
    func remember(
        _ traces: CustomerTraces, of customer: String, at now: WallTime
    ) throws(ConsentStoreFault)

    /// ``FlowRepository/save(_:replacing:)``, and in the same transaction what an answer has brought.
    func save(
        _ flow: ConsentFlow, replacing revision: Int, recording record: FlowRecord
    ) throws(ConsentStoreFault) -> Bool

    /// One of the PINs there are, to try a key on; nil when there are none.
    func anyPIN() throws(ConsentStoreFault) -> StoredPIN?

    /// Whether the caller may try an account's pending PIN on the host: false while another one does, until
    /// ``learn(_:of:for:of:)`` or `deadline`, or when the PIN is no longer the pending one.
    func claim(
        _ pin: SealedPIN, for account: AccountKey, of customer: String, at now: WallTime,
        until deadline: WallTime
    ) throws(ConsentStoreFault) -> Bool

    /// Takes what the host has said of a PIN (``AccountPIN/learn(_:of:)``).
    func learn(
        _ outcome: PINOutcome, of pin: SealedPIN, for account: AccountKey, of customer: String
    ) throws(ConsentStoreFault) -> PINChange?
}

/// A sealed PIN and whose it is.
public struct StoredPIN: Sendable, Hashable {
    public let customer: String
    public let account: AccountKey
    public let pin: SealedPIN

    public init(customer: String, account: AccountKey, pin: SealedPIN) {
        self.customer = customer
        self.account = account
        self.pin = pin
    }
}
