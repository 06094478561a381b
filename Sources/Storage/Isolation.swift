/// What a transaction takes of those that other nodes commit while it runs. One file's writers take turns,
/// and see nothing of each other either way.
public enum Isolation: Sendable {
    /// Nothing: as if no other ran. Where one crosses it, it is run again from its beginning.
    case serializable
    /// Each statement sees what is committed when it starts. For transactions of statements that are right on
    /// whatever they find: they need not begin anew whenever somebody changes a row nearby.
    case statementByStatement
}
