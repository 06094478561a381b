import Text

extension Rule {
    /// One integer of an object is not above another. The defaults are those of the two keys.
    static func inOrder(_ low: String, _ high: String, defaults lowDefault: Int64, _ highDefault: Int64)
        -> Rule
    {
        Rule("`\(low)` is at most `\(high)`.") { object, reading in
            // A value of another type is complained about where it is decoded.
            guard let lowValue = object.integer(low, default: lowDefault),
                let highValue = object.integer(high, default: highDefault), lowValue > highValue,
                let place = object[low] ?? object[high]
            else { return }
            reading.complain("expected \(low) (\(lowValue)) to be at most \(high) (\(highValue))", at: place)
        }
    }
}

extension Cursor {
    fileprivate func integer(_ key: String, default standard: Int64) -> Int64? {
        guard let value = self[key] else { return standard }
        return value.node.integer
    }
}
