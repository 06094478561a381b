import Identity
import Storage
import TestFolders
import Testing
import Text

let now = WallTime(seconds: 1_800_000_000)

func id(_ text: String) throws -> CustomerID { try #require(CustomerID(text)) }

func customer(_ name: String, _ status: CustomerStatus = .active) throws -> Customer {
    Customer(
        id: try id(name), displayName: "試験", role: .general, method: .password, status: status,
        passwordHash: "$scrypt$")
}

func identityDatabase(in folder: TestFolder) throws -> Database {
    try storeDatabase(in: folder, [.identity])
}

/// What `body` was refused for; nil when it was not.
func refusal(_ body: () throws -> Void) throws -> StoreFault? {
    do {
        try body()
        return nil
    } catch let fault as StoreFault {
        return fault
    }
}

extension StoreFault? {
    var isConflict: Bool { if case .conflict = self { true } else { false } }
    var isCorrupt: Bool { if case .corrupt = self { true } else { false } }
    var isUnavailable: Bool { if case .unavailable = self { true } else { false } }
}
