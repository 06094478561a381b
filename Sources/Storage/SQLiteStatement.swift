import CSQLite

/// A prepared statement with one owner: the connection's cache, or the call that prepared it.
///
/// Between `start` and `finish` it is in use, and nobody else may start it.
@safe
final class SQLiteStatement {
    let sql: String
    private let pointer: OpaquePointer
    private let database: OpaquePointer
    private(set) var isInUse = false

    init(_ sql: String, on handle: borrowing SQLiteHandle) throws(DatabaseFault) {
        var sql = sql
        let database = unsafe handle.pointer
        var prepared: OpaquePointer?
        var hasTail = false
        let code = sql.withUTF8 { text -> Int32 in
            unsafe text.withMemoryRebound(to: CChar.self) { characters in
                var tail: UnsafePointer<CChar>?
                let code = unsafe sqlite3_prepare_v3(
                    database, characters.baseAddress, Int32(characters.count),
                    UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, &tail)
                if let tail = unsafe tail, let start = characters.baseAddress {
                    hasTail = unsafe start + characters.count != tail
                }
                return code
            }
        }
        guard code == SQLITE_OK else {
            throw unsafe DatabaseFault(sqlite: database, code: code, "prepare")
        }
        guard let statement = unsafe prepared else {
            throw DatabaseFault(.statement, "an empty statement")
        }
        guard !hasTail else {
            unsafe sqlite3_finalize(statement)
            throw DatabaseFault(.statement, "more than one statement in \(sql)")
        }
        self.sql = sql
        unsafe pointer = statement
        unsafe self.database = database
    }

    deinit {
        unsafe sqlite3_finalize(pointer)
    }

    /// Takes the statement and binds `values` to ?1, ?2, … in order; there must be exactly as many as
    /// parameters.
    func start(_ values: [DatabaseValue]) throws(DatabaseFault) {
        precondition(!isInUse, "a statement is started once at a time")
        let parameterCount = Int(unsafe sqlite3_bind_parameter_count(pointer))
        guard values.count == parameterCount else {
            throw DatabaseFault(
                .statement, "\(values.count) values for \(parameterCount) parameters in \(sql)")
        }
        // Text ends there for many a reader; PostgreSQL keeps none.
        for case .text(let text) in values where text.utf8.contains(0) {
            throw DatabaseFault(.statement, "text with NUL in it for \(sql)")
        }
        isInUse = true
        for (offset, value) in values.enumerated() {
            let code = bind(value, at: Int32(offset + 1))
            guard code == SQLITE_OK else {
                let fault = fault(code)
                finish()
                throw fault
            }
        }
    }

    /// True when a row is ready, false when there is no more.
    func step() throws(DatabaseFault) -> Bool {
        let code = unsafe sqlite3_step(pointer)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw fault(code)
        }
    }

    /// Gives the statement back; forgets what was bound, so that no secret lingers in it.
    func finish() {
        unsafe sqlite3_reset(pointer)
        unsafe sqlite3_clear_bindings(pointer)
        isInUse = false
    }

    var row: SQLiteRow { unsafe SQLiteRow(statement: pointer) }

    private func bind(_ value: DatabaseValue, at index: Int32) -> Int32 {
        switch value {
        case .null:
            return unsafe sqlite3_bind_null(pointer, index)
        case .integer(let number):
            return unsafe sqlite3_bind_int64(pointer, index, number)
        case .text(var text):
            return text.withUTF8 { utf8 in
                unsafe utf8.withMemoryRebound(to: CChar.self) { characters in
                    // An empty buffer may have no address, and SQLite would take that for NULL.
                    guard let address = characters.baseAddress else {
                        return unsafe sqlite3_bind_text(pointer, index, "", 0, sekisho_SQLITE_TRANSIENT())
                    }
                    return unsafe sqlite3_bind_text64(
                        pointer, index, address, UInt64(characters.count), sekisho_SQLITE_TRANSIENT(),
                        UInt8(SQLITE_UTF8))
                }
            }
        case .bytes(let bytes):
            return unsafe bytes.withUnsafeBytes { buffer in
                guard buffer.count > 0 else { return unsafe sqlite3_bind_zeroblob(pointer, index, 0) }
                return unsafe sqlite3_bind_blob64(
                    pointer, index, buffer.baseAddress, UInt64(buffer.count), sekisho_SQLITE_TRANSIENT())
            }
        }
    }

    private func fault(_ code: Int32) -> DatabaseFault {
        unsafe DatabaseFault(sqlite: database, code: code, sql)
    }
}
