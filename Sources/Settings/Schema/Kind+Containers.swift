import Text

extension Kind {
    /// A list. With `isUnique` no two elements may say the same.
    static func list<Element: Hashable>(
        of element: Kind<Element>, count: ClosedRange<Int>, isUnique: Bool = false
    ) -> Kind where Value == [Element] {
        let shape = Shape.list(element.shape, count: count, isUnique: isUnique)
        return Kind(shape: shape) { cursor, reading in
            guard cursor.node.array != nil else {
                reading.complain("expected \(shape.phrase), not \(cursor.shown)", at: cursor)
                return nil
            }
            let cursors = cursor.elements
            var values: [Element] = []
            var places: [Element: Cursor] = [:]
            for cursor in cursors {
                guard let value = element.decode(cursor, &reading) else { continue }
                if isUnique, let first = places[value] {
                    reading.complain("\(cursor.shown) is already said at \(first.position)", at: cursor)
                }
                places[value] = places[value] ?? cursor
                values.append(value)
            }
            guard count.contains(cursors.count) else {
                reading.complain("expected \(shape.phrase), not \(cursors.count)", at: cursor)
                return nil
            }
            return values.count == cursors.count ? values : nil
        }
    }

    static func object(_ schema: Schema<Value>) -> Kind {
        Kind(shape: .object(schema.shape), decode: schema.decode)
    }

    /// Objects under names that the operator chooses.
    static func map<Element>(of schema: Schema<Element>) -> Kind where Value == [String: Element] {
        let shape = Shape.map(schema.shape)
        return Kind(shape: shape) { cursor, reading in
            guard cursor.node.members != nil else {
                reading.complain("expected \(shape.phrase), not \(cursor.shown)", at: cursor)
                return nil
            }
            reading.complainAboutRepeatedKeys(in: cursor)
            var values: [String: Element] = [:]
            for (member, value) in cursor.members {
                if !isName(member.key) {
                    let message = "expected \(StringShape.name.phrase) as key"
                    reading.complain(message, position: member.keyPosition, path: value.path)
                }
                let decoded = schema.decode(value, &reading)
                values[member.key] = values[member.key] ?? decoded
            }
            return values
        }
    }
}
