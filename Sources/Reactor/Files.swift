import CLinux
import Glibc

/// Whole small files: configuration, certificates, keys. Calls may block; they belong to start-up or a
/// blocking pool.
public enum Files {
    /// - Throws: Also when the file is longer than `bytesMax`, or is no regular file.
    public static func read(_ path: String, bytesMax: Int = 16 << 20) throws(SystemFault) -> [UInt8] {
        let operation = "read \(path)"
        let file = Descriptor(unsafe open(path, O_RDONLY | O_CLOEXEC))
        guard file.isOpen else { throw SystemFault(operation) }
        var facts = stat()
        guard unsafe fstat(file.number, &facts) == 0 else { throw SystemFault(operation) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw SystemFault(operation, number: EISDIR) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(Int(facts.st_size), bytesMax))
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = unsafe Glibc.read(file.number, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count < 0 {
                let number = errno
                if number == EINTR { continue }
                throw SystemFault(operation, number: number)
            }
            bytes += buffer[..<count]
            if bytes.count > bytesMax { throw SystemFault(operation, number: EFBIG) }
        }
    }

    /// Replaces a file at once: whoever reads it sees the old one or the new one, whole.
    ///
    /// - Parameter isPrivate: Only the owner may read it.
    public static func replace(_ path: String, with bytes: [UInt8], isPrivate: Bool) throws(SystemFault) {
        let operation = "write \(path)"
        let temporary = "\(path).\(getpid()).new"
        unsafe _ = unlink(temporary)
        let mode: mode_t = isPrivate ? 0o600 : 0o644
        do {
            let file = Descriptor(unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode))
            guard file.isOpen else { throw SystemFault(operation) }
            // The file's mode is as asked, whatever the process's mask.
            guard fchmod(file.number, mode) == 0 else { throw SystemFault(operation) }
            var written = 0
            while written < bytes.count {
                let rest = bytes[written...]
                let count = unsafe rest.withUnsafeBytes {
                    unsafe Glibc.write(file.number, $0.baseAddress, $0.count)
                }
                if count < 0 {
                    let number = errno
                    if number == EINTR { continue }
                    throw SystemFault(operation, number: number)
                }
                written += count
            }
            guard fsync(file.number) == 0 else { throw SystemFault(operation) }
        }
        guard unsafe rename(temporary, path) == 0 else { throw SystemFault(operation) }
    }

    /// The folder that a path lies in: `.` when it names none.
    public static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The path as seen from any folder.
    public static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let folder = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(folder) }
        return unsafe "\(String(cString: folder))/\(path)"
    }

    /// Whether nobody but root and this process's account can put anything into the folder.
    public static func isGuarded(folder: String) -> Bool {
        var facts = stat()
        guard unsafe stat(folder, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR else { return false }
        return (facts.st_uid == 0 || facts.st_uid == geteuid()) && facts.st_mode & 0o022 == 0
    }

    /// Whether a file belongs to root or this process's account, and nobody else may read or write it.
    public static func isPrivate(_ path: String) -> Bool {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return false }
        return (facts.st_uid == 0 || facts.st_uid == geteuid()) && facts.st_mode & 0o077 == 0
    }

    public static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return unsafe stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes a folder for its owner alone; one that is there already will do. Its parent must be there.
    public static func makeFolder(_ path: String) throws(SystemFault) {
        if unsafe mkdir(path, 0o700) == 0 { return }
        let number = errno
        guard number == EEXIST, isFolder(path) else { throw SystemFault("make \(path)", number: number) }
    }

    /// The names in a folder, sorted, without `.` and `..`.
    ///
    /// - Throws: Also when there are more than `countMax`.
    public static func names(in folder: String, countMax: Int) throws(SystemFault) -> [String] {
        let operation = "read \(folder)"
        guard let stream = unsafe opendir(folder) else { throw SystemFault(operation) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                let number = errno
                guard number == 0 else { throw SystemFault(operation, number: number) }
                return names.sorted()
            }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            guard names.count < countMax else { throw SystemFault(operation, number: EFBIG) }
            names.append(name)
        }
    }

    public static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }
}
