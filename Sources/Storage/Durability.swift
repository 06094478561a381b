/// What a committed transaction may lose when the machine loses power. A killed program loses nothing either
/// way.
public enum Durability: Sendable {
    /// On disk when the write returns.
    case synced
    /// On disk with the next synced transaction or checkpoint; the file stays sound without it.
    case relaxed
}
