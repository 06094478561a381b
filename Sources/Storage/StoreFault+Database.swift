import Identity

extension StoreFault {
    init(_ fault: DatabaseFault) {
        switch fault.kind {
        case .corrupt: self = .corrupt(fault.description)
        case .conflict: self = .conflict(fault.description)
        case .unavailable, .busy, .full, .foreign, .newerSchema, .exposed, .statement:
            self = .unavailable(fault.description)
        }
    }
}

extension Database {
    /// `read`, with what goes wrong in the words of `Identity`.
    func lookUp<Value: Sendable>(
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(StoreFault) -> Value {
        do throws(DatabaseFault) { return try read(body) } catch { throw StoreFault(error) }
    }

    /// `write`, with what goes wrong in the words of `Identity`.
    func change<Value: Sendable>(
        _ durability: Durability = .synced, isolation: Isolation = .serializable,
        _ body: (borrowing DatabaseConnection) throws(DatabaseFault) -> Value
    ) throws(StoreFault) -> Value {
        do throws(DatabaseFault) { return try write(durability, isolation: isolation, body) } catch {
            throw StoreFault(error)
        }
    }
}
