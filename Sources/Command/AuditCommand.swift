import Audit
import Crypto
import Logs
import Reactor
public import Settings
import Text

/// `sekisho audit …` and `sekisho-consent audit …`: for auditors and the help desk.
public struct AuditCommand {
    private let options: Options
    private let logs: LogSettings?
    private let usage: String
    private let meaning: (_ record: String, _ reason: String) -> String?

    /// - Parameters:
    ///   - program: As usage texts name it.
    ///   - settings: Reads the logs of a configuration.
    ///   - meaning: What an event with a reason, or a page, means to the help desk.
    public static func run(
        _ arguments: ArraySlice<String>, program: String,
        settings: (_ path: String) throws(CommandFault) -> LogSettings,
        meaning: @escaping (_ event: String, _ reason: String) -> String?
    ) throws(CommandFault) {
        let usage = usage(program)
        let options = try Options(
            arguments.dropFirst(), named: ["--config", "--key", "--from", "--witness"], usage: usage)
        var logs: LogSettings?
        if let path = options.value("--config") { logs = try settings(path) }
        let command = AuditCommand(options: options, logs: logs, usage: usage, meaning: meaning)
        switch arguments.first {
        case "verify": try command.verify()
        case "show": try command.show()
        case "key": try command.key()
        default: throw CommandFault(usage: usage)
        }
    }

    // MARK: verify

    private func verify() throws(CommandFault) {
        let files = options.words.isEmpty ? auditFiles : options.words
        guard !files.isEmpty else { throw CommandFault(usage: usage) }
        var evidence = AuditVerification.Evidence()
        evidence.keys = try publicKeys()
        if let text = options.value("--from") {
            guard let first = UInt64(text), first > 0 else { throw CommandFault(usage: usage) }
            evidence.first = first
        }
        let verification: AuditVerification
        do throws(LogFault) {
            for path in Set(files.map(LogRotation.original)).sorted() {
                guard let head = AuditWitness.head(beside: path) else { continue }
                evidence.heads.append((head, true, ChainedOutput.headPath(of: path)))
            }
            for log in options.all("--witness") {
                evidence.heads += try AuditWitness.heads(inLog: log).map { ($0, false, log) }
            }
            verification = try AuditVerification(files, evidence)
        } catch {
            throw CommandFault("\(error)")
        }
        for finding in verification.findings {
            Console.print("\(finding.place): \(finding.weight == .note ? "note: " : "")\(finding.text)")
        }
        for chain in verification.summaries { Console.print(Self.line(chain)) }
        guard verification.isGood else { throw CommandFault("audit: not as it was written") }
        Console.print("audit: good")
    }

    private static func line(_ chain: AuditVerification.Summary) -> String {
        let vouched = chain.vouchedUpTo.map { ", signed up to record \($0)" } ?? ""
        return "chain \(chain.chain): \(chain.records) records, \(chain.first) to \(chain.last),"
            + " \(chain.checkpoints) checkpoints\(vouched)"
    }

    private func publicKeys() throws(CommandFault) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        // The configured key counts only where no other is given: it lies on the machine that is audited.
        let given = options.all("--key")
        for path in given.isEmpty ? [logs?.auditKeyFile].compactMap(\.self) : given {
            let pem: [UInt8]
            do throws(SystemFault) { pem = try Files.read(path) } catch { throw CommandFault("\(error)") }
            do throws(CryptoFault) { keys.append(try Ed25519Key.publicBytes(inPEM: pem)) } catch {
                throw CommandFault("\(path): \(error)")
            }
        }
        return keys
    }

    /// The audit file, and those put aside before it.
    private var auditFiles: [String] { logs?.auditFile.map(LogRotation.all) ?? [] }

    // MARK: show

    private func show() throws(CommandFault) {
        var words = options.words
        // `APL-1102` may come before it, as on the page.
        if let first = words.first, first.uppercased().hasPrefix("APL-") { words.removeFirst() }
        guard let text = words.first else { throw CommandFault(usage: usage) }
        guard let code = SupportCode(spoken: text) else {
            throw CommandFault("\(text) is no support code: ten letters and digits, as in 7K2QX-9F3DW")
        }
        let named = Array(words.dropFirst())
        let files = named.isEmpty ? auditFiles + (logs?.accessFile.map(LogRotation.all) ?? []) : named
        guard !files.isEmpty else {
            throw CommandFault(
                usage: "no files to look into: name them, or an auditFile in the configuration")
        }
        let search: SupportSearch
        do throws(LogFault) { search = try SupportSearch(code.text, in: files) } catch {
            throw CommandFault("\(error)")
        }
        guard !search.records.isEmpty else {
            throw CommandFault("\(code.text) is in none of \(files.joined(separator: ", "))")
        }
        for record in search.records { Console.print(Self.text(record, meaning)) }
    }

    private static func text(
        _ record: SupportSearch.Record, _ meaning: (String, String) -> String?
    ) -> String {
        let event = record["event"] ?? "-"
        var lines = ["\(japanTime(record["time"] ?? "-"))  \(event)  (\(record.file):\(record.line))"]
        if let text = meaning(event, record["reason"] ?? record["page"] ?? record["error"] ?? "") {
            lines.append("    → \(text)")
        }
        for (key, value) in record.members where !unshown.contains(key) {
            lines.append("    \(key): \(value.unicodeScalars.allSatisfy(\.isPrinted) ? value : "…")")
        }
        return lines.joined(separator: "\n")
    }

    private static func japanTime(_ text: String) -> String {
        guard let time = WallTime(rfc3339: text) else { return text }
        let clock = time.adding(seconds: 9 * 3600).rfc3339.dropLast()
        return "\(clock.prefix(10)) \(clock.suffix(8)) JST"
    }

    private static let unshown: Set = ["time", "kind", "level", "event", "chain", "seq", "prev"]

    // MARK: key

    private func key() throws(CommandFault) {
        guard let path = logs?.auditKeyFile else {
            throw CommandFault("the configuration names no logs.auditKeyFile")
        }
        let pem: [UInt8]
        do throws(SystemFault) { pem = try Files.read(path) } catch { throw CommandFault("\(error)") }
        guard let key = try? Ed25519Key(pem: pem) else {
            throw CommandFault("\(path): no unencrypted Ed25519 key in PEM")
        }
        Console.print(String(decoding: key.publicPEM().dropLast(), as: UTF8.self))
    }

    private static func usage(_ program: String) -> String {
        """
        usage: \(program) audit verify [FILE…] [--config FILE] [--key PUBLIC.pem]… [--witness LOG]… [--from N]
                   whether audit files hold every record as written; all files of a chain, in any order.
                   Without files, those of the configuration. --key: who signs checkpoints; --witness: the
                   program's ordinary log, which tells of checkpoints too; --from: older files are put away
               \(program) audit show CODE [FILE…] [--config FILE]
                   what led to the page with that support code (7K2QX-9F3DW), and the request's other records
               \(program) audit key --config FILE
                   the public half of the key that signs checkpoints
        """
    }
}

extension LogRotation {
    /// A log's file behind those put aside before it, the oldest first.
    static func all(_ path: String) -> [String] {
        LogRotation(path: path, bytesMax: 0, filesKept: nil).oldFiles() + (Files.exists(path) ? [path] : [])
    }
}

extension Unicode.Scalar {
    /// Does nothing to a terminal.
    fileprivate var isPrinted: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
