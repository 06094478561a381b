/// What parsing a head came to.
public enum HeadResult<Head: Sendable>: Sendable {
    case incomplete
    /// `consumed` bytes of the input belonged to it.
    case head(Head, consumed: Int)
    case malformed(HTTPFault)
}
