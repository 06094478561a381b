import CSQLite

/// The row a SQLite statement stands on. Good until the statement's next step.
@safe
struct SQLiteRow {
    private let statement: OpaquePointer

    init(statement: OpaquePointer) {
        unsafe self.statement = statement
    }

    func isNull(_ column: Int) -> Bool {
        unsafe sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
    }

    func integer(_ column: Int) throws(DatabaseFault) -> Int64 {
        try expect(SQLITE_INTEGER, column)
        return unsafe sqlite3_column_int64(statement, Int32(column))
    }

    func text(_ column: Int) throws(DatabaseFault) -> String {
        try expect(SQLITE_TEXT, column)
        let start = unsafe sqlite3_column_text(statement, Int32(column))
        let length = Int(unsafe sqlite3_column_bytes(statement, Int32(column)))
        let buffer = unsafe UnsafeBufferPointer(start: start, count: length)
        guard let text = unsafe String(validating: buffer, as: UTF8.self) else {
            throw DatabaseFault(.corrupt, "column \(name(column)) is not UTF-8")
        }
        return text
    }

    func bytes(_ column: Int) throws(DatabaseFault) -> [UInt8] {
        try expect(SQLITE_BLOB, column)
        let start = unsafe sqlite3_column_blob(statement, Int32(column))
        let length = Int(unsafe sqlite3_column_bytes(statement, Int32(column)))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: length))
    }

    func name(_ column: Int) -> String {
        unsafe sqlite3_column_name(statement, Int32(column)).map { unsafe String(cString: $0) } ?? "\(column)"
    }

    private func expect(_ type: Int32, _ column: Int) throws(DatabaseFault) {
        let found = unsafe sqlite3_column_type(statement, Int32(column))
        guard found == type else {
            throw DatabaseFault(.corrupt, "column \(name(column)) has storage class \(found), not \(type)")
        }
    }
}
