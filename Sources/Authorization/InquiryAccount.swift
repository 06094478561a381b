/// Which account, in the whole institution: 店番, 科目 and 口座番号 together. 店番 alone repeats.
public struct AccountKey: Sendable, Hashable {
    /// 店番, three digits.
    public let branch: String
    /// 科目
    public let kind: AccountKind
    /// 口座番号, seven digits.
    public let number: String

    /// Nil unless branch and number are digits, three and seven of them.
    public init?(branch: String, kind: AccountKind, number: String) {
        guard Self.isDigits(branch, count: 3), Self.isDigits(number, count: 7) else { return nil }
        self.branch = branch
        self.kind = kind
        self.number = number
    }

    /// Reads ``text``.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let kind = AccountKind.allCases.first(where: { $0.code == parts[1] }) else {
            return nil
        }
        self.init(branch: String(parts[0]), kind: kind, number: String(parts[2]))
    }

    /// `001-1-2000002`: for forms, addresses and the store.
    public var text: String { "\(branch)-\(kind.code)-\(number)" }

    private static func isDigits(_ text: String, count: Int) -> Bool {
        text.utf8.count == count && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}

/// 科目
public enum AccountKind: String, Sendable, Hashable, CaseIterable {
    case ordinary, current, savings

    /// 普通, 当座, 貯蓄
    public var japaneseName: String {
        switch self {
        case .ordinary: "普通"
        case .current: "当座"
        case .savings: "貯蓄"
        }
    }

    /// 預金種目 as the 全銀 formats number it.
    public var code: String {
        switch self {
        case .ordinary: "1"
        case .current: "2"
        case .savings: "4"
        }
    }
}

/// A 照会用口座 of a customer: an account that a partner can be allowed to see.
public struct InquiryAccount: Sendable, Hashable {
    public let key: AccountKey
    /// 支店名
    public let branchName: String
    /// 口座メモ; up to twenty characters.
    public let memo: String?
    public var pin: AccountPIN

    public init(key: AccountKey, branchName: String, memo: String? = nil, pin: AccountPIN = AccountPIN()) {
        self.key = key
        self.branchName = branchName
        self.memo = memo
        self.pin = pin
    }

    /// `豊洲支店（456） 普通 1000314`
    public var japaneseText: String {
        "\(japanesePlace) \(japaneseNumber)"
    }

    /// `豊洲支店（456）`
    public var japanesePlace: String { "\(branchName)（\(key.branch)）" }

    /// `普通 1000314`
    public var japaneseNumber: String { "\(key.kind.japaneseName) \(key.number)" }
}
