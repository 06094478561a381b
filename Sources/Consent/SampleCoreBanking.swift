import Authorization
import Text

/// Stands where a bank's accounts system would be asked: made-up balances and movements, always the same for
/// an account and a day.
///
/// It behaves like a host in one more way: each account has a PIN on file, 9 and the last three digits of its
/// number.
struct SampleCoreBanking: CoreBanking {
    func inquire(
        _ inquiry: Inquiry, of account: AccountKey, pin: InquiryPIN, at now: WallTime
    ) throws(HostFault) -> InquiryReply {
        guard pin.digits == Array("9\(account.number.suffix(3))".utf8) else { return .wrongPIN }
        let entries = entries(of: account, at: now)
        return switch inquiry {
        case .balance: .balance(entries.first?.balance ?? 0)
        case .movements: .entries(entries)
        case .transfers: .entries(entries.filter { $0.text.hasPrefix(Self.transferMark) })
        }
    }

    /// One entry a day for thirty days.
    private func entries(of account: AccountKey, at now: WallTime) -> [AccountEntry] {
        let today = now.adding(seconds: 9 * 3600).seconds / 86_400  // in Japan
        var balance = Self.opening(of: account)
        let entries = (0..<Int64(30)).reversed().map { daysAgo -> AccountEntry in
            var numbers = SampleNumbers("\(account.text) \(today - daysAgo)")
            let kind = Self.kinds[Int(numbers.next(below: UInt64(Self.kinds.count)))]
            let amount = Int64(numbers.next(below: 90_000) + 1_000) * (kind.isDeposit ? 1 : -1)
            balance += amount
            return AccountEntry(
                day: WallTime(seconds: (today - daysAgo) * 86_400), amount: amount, balance: balance,
                text: kind.text)
        }
        return entries.reversed()
    }

    private static func opening(of account: AccountKey) -> Int64 {
        var numbers = SampleNumbers(account.text)
        return Int64(numbers.next(below: 5_000_000)) + 3_000_000
    }

    private static let transferMark = "振込"
    private static let kinds = [
        (text: "振込　カ）ミヤコジマシヨウジ", isDeposit: true), (text: "振込　トヨス　ハナコ", isDeposit: true),
        (text: "現金", isDeposit: true), (text: "電気料金", isDeposit: false), (text: "ATM", isDeposit: false),
        (text: "口座振替", isDeposit: false),
    ]
}

/// Numbers that look random and are the same in every process, unlike Hasher's: FNV-1a, then a linear
/// congruential generator.
private struct SampleNumbers {
    private var state: UInt64

    init(_ seed: String) {
        state = seed.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    mutating func next(below bound: UInt64) -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) % bound
    }
}
