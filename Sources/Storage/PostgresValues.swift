import CPostgres

/// The values of one execution in the form that libpq takes: binary, one behind the other.
struct PostgresValues {
    private(set) var types: [PostgresType] = []
    private var bytes: [UInt8] = []
    /// Where each begins in `bytes`; nil for NULL.
    private var starts: [Int?] = []
    private var lengths: [Int32] = []

    var count: Int { types.count }

    init(_ values: [DatabaseValue]) throws(DatabaseFault) {
        for value in values { try append(value) }
        // An empty value at the end has an address too.
        bytes.append(0)
    }

    /// Lends addresses, lengths and formats.
    func withPointers<Result>(
        _ body: (
            _ values: UnsafePointer<UnsafePointer<CChar>?>, _ lengths: UnsafePointer<Int32>,
            _ formats: UnsafePointer<Int32>
        ) -> Result
    ) -> Result {
        // One more than there are, so that no list is empty and every list has an address.
        let formats = [Int32](repeating: 1, count: starts.count + 1)
        return unsafe bytes.withUnsafeBytes { buffer in
            let base = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = unsafe (starts + [nil]).map { start -> UnsafePointer<CChar>? in
                guard let start, let base = unsafe base else { return nil }
                return unsafe base + start
            }
            return unsafe body(values, lengths + [0], formats)
        }
    }

    private mutating func append(_ value: DatabaseValue) throws(DatabaseFault) {
        let start = bytes.count
        let type: PostgresType
        switch value {
        case .null:
            type = .unspecified
        case .integer(let number):
            type = .int8
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> Int64(shift)))
            }
        case .text(let text):
            type = .text
            guard !text.utf8.contains(0) else {
                throw DatabaseFault(.statement, "text with NUL in it")
            }
            bytes += text.utf8
        case .bytes(let value):
            type = .bytea
            bytes += value
        }
        types.append(type)
        starts.append(value == .null ? nil : start)
        lengths.append(Int32(clamping: bytes.count - start))
    }
}
