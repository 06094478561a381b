/// One step of a schema, applied once and in order. Never edited after it was released; a change is a new
/// number.
public struct Migration: Sendable {
    /// 1, 2, 3 … without gaps.
    public let number: Int
    /// What it does, in a few words; must stay the same for the number.
    public let name: String
    /// One or more statements in the driver's dialect, run inside the transaction that records the migration.
    public let script: String

    public init(_ number: Int, _ name: String, _ script: String) {
        self.number = number
        self.name = name
        self.script = script
    }
}

/// The tables of one part of the program. Several schemas may share a database.
public struct Schema: Sendable {
    public let name: String
    public let migrations: [Migration]

    public init(name: String, migrations: [Migration]) {
        precondition(
            migrations.enumerated().allSatisfy { $0.element.number == $0.offset + 1 },
            "migrations count 1, 2, 3 …")
        self.name = name
        self.migrations = migrations
    }
}
