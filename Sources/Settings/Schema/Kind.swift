import Text

/// What a value may be: its shape for readers, and the decoder that holds it to that shape.
struct Kind<Value: Sendable>: Sendable {
    let shape: Shape
    /// `nil` exactly when something was complained about.
    let decode: @Sendable (Cursor, inout Reading) -> Value?

    init(shape: Shape, decode: @escaping @Sendable (Cursor, inout Reading) -> Value?) {
        self.shape = shape
        self.decode = decode
    }

    /// A kind whose values are strings that `parse` turns into something better, or says what it expected.
    init(string shape: StringShape, parse: @escaping @Sendable (String) throws(Expectation) -> Value) {
        self.init(resolving: shape) { text, _ throws(Expectation) in try parse(text) }
    }

    /// Likewise, for values that depend on where the file lies.
    init(
        resolving shape: StringShape,
        parse: @escaping @Sendable (String, borrowing Reading) throws(Expectation) -> Value
    ) {
        self.init(shape: .string(shape)) { cursor, reading in
            guard let text = cursor.string else {
                reading.complain("expected \(shape.phrase), not \(cursor.shown)", at: cursor)
                return nil
            }
            do throws(Expectation) {
                return try parse(text, reading)
            } catch {
                reading.complain(
                    "expected \(error.phrase), not \(cursor.shown)\(error.nearest.hint)", at: cursor)
                return nil
            }
        }
    }
}

/// Why a string is not what it should be: what should stand there instead.
struct Expectation: Error {
    let phrase: String
    /// What was probably meant, or "".
    let nearest: String

    init(_ phrase: String, nearest: String = "") {
        self.phrase = phrase
        self.nearest = nearest
    }
}

extension Kind where Value == Bool {
    static var boolean: Kind {
        Kind(shape: .boolean) { cursor, reading in
            guard let value = cursor.node.bool else {
                reading.complain("expected true or false, not \(cursor.shown)", at: cursor)
                return nil
            }
            return value
        }
    }
}

extension Kind where Value == Int {
    static func integer(_ range: ClosedRange<Int>, _ unit: Unit = .plain) -> Kind {
        let shape = Shape.integer(range, unit)
        return Kind(shape: shape) { cursor, reading in
            guard let integer = cursor.node.integer, let value = Int(exactly: integer), range.contains(value)
            else {
                reading.complain("expected \(shape.phrase), not \(cursor.shown)", at: cursor)
                return nil
            }
            return value
        }
    }
}

extension Kind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the names of an enumeration.
    static func choice(_: Value.Type) -> Kind {
        let names = Value.allCases.map(\.rawValue)
        let shape = Shape.choice(names)
        return Kind(shape: shape) { cursor, reading in
            guard let value = cursor.string.flatMap({ Value(rawValue: $0) }) else {
                let hint = cursor.string.map { nearestName(to: $0, among: names).hint } ?? ""
                reading.complain("expected \(shape.phrase), not \(cursor.shown)\(hint)", at: cursor)
                return nil
            }
            return value
        }
    }
}
