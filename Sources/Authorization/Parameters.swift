/// The parameters of a request to an OAuth endpoint, in the order they came.
///
/// A parameter without a value counts as left out, unknown ones are ignored, none may come twice (RFC 6749
/// §3.1).
public struct Parameters: Sendable {
    private let pairs: [(name: String, value: String)]

    public init(_ pairs: [(name: String, value: String)]) {
        self.pairs = pairs.filter { !$0.value.isEmpty }
    }

    /// The value, if the parameter is there exactly once.
    public subscript(name: String) -> String? {
        let values = pairs.filter { $0.name == name }
        return values.count == 1 ? values[0].value : nil
    }

    /// Whether the parameter came more than once.
    public func repeats(_ name: String) -> Bool {
        pairs.count { $0.name == name } > 1
    }

    /// Whether any parameter came more than once.
    public var hasRepetition: Bool {
        Set(pairs.map(\.name)).count < pairs.count
    }
}
