import Crypto
import Glibc
import Logs

/// The end of an audit file: its last chained record, and what a crash has left of a line after it.
struct ChainTail {
    var head: ChainHead?
    /// Bytes behind the last line feed.
    var torn: [UInt8] = []

    /// - Parameter size: Of the file. As much of its end is read as the longest line may have.
    static func read(_ path: String, size: Int) -> ChainTail {
        var tail = ChainTail()
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return tail }
        defer { _ = close(file) }
        let start = max(0, size - windowBytes)
        var bytes = [UInt8](repeating: 0, count: size - start)
        var count = 0
        while count < bytes.count {
            let part = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(
                    file, $0.baseAddress.map { unsafe $0 + count }, $0.count - count, off_t(start + count))
            }
            if part <= 0 { break }
            count += part
        }
        bytes.removeLast(bytes.count - count)
        guard !bytes.isEmpty else { return tail }
        let end = (bytes.lastIndex(of: newline) ?? -1) + 1
        tail.torn = Array(bytes[end...])
        for line in bytes[..<end].split(separator: newline).reversed() {
            let line = Array(line)
            guard let link = ChainLink(line: line) else { continue }
            tail.head = ChainHead(
                chain: link.chain, sequence: link.sequence, hash: SHA256Digest(of: line).hex)
            break
        }
        return tail
    }

    /// What is said of a line that a crash has cut off.
    static func tornRecord(_ bytes: [UInt8]) -> LogRecord {
        var record = LogRecord(.warning, tornEvent, kind: .audit)
        record.add("torn_bytes", bytes.count)
        record.add("torn_sha256", SHA256Digest(of: bytes).hex)
        return record
    }

    static let tornEvent = "audit.torn"
    private static let newline = UInt8(ascii: "\n")
    private static let windowBytes = 1 << 20
}
