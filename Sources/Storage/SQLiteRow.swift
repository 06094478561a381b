import CSQLite

/// The row a statement stands on, lent to a closure for as long as the closure runs.
///
/// Columns count from 0. Reading a column as a type it does not hold is `.corrupt`: SQLite would convert
/// silently, and a status or an expiry must never be guessed.
@safe
public struct SQLiteRow: ~Copyable {
    private let statement: OpaquePointer

    init(statement: OpaquePointer) {
        unsafe self.statement = statement
    }

    public func isNull(_ column: Int) -> Bool {
        unsafe sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
    }

    public func integer(_ column: Int) throws(DatabaseFault) -> Int64 {
        try expect(SQLITE_INTEGER, column)
        return unsafe sqlite3_column_int64(statement, Int32(column))
    }

    /// An integer that fits `Int` and is not negative: a count or an ordinal.
    public func count(_ column: Int) throws(DatabaseFault) -> Int {
        let number = try integer(column)
        guard number >= 0, let count = Int(exactly: number) else {
            throw DatabaseFault(.corrupt, "column \(name(column)) holds \(number), not a count")
        }
        return count
    }

    /// What `SQLiteValue(UInt64)` stored.
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

    /// Text that is sound UTF-8.
    public func text(_ column: Int) throws(DatabaseFault) -> String {
        try expect(SQLITE_TEXT, column)
        let start = unsafe sqlite3_column_text(statement, Int32(column))
        let length = Int(unsafe sqlite3_column_bytes(statement, Int32(column)))
        let buffer = unsafe UnsafeBufferPointer(start: start, count: length)
        guard let text = unsafe String(validating: buffer, as: UTF8.self) else {
            throw DatabaseFault(.corrupt, "column \(name(column)) is not UTF-8")
        }
        return text
    }

    public func bytes(_ column: Int) throws(DatabaseFault) -> [UInt8] {
        try expect(SQLITE_BLOB, column)
        let start = unsafe sqlite3_column_blob(statement, Int32(column))
        let length = Int(unsafe sqlite3_column_bytes(statement, Int32(column)))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: length))
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

    private func expect(_ type: Int32, _ column: Int) throws(DatabaseFault) {
        let found = unsafe sqlite3_column_type(statement, Int32(column))
        guard found == type else {
            throw DatabaseFault(.corrupt, "column \(name(column)) has storage class \(found), not \(type)")
        }
    }

    private func name(_ column: Int) -> String {
        unsafe sqlite3_column_name(statement, Int32(column)).map { unsafe String(cString: $0) } ?? "\(column)"
    }
}
