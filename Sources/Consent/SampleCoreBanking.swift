import Authorization
import Text

/// Stands where a bank's accounts system would be asked: made-up accounts, always the same for a customer.
struct SampleCoreBanking: Sendable {
    struct Account: Sendable {
        let branchCode: String
        let branchName: String
        let type: String
        let number: String
        /// In yen.
        let balance: Int64
    }

    /// Two to four accounts; two of them may have the same branch.
    func accounts(of customer: String) -> [Account] {
        // FNV-1a: the same in every process, unlike Hasher.
        var seed = customer.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        func next(below bound: UInt64) -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (seed >> 33) % bound
        }
        return (0..<2 + next(below: 3)).map { _ in
            let branch = Self.branches[Int(next(below: UInt64(Self.branches.count)))]
            let digits = String(1_000_000 + next(below: 9_000_000))
            return Account(
                branchCode: branch.code, branchName: branch.name, type: "普通", number: digits,
                balance: Int64(next(below: 50_000_000)))
        }
    }

    private static let branches = [
        (code: "001", name: "インターネット支店"), (code: "202", name: "都島支店"), (code: "456", name: "豊洲支店"),
    ]
}
