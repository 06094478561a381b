/// How a SQLite database is opened.
public struct SQLiteOptions: Sendable {
    /// Connections for reading beside the one for writing; at least 1.
    public var readerCount: Int
    /// How long to wait for another process's write lock, in milliseconds, before `.busy`.
    public var busyMilliseconds: Int

    public init(readerCount: Int = 4, busyMilliseconds: Int = 5_000) {
        self.readerCount = readerCount
        self.busyMilliseconds = busyMilliseconds
    }
}
