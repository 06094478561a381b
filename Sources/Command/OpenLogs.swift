import Audit
import Crypto
public import Logs
import Reactor
public import Settings

/// The logs of a program as its configuration has them.
public struct OpenLogs: Sendable {
    /// Standard error.
    public let log: LogSink
    /// The same unless a file is named.
    public let access: LogSink
    /// The same unless a file is named, and then chained.
    public let audit: LogSink

    /// Opens files anew that were moved away (SIGUSR1). One that can't be goes on as it is, and the log says
    /// so.
    public func reopen() {
        for sink in [access, audit] {
            do throws(LogFault) { try sink.reopen() } catch {
                var record = LogRecord(.error, "log.notReopened")
                record.add("reason", error.description)
                log.write(record)
            }
        }
    }

    /// Waits until all is written, before the program ends.
    public func flush() {
        for sink in [audit, access, log] { _ = sink.flush() }
    }
}

extension LogSettings {
    /// Where an operator's command leaves its audit records: the audit file, or else standard error.
    public func openAudit() throws(CommandFault) -> LogSink {
        let key = try auditKeyFile.map(CheckpointKey.load)
        do throws(LogFault) {
            return try chained(key, witness: nil)
                ?? LogSink(descriptor: 2, format: format == .json ? .json : .text)
        } catch {
            throw CommandFault("\(error)")
        }
    }

    /// Whether checkpoints could be signed: the key is private and one that signs, or the start can make it.
    /// Changes nothing.
    public func checkAuditKey() throws(CommandFault) {
        guard let auditKeyFile else { return }
        guard Files.exists(auditKeyFile) else {
            let folder = Files.folder(of: auditKeyFile)
            guard Files.isFolder(folder) else {
                throw CommandFault("logs.auditKeyFile: \(auditKeyFile): there is no folder \(folder)")
            }
            return
        }
        _ = try CheckpointKey.load(auditKeyFile)
    }

    /// Opens what the configuration names, and makes the key of checkpoints when it is missing.
    public func open() throws(CommandFault) -> OpenLogs {
        let format: LogFormat = self.format == .json ? .json : .text
        let log = LogSink(descriptor: 2, format: format)
        let key = try auditKeyFile.map(CheckpointKey.load)
        do throws(LogFault) {
            var access = log
            if let accessFile {
                access = try LogSink(
                    file: accessFile, rotation: rotation(of: accessFile, kept: accessFilesKept),
                    onTrouble: Self.alarm(log, accessFile))
            }
            return OpenLogs(log: log, access: access, audit: try chained(key, witness: log) ?? log)
        } catch {
            throw CommandFault("\(error)")
        }
    }

    /// - Parameter witness: Told of each checkpoint, since it can't be altered along with the audit file.
    private func chained(_ key: CheckpointKey?, witness: LogSink?) throws(LogFault) -> LogSink? {
        guard let auditFile else { return nil }
        let output = try ChainedOutput(
            path: auditFile, rotation: rotation(of: auditFile, kept: nil), key: key
        ) { head in
            var record = LogRecord(.info, AuditWitness.event)
            record.add("chain", head.chain)
            record.add("seq", Int(clamping: head.sequence))
            record.add("hash", head.hash)
            witness?.write(record, waits: false)
        }
        return try LogSink(
            output, path: auditFile, onTrouble: witness.map { Self.alarm($0, auditFile) })
    }

    private func rotation(of path: String, kept: Int?) -> LogRotation? {
        rotateBytes == 0 ? nil : LogRotation(path: path, bytesMax: rotateBytes, filesKept: kept)
    }

    private static func alarm(_ log: LogSink, _ path: String) -> LogTroubleHandler {
        { fault in
            var record = LogRecord(fault == nil ? .notice : .error, fault == nil ? "log.works" : "log.fails")
            record.add("file", path)
            if let fault { record.add("reason", fault.description) }
            log.write(record, waits: false)
        }
    }
}

extension CheckpointKey {
    /// Reads a key that nobody but its owner may read; makes it when there is none.
    static func load(_ path: String) throws(CommandFault) -> CheckpointKey {
        let pem: [UInt8]
        do throws(SystemFault) {
            if !Files.exists(path), let key = try? Ed25519Key() {
                try Files.replace(path, with: key.pem(), isPrivate: true)
            }
            pem = try Files.read(path)
        } catch {
            throw CommandFault("logs.auditKeyFile: \(error)")
        }
        guard Files.isPrivate(path) else {
            throw CommandFault(
                "logs.auditKeyFile: \(path) must belong to root or this account, and nobody else may read it"
            )
        }
        do throws(CryptoFault) {
            return CheckpointKey(try Ed25519Key(pem: pem))
        } catch {
            throw CommandFault("logs.auditKeyFile: \(path): \(error)")
        }
    }
}
