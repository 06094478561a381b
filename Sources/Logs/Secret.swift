/// Holds something that must not reach a log, an error or a debugger's print by accident: passwords, cookies,
/// keys.
///
/// Every way of turning it into text gives "‹secret›"; only `reveal()` hands the value out.
public struct Secret<Value>: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: Value

    public init(_ value: Value) {
        self.value = value
    }

    /// The value itself. Each call is a place to look at in review.
    public func reveal() -> Value {
        value
    }

    public var description: String { "‹secret›" }
    public var debugDescription: String { description }
    /// Without children, so that `dump` and test failures show nothing.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}

extension Secret: Sendable where Value: Sendable {}
