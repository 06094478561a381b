/// A customer's ID (お客様ID, ログインID): 1 to 64 printable ASCII characters without space, case kept.
public struct CustomerID: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    public init?(_ text: String) {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            return nil
        }
        self.text = text
    }

    public var description: String { text }
}
