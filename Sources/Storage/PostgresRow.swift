import CPostgres

/// A row of a result that came in binary form. Good for as long as the result is there.
@safe
struct PostgresRow {
    private let result: OpaquePointer
    private let number: Int32

    init(result: OpaquePointer, number: Int32) {
        unsafe self.result = result
        self.number = number
    }

    func isNull(_ column: Int) -> Bool {
        unsafe PQgetisnull(result, number, Int32(column)) == 1
    }

    /// Of any width, big-endian; a truth value is 0 or 1, as SQLite has it.
    func integer(_ column: Int) throws(DatabaseFault) -> Int64 {
        let type = try expect([.int8, .int4, .int2, .bool], column)
        let bytes = unsafe value(column)
        guard let first = unsafe bytes.first else { throw mismatch(column, type) }
        if type == .bool { return Int64(first) }
        return unsafe bytes.dropFirst().reduce(Int64(Int8(bitPattern: first))) { $0 << 8 | Int64($1) }
    }

    func text(_ column: Int) throws(DatabaseFault) -> String {
        try expect([.text, .varchar, .name], column)
        guard let text = unsafe String(validating: value(column), as: UTF8.self) else {
            throw DatabaseFault(.corrupt, "column \(name(column)) is not UTF-8")
        }
        return text
    }

    func bytes(_ column: Int) throws(DatabaseFault) -> [UInt8] {
        try expect([.bytea], column)
        return unsafe [UInt8](value(column))
    }

    func name(_ column: Int) -> String {
        unsafe PQfname(result, Int32(column)).map { unsafe String(cString: $0) } ?? "\(column)"
    }

    private func value(_ column: Int) -> UnsafeBufferPointer<UInt8> {
        let start = unsafe PQgetvalue(result, number, Int32(column))
        let count = Int(unsafe PQgetlength(result, number, Int32(column)))
        return unsafe UnsafeBufferPointer(
            start: UnsafeRawPointer(start)?.assumingMemoryBound(to: UInt8.self), count: count)
    }

    @discardableResult
    private func expect(_ types: [PostgresType], _ column: Int) throws(DatabaseFault) -> PostgresType {
        let type = PostgresType(oid: unsafe PQftype(result, Int32(column)))
        guard types.contains(type), !isNull(column) else { throw mismatch(column, type) }
        return type
    }

    private func mismatch(_ column: Int, _ type: PostgresType) -> DatabaseFault {
        let found = isNull(column) ? "is NULL" : "has type \(type.oid)"
        return DatabaseFault(.corrupt, "column \(name(column)) \(found), which was not expected")
    }
}

/// A type of values, by its number in every server's pg_type.
struct PostgresType: Hashable {
    let oid: UInt32

    static let bool = PostgresType(oid: 16)
    static let bytea = PostgresType(oid: 17)
    static let name = PostgresType(oid: 19)
    static let int8 = PostgresType(oid: 20)
    static let int2 = PostgresType(oid: 21)
    static let int4 = PostgresType(oid: 23)
    static let text = PostgresType(oid: 25)
    static let varchar = PostgresType(oid: 1043)
    /// The server chooses what fits the place.
    static let unspecified = PostgresType(oid: 0)
}
