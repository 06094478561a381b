import Logs

/// Commands of operators, in the audit log.
extension GatewayLogs {
    /// False when the record could not be taken.
    func adminAsked(_ caller: AdminCaller, _ command: String, _ path: String) -> Bool {
        decide(record("admin.asked", caller, command, path))
    }

    func adminAnswered(_ caller: AdminCaller, _ command: String, _ path: String, outcome: String) {
        var record = record("admin.answered", caller, command, path)
        record.add("outcome", outcome)
        audit.write(record)
    }

    func adminRefused(_ caller: AdminCaller, _ path: String, reason: String) {
        metrics.refused(.command, reason: reason)
        var record = record("admin.refused", caller, "-", path)
        record.add("reason", reason)
        audit.write(record)
    }

    private func record(
        _ event: String, _ caller: AdminCaller, _ command: String, _ path: String
    ) -> LogRecord {
        var record = LogRecord(.notice, event, kind: .audit)
        record.add("user", caller.name)
        record.add("uid", Int(caller.userID))
        record.add("command", command)
        record.add("path", path)
        return record
    }
}
