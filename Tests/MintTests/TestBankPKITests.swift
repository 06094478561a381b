import Reactor
import Replay
import TestFolders
import Testing
import Text

@testable import Mint

/// The folder that a test gateway gets.
struct TestBankPKITests {
    @Test func `customers to import are those with a sound certificate, and nobody else may read the keys`()
        throws
    {
        let folder = try TestFolder()
        let keys = [CredentialDefect.sound, .expired, .revoked, .unmapped].enumerated().map {
            CredentialKey(customer: "customer\($0)", key: "EC P-256", chainCount: 2, defect: $1)
        }
        let place = folder.file("pki")
        let count = try TestBankPKI(
            in: place, for: keys, rsaKeyCount: 1, at: WallTime(seconds: Clock.wall()), days: 9
        ).write(threadCount: 2) { _, _ in }
        #expect(count.clients == 4 && count.customers == 1 && count.clientsWithRSA == 0)
        let customers = String(decoding: try Files.read("\(place)/customers.csv"), as: UTF8.self)
        #expect(customers.contains("customer0") && !customers.contains("customer1"))
        #expect(!customers.contains("customer2") && !customers.contains("customer3"))
        for name in ["credentials.jsonl", "customers.csv", "anchors.pem", "gateway.json5"] {
            #expect(Files.isPrivate("\(place)/\(name)"), "\(name)")
        }
    }
}
