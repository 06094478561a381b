/// Log lines, access records and the audit log; both programs have them.
public struct LogSettings: Sendable, Hashable {
    public enum Format: String, Sendable, CaseIterable {
        case json, text
    }

    /// What happens when records cannot be written.
    public enum WhenFull: String, Sendable, CaseIterable {
        /// Nobody is let in or answered without a record: pages say so until there is room.
        case stop
        /// Traffic goes on; what finds no room is dropped, counted, and told of.
        case dropAndAlarm
    }

    public var format: Format
    /// Whether there is a record for every request.
    public var access: Bool
    /// `nil`: access records go where the others go.
    public var accessFile: String?
    /// `nil`: the audit log goes where the others go, and is not chained.
    public var auditFile: String?
    /// An Ed25519 key in PEM that signs checkpoints of the audit file; `nil`: there are none.
    public var auditKeyFile: String?
    /// Size that both files are put aside at; 0: never.
    public var rotateBytes: Int
    /// Old access files that are kept.
    public var accessFilesKept: Int
    public var whenFull: WhenFull

    public init(
        format: Format = .json, access: Bool = true, accessFile: String? = nil, auditFile: String? = nil,
        auditKeyFile: String? = nil, rotateBytes: Int = 256 << 20, accessFilesKept: Int = 30,
        whenFull: WhenFull = .stop
    ) {
        self.format = format
        self.access = access
        self.accessFile = accessFile
        self.auditFile = auditFile
        self.auditKeyFile = auditKeyFile
        self.rotateBytes = rotateBytes
        self.accessFilesKept = accessFilesKept
        self.whenFull = whenFull
    }

    static let schema = Schema(
        LogSettings.init,
        Key(
            "format", .choice(Format.self), default: "json",
            "`json`: one object a line; `text`: for people. Records go to standard error; the audit file is"
                + " always JSON."),
        Key("access", .boolean, default: true, "Whether every request gets a record."),
        Key(
            "accessFile", optional: .path,
            "File that the records of requests are added to; left out, they go to standard error with the"
                + " others."),
        Key(
            "auditFile", optional: .path,
            "File that audit records are added to, each chained to the one before; `PATH.head` beside it"
                + " keeps where the chain stands. Left out, they go to standard error with the others,"
                + " unchained."),
        Key(
            "auditKeyFile", optional: .path,
            "Ed25519 key in PEM, for its owner alone, that signs a checkpoint of the audit file at least"
                + " every 1000 records and every minute with new ones. Made when there is none. Keep the"
                + " public half, which `audit key` prints, where nobody can replace it."),
        Key(
            "rotateBytes", .integer(0...1_099_511_627_776, .bytes), default: 268_435_456,
            "Size at which the access and the audit file are renamed to `PATH.20270401T093000.000Z` and begun"
                + " anew; 0 for never. SIGUSR1 opens files anew that were moved away."),
        Key(
            "accessFilesKept", .integer(0...100_000), default: 30,
            "Access files put aside that are kept, the youngest. Audit files are never removed."),
        Key(
            "whenFull", .choice(WhenFull.self), default: "stop",
            "When records cannot be written, on a full disk for instance. `stop`: requests are answered with"
                + " a page that asks to come back later, and nobody is let in. `dropAndAlarm`: traffic"
                + " goes on, records are dropped and counted, and the log and the metrics say so."),
        rules: [
            Rule("`auditKeyFile` is for an `auditFile`.") { logs, reading in
                if let key = logs["auditKeyFile"], logs["auditFile"] == nil {
                    reading.complain("expected an auditFile for it to sign", at: key)
                }
            },
            Rule("`accessFile` and `auditFile` are two files.") { logs, reading in
                if let access = logs["accessFile"], let text = access.string,
                    text == logs["auditFile"]?.string
                {
                    reading.complain("expected another file than auditFile", at: access)
                }
            },
        ])
}
