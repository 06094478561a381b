import CPostgres

/// The one owner of a result.
@safe
final class PostgresResult {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe PQclear(pointer)
    }

    var rowCount: Int { Int(unsafe PQntuples(pointer)) }

    func row(_ number: Int) -> PostgresRow { unsafe PostgresRow(result: pointer, number: Int32(number)) }

    /// How many rows were inserted, changed or deleted. Rows that were only found do not count.
    var changedCount: Int {
        let command = unsafe PQcmdStatus(pointer).map { unsafe String(cString: $0) }
        guard command?.hasPrefix("SELECT") == false else { return 0 }
        return unsafe PQcmdTuples(pointer).flatMap { unsafe Int(String(cString: $0)) } ?? 0
    }

    /// Of a statement's description.
    var parameterTypes: [PostgresType] {
        (0..<(unsafe PQnparams(pointer))).map { PostgresType(oid: unsafe PQparamtype(pointer, $0)) }
    }

    /// Nil when the statement did what it was asked for.
    var fault: DatabaseFault? {
        switch unsafe PQresultStatus(pointer) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: nil
        default: unsafe DatabaseFault(result: pointer)
        }
    }
}
