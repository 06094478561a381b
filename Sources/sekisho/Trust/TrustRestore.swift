import Command
import Gateway
import Logs
import Reactor
import Settings
import Text

/// `sekisho trust restore …`: works on the store itself, for when no gateway starts because the epoch in
/// force is damaged there.
enum TrustRestore {
    static func run(_ options: Options, store: String) throws(CommandFault) {
        let isByFiles = options.has("--files")
        let asJSON = options.has("--json")
        let source = try options.value("--to").map { (text) throws(CommandFault) in
            guard let number = UInt64(text) else {
                throw CommandFault(usage: "--to takes a number, not \(text)")
            }
            return number
        }
        guard !(isByFiles && source != nil) else { throw CommandFault(usage: TrustCommand.usage) }
        let settings = try GatewaySettings.read(options.required("--config"))
        let database = try settings.database()
        let repair = try asking { () throws(GatewayFault) in
            try TrustRepair(store, settings, database: database)
        }
        guard isByFiles || source != nil else {
            let kept = try asking { () throws(GatewayFault) in try repair.kept() }
            return Console.print(asJSON ? Self.json(kept, of: store) : table(kept))
        }
        // Before: what can't be audited does not happen.
        let audit = try OperatorAudit(settings)
        try audit.record("trust.restoreAsked") { record in
            record.add("store", store)
            record.add("from", source.map { "epoch \($0)" } ?? "files")
        }
        let author = "\(OperatingUser.current.name ?? "-") (\(OperatingUser.current.id))"
        let outcome = try asking { () throws(GatewayFault) in
            try repair.restore(source, by: author, at: WallTime(seconds: Clock.wall()))
        }
        try audit.record("trust.restored") { record in
            record.add("store", store)
            record.add("epoch", Int(clamping: outcome.number))
            record.add("content", outcome.content)
            record.add("anchors", outcome.anchors.count)
        }
        if asJSON { return Console.print(json(outcome, of: store)) }
        let lines = [
            "epoch \(outcome.number) of \(store) is in force; content \(outcome.content)", "", "anchors",
        ]
        Console.print((lines + outcome.anchors.map { "  \($0)" }).joined(separator: "\n"))
        guard !outcome.findings.isEmpty else { return }
        Console.print((["", "to be looked at"] + outcome.findings.map { "  \($0)" }).joined(separator: "\n"))
    }

    private static func table(_ kept: [TrustRepair.Kept]) -> String {
        var table = TextTable(">epoch", "when", "is")
        for epoch in kept {
            table.add(
                "\(epoch.number)", epoch.recordedAt.rfc3339,
                epoch.isWhole ? "whole" : epoch.complaints.joined(separator: "; "))
        }
        return table.text
    }

    // MARK: For scripts

    private static func json(_ kept: [TrustRepair.Kept], of store: String) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("store", store)
        json.key("epochs")
        json.beginArray()
        for epoch in kept {
            json.beginObject()
            json.member("epoch", Int64(clamping: epoch.number))
            json.member("at", epoch.recordedAt.rfc3339)
            json.member("whole", epoch.isWhole)
            json.member("complaints", epoch.complaints)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.text
    }

    private static func json(_ outcome: TrustRepair.Outcome, of store: String) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("store", store)
        json.member("epoch", Int64(clamping: outcome.number))
        json.member("content", outcome.content)
        json.member("anchors", outcome.anchors)
        json.member("findings", outcome.findings)
        json.endObject()
        return json.text
    }

    private static func asking<Value>(_ body: () throws(GatewayFault) -> Value) throws(CommandFault) -> Value
    {
        do throws(GatewayFault) { return try body() } catch { throw CommandFault(error.description) }
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, _ values: [String]) {
        key(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }
}
