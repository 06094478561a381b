/// Whom load may be sent to: this machine, and what an allow-list names.
public struct TargetPermission: Sendable {
    private let allowed: Set<String>

    /// - Parameter list: A numeric address a line, with a port or for all ports; `#` begins a comment.
    public init(list: String = "") {
        allowed = Set(
            list.split(whereSeparator: \.isNewline).map { line in
                line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
            }.filter { !$0.isEmpty }.map { String($0) })
    }

    /// - Parameters:
    ///   - address: Numeric; IPv6 without brackets.
    public func permits(address: String, port: UInt16) -> Bool {
        if Self.isLoopback(address) { return true }
        let host = address.contains(":") ? "[\(address)]" : address
        return allowed.contains(host) || allowed.contains("\(host):\(port)")
    }

    public static func isLoopback(_ address: String) -> Bool {
        if address == "::1" { return true }
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
