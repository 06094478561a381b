import CSQLite

/// The one owner of an open `sqlite3 *`: opens in `init`, closes in `deinit`, does nothing else.
///
/// Opened without SQLite's own mutexes, because a connection is only ever used under ours. Statements that
/// outlive the handle keep SQLite's object alive until they are finalised (`sqlite3_close_v2`).
@safe
struct SQLiteHandle: ~Copyable {
    let pointer: OpaquePointer

    init(path: String) throws(DatabaseFault) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        guard let handle = unsafe opened else {
            throw DatabaseFault(.unavailable, code: "\(code)", "\(path): out of memory")
        }
        guard code == SQLITE_OK else {
            let fault = unsafe DatabaseFault(sqlite: handle, code: code, path)
            unsafe sqlite3_close_v2(handle)
            throw fault
        }
        unsafe pointer = handle
    }

    deinit {
        unsafe sqlite3_close_v2(pointer)
    }
}

extension DatabaseFault {
    /// What the last call on `handle`, which returned `code`, means.
    init(sqlite handle: OpaquePointer, code: Int32, _ subject: String) {
        let message = unsafe sqlite3_errmsg(handle).map { unsafe String(cString: $0) } ?? "unknown error"
        self.init(Kind(sqliteCode: code), code: "\(code)", "\(subject): \(message)")
    }
}

extension DatabaseFault.Kind {
    /// By primary result code: the low byte of an extended one.
    init(sqliteCode code: Int32) {
        switch code & 0xff {
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
        case SQLITE_FULL: self = .full
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT: self = .corrupt
        case SQLITE_CONSTRAINT: self = .conflict
        case SQLITE_ERROR, SQLITE_MISUSE, SQLITE_RANGE, SQLITE_MISMATCH, SQLITE_SCHEMA, SQLITE_TOOBIG:
            self = .statement
        default: self = .unavailable
        }
    }
}
