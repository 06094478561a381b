import Authorization
import Testing

@Suite struct AccountPINTests {
    private static let old = SealedPIN([1])
    private static let new = SealedPIN([2])
    private static let other = SealedPIN([3])

    /// Every state, and what becomes of it under every outcome of every PIN.
    @Test(arguments: PINOutcome.allCases, [old, new, other])
    func `what the host says moves exactly the PIN it is about`(outcome: PINOutcome, pin: SealedPIN) {
        let states = [
            AccountPIN(), AccountPIN(active: Self.old), AccountPIN(pending: Self.new),
            AccountPIN(active: Self.old, pending: Self.new),
        ]
        for before in states {
            var after = before
            let change = after.learn(outcome, of: pin)
            switch (outcome, pin) {
            case (.accepted, Self.new) where before.pending != nil:
                #expect(after == AccountPIN(active: Self.new) && change == .promoted)
            case (.refused, Self.new) where before.pending != nil:
                #expect(after == AccountPIN(active: before.active) && change == .withdrawn)
            case (.refused, Self.old) where before.active != nil:
                #expect(after == AccountPIN(pending: before.pending) && change == .withdrawn)
            default:
                #expect(after == before && change == nil)
            }
        }
    }

    @Test func `the way from 未登録 over 登録済み＊ to 登録済み`() {
        var pin = AccountPIN()
        #expect(pin.status == .unregistered && pin.forInquiry == nil)
        pin.register(Self.old)
        #expect(pin.status == .pending && pin.forInquiry == Self.old)
        _ = pin.learn(.accepted, of: Self.old)
        #expect(pin.status == .registered && pin.forInquiry == Self.old)
    }

    @Test func `a new PIN is used first, and the old one comes back when the host refuses it`() {
        var pin = AccountPIN(active: Self.old)
        pin.register(Self.new)
        #expect(pin.status == .pending && pin.forInquiry == Self.new)
        _ = pin.learn(.refused, of: Self.new)
        #expect(pin.status == .registered && pin.forInquiry == Self.old)
    }

    @Test func `a refused PIN can never be sent again`() {
        var pin = AccountPIN()
        pin.register(Self.new)
        _ = pin.learn(.refused, of: Self.new)
        #expect(pin.status == .unregistered && pin.forInquiry == nil)
    }

    @Test func `a PIN registered during an 照会 outlives what the host says of the one before`() {
        var pin = AccountPIN()
        pin.register(Self.old)
        pin.register(Self.new)
        #expect(pin.learn(.refused, of: Self.old) == nil)
        #expect(pin.forInquiry == Self.new)
    }

    // MARK: The form

    private func row(_ number: Int, _ isTicked: Bool, _ text: String) -> PINForm.Row {
        PINForm.Row(account: account(number), isTicked: isTicked, text: text)
    }

    private func complaints(_ rows: [PINForm.Row], all: Bool = false) -> PINComplaints? {
        guard case .rejected(let complaints) = PINForm(rows, selectsAll: all, pinLength: 4) else {
            return nil
        }
        return complaints
    }

    @Test(
        arguments: [
            ("", .blank), ("123", .malformed), ("12345", .malformed), ("12a4", .malformed),
            ("1234 ", .malformed), ("-123", .malformed), ("1111", .sameDigits), ("１１１１", .sameDigits),
            ("٠١٢٣", .malformed),
        ] as [(String, PINComplaint)])
    func `a PIN that cannot be one is told beside its field`(text: String, complaint: PINComplaint) {
        #expect(complaints([row(1, true, text)])?.byAccount == [account(1): complaint])
    }

    @Test(arguments: ["0314", "０３１４"])
    func `four digits are taken, of either width`(text: String) {
        guard case .accepted(let pins) = PINForm([row(1, true, text)], selectsAll: false, pinLength: 4) else {
            Issue.record("rejected")
            return
        }
        #expect(pins.map(\.account) == [account(1)] && pins[0].pin.digits == Array("0314".utf8))
    }

    @Test func `none ticked is told once, and ticks are kept`() {
        #expect(complaints([row(1, false, ""), row(2, false, "")])?.isNoneTicked == true)
        let complaints = complaints([row(1, true, "0314"), row(2, true, "x"), row(3, false, "")])
        #expect(complaints?.ticked == [account(1), account(2)])
        #expect(complaints?.byAccount == [account(2): .malformed] && complaints?.isNoneTicked == false)
    }

    @Test func `全て ticks every account`() {
        let complaints = complaints([row(1, false, "0314"), row(2, false, "")], all: true)
        #expect(complaints?.byAccount == [account(2): .blank] && complaints?.selectsAll == true)
    }

    @Test func `a PIN in a row that is not ticked is not dropped in silence`() {
        let complaints = complaints([row(1, true, "0314"), row(2, false, "1234"), row(3, false, "x")])
        #expect(complaints?.byAccount == [account(2): .notTicked, account(3): .notTicked])
    }

    @Test func `a PIN cannot be printed`() {
        let pin = InquiryPIN(digits: Array("0314".utf8))
        var dumped = ""
        dump(pin, to: &dumped)
        for text in ["\(pin)", String(reflecting: pin), dumped] {
            #expect(!text.contains("0314") && !text.contains("48") && !text.contains("51"))
        }
    }

    // MARK: Accounts

    @Test(arguments: [
        "", "001-1", "01-1-2000002", "001-3-2000002", "001-1-200000", "001-1-20000020", "001-1-200000a",
        "001-1-2000002-", "００１-1-2000002",
    ])
    func `what names no account is none`(text: String) {
        #expect(AccountKey(text) == nil)
    }

    @Test func `an account is written as the source writes it, in one way`() throws {
        let key = try #require(AccountKey("456-1-1000314"))
        #expect(key.text == "456-1-1000314")
        #expect(InquiryAccount(key: key, branchName: "豊洲支店").japaneseText == "豊洲支店（456） 普通 1000314")
    }
}
