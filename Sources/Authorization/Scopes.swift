/// A 業務 a partner can be allowed: the scope token is the raw value (RFC 6749 §3.3).
public enum Scope: String, Sendable, Hashable, CaseIterable {
    /// 残高照会
    case balance
    /// 入出金明細照会
    case movements
    /// 振込入金明細照会
    case transfers
}

/// A set of scopes; its text form is always in the same order.
public struct Scopes: Sendable, Hashable {
    private let members: Set<Scope>

    public init(_ members: some Sequence<Scope>) {
        self.members = Set(members)
    }

    /// Reads tokens parted by single spaces. Nil when empty or when a token is unknown.
    public init?(_ text: String) {
        let tokens = text.split(separator: " ", omittingEmptySubsequences: false).map {
            Scope(rawValue: String($0))
        }
        guard !tokens.contains(nil) else { return nil }
        members = Set(tokens.compactMap(\.self))
    }

    /// In the order of `Scope.allCases`.
    public var list: [Scope] { Scope.allCases.filter(members.contains) }
    /// The text form of RFC 6749 §3.3.
    public var text: String { list.map(\.rawValue).joined(separator: " ") }
    public var isEmpty: Bool { members.isEmpty }

    public func contains(_ scope: Scope) -> Bool { members.contains(scope) }
    public func intersection(_ other: Scopes) -> Scopes { Scopes(members.intersection(other.members)) }
    public func isSubset(of other: Scopes) -> Bool { members.isSubset(of: other.members) }
}
