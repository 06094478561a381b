/// The parameters of a query.
public struct QueryParameters: Sendable, Equatable {
    private let fields: FormFields

    /// - Parameter query: Without the `?`; nil is an empty query.
    public init(parsing query: String?) throws(HTTPFault) {
        fields = try FormFields.parse(Array((query ?? "").utf8))
    }

    public func single(_ name: String) -> String? { fields[name] }
    public var repeatedNames: Set<String> { fields.repeatedNames }
    public var pairs: [(name: String, value: String)] { fields.pairs }
}
