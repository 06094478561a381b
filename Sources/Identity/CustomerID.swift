/// A customer's ID (お客様ID, ログインID): 1 to 64 printable ASCII characters without space, case kept.
public struct CustomerID: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    public init?(_ text: String) {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            return nil
        }
        self.text = text
    }

    /// With a to z as A to Z: for issuers whose rule says that case does not matter.
    public var uppercased: CustomerID {
        CustomerID(uppercasing: text)
    }

    // Every character is ASCII, so nothing but a to z changes, and the result is an ID again.
    private init(uppercasing text: String) {
        self.text = text.uppercased()
    }

    public var description: String { text }
}
