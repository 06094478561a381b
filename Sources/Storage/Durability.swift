/// What a committed transaction may lose when the machine loses power, or a database server is killed. A
/// killed program of ours loses nothing either way.
public enum Durability: Sendable {
    /// On disk when the write returns.
    case synced
    /// On disk with the next synced transaction, within a second on a server, or at the next checkpoint; what
    /// is stored stays sound without it.
    case relaxed
}
