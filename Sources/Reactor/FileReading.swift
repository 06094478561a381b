import CLinux
import Glibc

/// A file read from its beginning to its end, a piece at a time, for files that are too long to be held at
/// once. Calls may block.
public final class FileReading {
    private let file: Descriptor
    private let operation: String
    private var buffer = [UInt8](repeating: 0, count: 256 * 1024)
    /// Of the whole file, when it is a regular one.
    public let byteCount: Int?

    public init(_ path: String) throws(SystemFault) {
        operation = "read \(path)"
        file = Descriptor(unsafe open(path, O_RDONLY | O_CLOEXEC))
        guard file.isOpen else { throw SystemFault(operation) }
        var facts = stat()
        guard unsafe fstat(file.number, &facts) == 0 else { throw SystemFault(operation) }
        byteCount = facts.st_mode & S_IFMT == S_IFREG ? Int(facts.st_size) : nil
    }

    /// The next bytes; none at the end.
    public func next() throws(SystemFault) -> ArraySlice<UInt8> {
        while true {
            let count = unsafe Glibc.read(file.number, &buffer, buffer.count)
            if count >= 0 { return buffer[..<count] }
            let number = errno
            if number != EINTR { throw SystemFault(operation, number: number) }
        }
    }
}

/// A file of which parts are read now and then, by any thread.
public final class FileParts: Sendable {
    private let file: Descriptor

    public init(_ path: String) throws(SystemFault) {
        file = Descriptor(unsafe open(path, O_RDONLY | O_CLOEXEC))
        guard file.isOpen else { throw SystemFault("read \(path)") }
    }

    /// So many bytes; nil when they are not there or cannot be read.
    public func bytes(at offset: Int, count: Int) -> [UInt8]? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, unsafe pread(file.number, buffer.baseAddress, count, off_t(offset)))
        }
        return bytes.count == count ? bytes : nil
    }
}
