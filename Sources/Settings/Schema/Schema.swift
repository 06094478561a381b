import Text

/// The one place that says what an object of the file may hold, and how a Swift value is made of it.
///
/// The keys stand in the order of `make`'s parameters, so the compiler holds the two together: a key
/// without a parameter, or one of another type, does not compile.
struct Schema<Value: Sendable>: Sendable {
    let shape: ObjectShape
    /// `nil` exactly when something was complained about.
    let decode: @Sendable (Cursor, inout Reading) -> Value?

    init<each Field: Sendable>(
        _ make: @escaping @Sendable (repeat each Field) -> Value, _ keys: repeat Key<each Field>,
        rules: [Rule] = []
    ) {
        var shapes: [KeyShape] = []
        for key in repeat each keys {
            shapes.append(key.shape)
        }
        let shape = ObjectShape(keys: shapes, rules: rules.map(\.sentence))
        self.shape = shape
        decode = { cursor, reading in
            guard cursor.node.members != nil else {
                reading.complain("expected an object, not \(cursor.shown)", at: cursor)
                return nil
            }
            reading.complainAboutUnknownKeys(in: cursor, known: shape.keys.map(\.name))
            reading.complainAboutRepeatedKeys(in: cursor)
            let fields = (repeat (each keys).take(from: cursor, &reading))
            for rule in rules {
                rule.check(cursor, &reading)
            }
            do throws(FieldMissing) {
                return make(repeat try present(each fields))
            } catch {
                return nil
            }
        }
    }
}

/// Something that must hold between the keys of an object.
///
/// It looks at the file, not at the decoded value, so that it speaks up even where other things are wrong.
struct Rule: Sendable {
    /// For the reference page.
    let sentence: String
    let check: @Sendable (_ object: Cursor, inout Reading) -> Void

    init(_ sentence: String, _ check: @escaping @Sendable (Cursor, inout Reading) -> Void) {
        self.sentence = sentence
        self.check = check
    }
}

extension Reading {
    mutating func complainAboutUnknownKeys(in object: Cursor, known: [String]) {
        for (member, value) in object.members where !known.contains(member.key) {
            let nearest = nearestName(to: member.key, among: known)
            let help = nearest.isEmpty ? "; expected \(known.joined(separator: ", "))" : nearest.hint
            complain("unknown key\(help)", position: member.keyPosition, path: value.path)
        }
    }

    mutating func complainAboutRepeatedKeys(in object: Cursor) {
        var first: [String: TextPosition] = [:]
        for (member, value) in object.members {
            if let place = first[member.key] {
                complain("repeated key; first at \(place)", position: member.keyPosition, path: value.path)
            }
            first[member.key] = first[member.key] ?? member.keyPosition
        }
    }
}

private struct FieldMissing: Error {}

private func present<Field>(_ field: Field?) throws(FieldMissing) -> Field {
    guard let field else { throw FieldMissing() }
    return field
}
