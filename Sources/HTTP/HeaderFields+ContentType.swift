extension HeaderFields {
    /// Whether there is exactly one `Content-Type` and it names this type, whatever its parameters (RFC 9110
    /// §8.3). A browser lets any site post a form as `text/plain`; who wants a form must ask.
    ///
    /// - Parameter type: In lower case: `application/x-www-form-urlencoded`.
    public func hasContentType(_ type: String) -> Bool {
        let values = values(of: "Content-Type")
        guard values.count == 1 else { return false }
        let bytes = Array(values[0].utf8)
        let end = bytes.firstIndex(of: UInt8(ascii: ";")) ?? bytes.count
        let essence = bytes.span.trimmed(0..<end)
        return bytes[essence].lazy.map(\.lowercased).elementsEqual(type.utf8)
    }
}
