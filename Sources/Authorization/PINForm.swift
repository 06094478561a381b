/// What a customer has filled in at 照会用暗証番号登録, judged.
public enum PINForm: Sendable {
    /// What to register; at least one account.
    case accepted([(account: AccountKey, pin: InquiryPIN)])
    case rejected(PINComplaints)

    /// - Parameters:
    ///   - rows: Every account of the customer, whether it is ticked, and what stands in its field.
    ///   - selectsAll: 全て is ticked: as if each account were.
    ///   - pinLength: How many digits a PIN has.
    public init(_ rows: [Row], selectsAll: Bool, pinLength: Int) {
        var complaints = PINComplaints(selectsAll: selectsAll)
        var accepted: [(AccountKey, InquiryPIN)] = []
        for row in rows {
            let isTicked = row.isTicked || selectsAll
            if isTicked { complaints.ticked.insert(row.account) }
            switch (isTicked, InquiryPIN.read(row.text, length: pinLength)) {
            case (true, .success(let pin)): accepted.append((row.account, pin))
            case (true, .failure(let complaint)): complaints.byAccount[row.account] = complaint
            case (false, .failure(.blank)): break
            // Never dropped in silence: the customer would believe it registered.
            case (false, _): complaints.byAccount[row.account] = .notTicked
            }
        }
        complaints.isNoneTicked = complaints.ticked.isEmpty && complaints.byAccount.isEmpty
        self =
            complaints.isNoneTicked || !complaints.byAccount.isEmpty
            ? .rejected(complaints) : .accepted(accepted)
    }

    public struct Row: Sendable {
        public let account: AccountKey
        public let isTicked: Bool
        public let text: String

        public init(account: AccountKey, isTicked: Bool, text: String) {
            self.account = account
            self.isTicked = isTicked
            self.text = text
        }
    }
}

/// What is to be corrected. It holds what was ticked, and no PIN.
public struct PINComplaints: Sendable, Hashable {
    public var selectsAll: Bool
    public var ticked: Set<AccountKey>
    public var isNoneTicked: Bool
    public var byAccount: [AccountKey: PINComplaint]

    public init(
        selectsAll: Bool = false, ticked: Set<AccountKey> = [], isNoneTicked: Bool = false,
        byAccount: [AccountKey: PINComplaint] = [:]
    ) {
        self.selectsAll = selectsAll
        self.ticked = ticked
        self.isNoneTicked = isNoneTicked
        self.byAccount = byAccount
    }
}

/// What is wrong with one account's row.
public enum PINComplaint: String, Error, Sendable, Hashable, CaseIterable {
    case blank
    /// Not digits, or not as many as there must be.
    case malformed
    /// One digit over and over.
    case sameDigits
    /// A PIN stands there, but the account is not ticked.
    case notTicked
}

/// A 照会用暗証番号 in the clear, on its way from the form to its seal or from there to the host. It cannot be
/// printed.
public struct InquiryPIN: Sendable, CustomStringConvertible, CustomReflectable {
    /// ASCII digits.
    public let digits: [UInt8]

    /// Digits that were sealed.
    public init(digits: [UInt8]) {
        self.digits = digits
    }

    /// Reads what stands in a field: digits, also the full-width ones that an input method makes.
    public static func read(_ text: String, length: Int) -> Result<InquiryPIN, PINComplaint> {
        let scalars = text.unicodeScalars.map { $0.value }
        guard !scalars.isEmpty else { return .failure(.blank) }
        let digits = scalars.compactMap { scalar -> UInt8? in
            switch scalar {
            case 0x30...0x39: UInt8(scalar)
            case 0xFF10...0xFF19: UInt8(scalar - 0xFF10 + 0x30)
            default: nil
            }
        }
        guard digits.count == scalars.count, digits.count == length else { return .failure(.malformed) }
        guard Set(digits).count > 1 || length == 1 else { return .failure(.sameDigits) }
        return .success(InquiryPIN(digits: digits))
    }

    public var description: String { "(PIN)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
