import CPostgres

/// The one owner of a libpq connection: opens in `init`, closes in `deinit`, does nothing else.
@safe
struct PostgresHandle: ~Copyable {
    let pointer: OpaquePointer

    /// Blocks until the server has answered, or for as long as `connect_timeout` in `parameters` says.
    init(_ parameters: String) throws(DatabaseFault) {
        guard let opened = unsafe PQconnectdb(parameters) else {
            throw DatabaseFault(.unavailable, "out of memory")
        }
        // What the server has to remark would go to standard error.
        unsafe PQsetNoticeReceiver(opened, { _, _ in }, nil)
        guard unsafe PQstatus(opened) == CONNECTION_OK, unsafe PQsetnonblocking(opened, 1) == 0 else {
            let fault = unsafe DatabaseFault(lostConnection: opened)
            unsafe PQfinish(opened)
            throw fault
        }
        unsafe pointer = opened
    }

    deinit {
        unsafe PQfinish(pointer)
    }
}
