/// Log lines, access records and the audit log; both programs have them.
public struct LogSettings: Sendable, Hashable {
    public enum Format: String, Sendable, CaseIterable {
        case json, text
    }

    public var format: Format
    /// Whether there is a record for every request.
    public var access: Bool
    /// `nil`: the audit log goes where the others go.
    public var auditFile: String?

    public init(format: Format = .json, access: Bool = true, auditFile: String? = nil) {
        self.format = format
        self.access = access
        self.auditFile = auditFile
    }

    static let schema = Schema(
        LogSettings.init,
        Key(
            "format", .choice(Format.self), default: "json",
            "`json`: one object a line; `text`: for people. Records go to standard error."),
        Key("access", .boolean, default: true, "Whether every request gets a record."),
        Key(
            "auditFile", optional: .path,
            "File that audit records are added to; left out, they go to standard error with the others."))
}
