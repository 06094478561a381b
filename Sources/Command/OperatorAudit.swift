public import Logs
public import Settings

/// Records of what operators change, in the program's audit log.
public struct OperatorAudit {
    private let audit: LogSink
    private let user = OperatingUser.current

    /// - Throws: when the log can't be written, in which case nothing may be changed.
    public init(_ logs: LogSettings) throws(CommandFault) {
        audit = try logs.openAudit()
    }

    /// What was done, by whom.
    public func record(_ event: String, _ fill: (inout LogRecord) -> Void) throws(CommandFault) {
        var record = LogRecord(.notice, event, kind: .audit)
        record.add("os_uid", Int(user.id))
        if let name = user.name { record.add("os_user", name) }
        if let name = user.sudoUser { record.add("sudo_user", name) }
        fill(&record)
        guard audit.write(record), audit.flush() else {
            throw CommandFault("the audit log did not take the record “\(event)”")
        }
    }
}
