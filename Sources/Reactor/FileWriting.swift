import CLinux
import Glibc

/// A file written a piece at a time, for its owner alone; it takes the place of an old one only when it is
/// whole. Calls may block.
public final class FileWriting {
    private let file: Descriptor
    private let path: String
    private let temporary: String
    private var isFinished = false

    public init(_ path: String) throws(SystemFault) {
        self.path = path
        temporary = "\(path).\(getpid()).new"
        unsafe _ = unlink(temporary)
        file = Descriptor(unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600))
        guard file.isOpen else { throw SystemFault("write \(path)") }
    }

    deinit {
        if !isFinished { unsafe _ = unlink(temporary) }
    }

    public func write(_ bytes: [UInt8]) throws(SystemFault) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes {
                unsafe Glibc.write(file.number, $0.baseAddress, $0.count)
            }
            if count < 0 {
                let number = errno
                if number == EINTR { continue }
                throw SystemFault("write \(path)", number: number)
            }
            written += count
        }
    }

    public func finish() throws(SystemFault) {
        guard fsync(file.number) == 0, unsafe rename(temporary, path) == 0 else {
            throw SystemFault("write \(path)")
        }
        isFinished = true
    }
}
