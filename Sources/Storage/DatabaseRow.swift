/// A row of a result, lent to a closure for as long as the closure runs.
///
/// Columns count from 0. Reading a column as a type it does not hold is `.corrupt`: nothing is converted
/// silently, for a status or an expiry must never be guessed.
public struct DatabaseRow: ~Copyable {
    private let driver: Driver

    enum Driver {
        case sqlite(SQLiteRow)
        case postgres(PostgresRow)
    }

    init(_ driver: Driver) {
        self.driver = driver
    }

    public func isNull(_ column: Int) -> Bool {
        switch driver {
        case .sqlite(let row): row.isNull(column)
        case .postgres(let row): row.isNull(column)
        }
    }

    public func integer(_ column: Int) throws(DatabaseFault) -> Int64 {
        switch driver {
        case .sqlite(let row): try row.integer(column)
        case .postgres(let row): try row.integer(column)
        }
    }

    /// Text that is sound UTF-8.
    public func text(_ column: Int) throws(DatabaseFault) -> String {
        switch driver {
        case .sqlite(let row): try row.text(column)
        case .postgres(let row): try row.text(column)
        }
    }

    public func bytes(_ column: Int) throws(DatabaseFault) -> [UInt8] {
        switch driver {
        case .sqlite(let row): try row.bytes(column)
        case .postgres(let row): try row.bytes(column)
        }
    }

    /// An integer that fits `Int` and is not negative: a count or an ordinal.
    public func count(_ column: Int) throws(DatabaseFault) -> Int {
        let number = try integer(column)
        guard number >= 0, let count = Int(exactly: number) else {
            throw DatabaseFault(.corrupt, "column \(name(column)) holds \(number), not a count")
        }
        return count
    }

    /// What `DatabaseValue(UInt64)` stored.
    public func unsigned(_ column: Int) throws(DatabaseFault) -> UInt64 {
        UInt64(bitPattern: try integer(column))
    }

    /// 0 or 1.
    public func bool(_ column: Int) throws(DatabaseFault) -> Bool {
        switch try integer(column) {
        case 0: return false
        case 1: return true
        default: throw DatabaseFault(.corrupt, "column \(name(column)) is neither 0 nor 1")
        }
    }

    public func integerIfPresent(_ column: Int) throws(DatabaseFault) -> Int64? {
        isNull(column) ? nil : try integer(column)
    }

    public func unsignedIfPresent(_ column: Int) throws(DatabaseFault) -> UInt64? {
        isNull(column) ? nil : try unsigned(column)
    }

    public func textIfPresent(_ column: Int) throws(DatabaseFault) -> String? {
        isNull(column) ? nil : try text(column)
    }

    public func bytesIfPresent(_ column: Int) throws(DatabaseFault) -> [UInt8]? {
        isNull(column) ? nil : try bytes(column)
    }

    /// A string-backed enumeration's case; an unknown one is `.corrupt`.
    public func choice<Choice: RawRepresentable<String>>(
        _ column: Int, of type: Choice.Type = Choice.self
    ) throws(DatabaseFault) -> Choice {
        let text = try text(column)
        guard let choice = Choice(rawValue: text) else {
            throw DatabaseFault(.corrupt, "column \(name(column)) holds no \(type)")
        }
        return choice
    }

    public func choiceIfPresent<Choice: RawRepresentable<String>>(
        _ column: Int, of type: Choice.Type = Choice.self
    ) throws(DatabaseFault) -> Choice? {
        try textIfPresent(column) == nil ? nil : try choice(column, of: type)
    }

    private func name(_ column: Int) -> String {
        switch driver {
        case .sqlite(let row): row.name(column)
        case .postgres(let row): row.name(column)
        }
    }
}
