/// A key of an object: its name, what its value may be, whether it must be there, and its sentence in the
/// reference.
struct Key<Value: Sendable>: Sendable {
    let shape: KeyShape
    private let kind: Kind<Value>
    private let ifAbsent: @Sendable (_ object: Cursor, inout Reading) -> Value?

    /// A key that must be there.
    init(_ name: String, _ kind: Kind<Value>, _ documentation: String) {
        shape = KeyShape(name: name, shape: kind.shape, presence: .required, documentation: documentation)
        self.kind = kind
        ifAbsent = { object, reading in
            reading.complain(missing: name, in: object, "expected \(kind.shape.phrase)")
            return nil
        }
    }

    /// A key that, left out, is read as if it said `standard`.
    init(_ name: String, _ kind: Kind<Value>, default standard: Literal, _ documentation: String) {
        shape = KeyShape(
            name: name, shape: kind.shape, presence: .defaulted(standard), documentation: documentation)
        self.kind = kind
        ifAbsent = { object, reading in
            let node = standard.node(at: object.position)
            return kind.decode(Cursor(node: node, path: object.path(of: name)), &reading)
        }
    }

    /// A key that may be left out; its documentation says what that means.
    init<Present>(
        _ name: String, optional kind: Kind<Present>, _ documentation: String
    ) where Value == Present? {
        shape = KeyShape(name: name, shape: kind.shape, presence: .optional, documentation: documentation)
        self.kind = Kind(shape: kind.shape) { cursor, reading in
            kind.decode(cursor, &reading).map { .some($0) }
        }
        ifAbsent = { _, _ in .some(nil) }
    }

    /// The value of this key in `object`; `nil` after a complaint.
    func take(from object: Cursor, _ reading: inout Reading) -> Value? {
        guard let value = object[shape.name] else { return ifAbsent(object, &reading) }
        return kind.decode(value, &reading)
    }
}
