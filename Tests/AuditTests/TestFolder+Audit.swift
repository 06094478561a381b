import Crypto
import Glibc
import Logs
import TestFolders
import Testing

@testable import Audit

extension TestFolder {
    var log: String { file("audit.log") }

    /// The audit files, the oldest first.
    var auditFiles: [String] {
        names.filter { $0.hasPrefix("audit.log.2") }.map(file) + [log]
    }

    func lines(_ path: String) throws -> [[UInt8]] {
        var reader = try LineReader(path)
        var lines: [[UInt8]] = []
        while let line = try reader.line() { lines.append(line.bytes) }
        return lines
    }

    func write(_ lines: [[UInt8]], to path: String, ending: String = "\n") {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
        bytes += ending.utf8
        unsafe _ = Glibc.write(file, bytes, bytes.count)
        close(file)
    }

    /// Opens the log, writes records, and closes it.
    @discardableResult
    func record(
        _ events: [String], key: CheckpointKey? = nil, rotation: Int? = nil,
        onCheckpoint: (@Sendable (ChainHead) -> Void)? = nil
    ) throws -> Bool {
        let sink = try sink(key: key, rotation: rotation, onCheckpoint: onCheckpoint)
        for event in events {
            sink.write(Self.record(event))
            // A batch is never divided.
            if rotation != nil { sink.flush() }
        }
        return sink.flush()
    }

    func sink(
        key: CheckpointKey? = nil, rotation: Int? = nil,
        onCheckpoint: (@Sendable (ChainHead) -> Void)? = nil
    ) throws -> LogSink {
        try LogSink(
            ChainedOutput(
                path: log, rotation: rotation.map { LogRotation(path: log, bytesMax: $0, filesKept: nil) },
                key: key, onCheckpoint: onCheckpoint), path: log)
    }

    static func record(_ event: String) -> LogRecord {
        var record = LogRecord(.notice, event, kind: .audit)
        record.add("reason", "a\"b\n,\"chain\":\"")
        return record
    }

    /// Faults, without their places.
    func faults(
        _ files: [String]? = nil, keys: [Ed25519Key] = [], heads: [ChainHead] = [], from first: UInt64 = 1,
        withHead: Bool = true
    ) throws -> [String] {
        try verification(files, keys: keys, heads: heads, from: first, withHead: withHead).findings
            .filter { $0.weight == .fault }.map(\.text)
    }

    func verification(
        _ files: [String]? = nil, keys: [Ed25519Key] = [], heads: [ChainHead] = [], from first: UInt64 = 1,
        withHead: Bool = true
    ) throws -> AuditVerification {
        var evidence = AuditVerification.Evidence()
        evidence.keys = keys.map(\.publicBytes)
        evidence.first = first
        evidence.heads = heads.map { ($0, false, "the log") }
        if withHead, let head = AuditWitness.head(beside: log) { evidence.heads.append((head, true, "head")) }
        return try AuditVerification(files ?? auditFiles, evidence)
    }
}
