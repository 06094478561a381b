/// What a database driver could not do. Repositories turn it into the fault of the room whose protocol they
/// implement.
///
/// `detail` is for the log: it names files, tables and columns, never a value that was bound.
public struct DatabaseFault: Error, Sendable, Hashable, CustomStringConvertible {
    public let kind: Kind
    /// The driver's own code (SQLite: the extended result code; PostgreSQL: SQLSTATE); empty when the
    /// refusal is ours.
    public let code: String
    public let detail: String

    public init(_ kind: Kind, code: String = "", _ detail: String) {
        self.kind = kind
        self.code = code
        self.detail = detail
    }

    public enum Kind: String, Sendable, CaseIterable {
        /// The file or server cannot be reached, read or written.
        case unavailable
        /// Somebody else held the write lock for too long, or came in between again and again; worth
        /// another try.
        case busy
        /// No room is left on the disk.
        case full
        /// What is stored cannot be what we wrote: a damaged file, or a column of the wrong type.
        case corrupt
        /// A uniqueness, foreign key or check constraint said no.
        case conflict
        /// A sound database, but not one of ours.
        case foreign
        /// The schema was written by a newer program than this one.
        case newerSchema
        /// Other users of the machine may read or write the file.
        case exposed
        /// The statement itself is wrong for this schema: our mistake.
        case statement
    }

    public var description: String {
        code.isEmpty ? "\(kind.rawValue): \(detail)" : "\(kind.rawValue): \(detail) (code \(code))"
    }
}
