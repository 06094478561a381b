import Glibc
import Text

/// What a log's thread writes to. Confined to that thread; every call may block.
public protocol LogOutput {
    /// The one that is written to now.
    var descriptor: Int32 { get }
    /// How long it wants to be left alone at most, before `rest` is called; nil for as long as nothing comes.
    var restMilliseconds: Int? { get }
    /// Writes lines, each with its line feed, from `next` on, and moves `next` behind what is written.
    ///
    /// - Returns: 0 when all is written, otherwise the system's error number (errno).
    mutating func write(_ lines: [UInt8], from next: inout Int) -> Int32
    /// Goes over to another descriptor, and owns it from now on.
    mutating func goOver(to descriptor: Int32)
    /// Nothing came for a while. An error number as of `write`.
    mutating func rest() -> Int32
    /// Nothing more will come.
    mutating func close()
}

/// Lines as they are, added to a descriptor: a terminal, a pipe, or a file that is put aside when it has
/// grown too large.
struct PlainOutput: LogOutput {
    private(set) var descriptor: Int32
    private var isOwner: Bool
    private var rotation: LogRotation?
    private var byteCount: Int

    var restMilliseconds: Int? { nil }

    init(descriptor: Int32, isOwner: Bool, rotation: LogRotation? = nil) {
        self.descriptor = descriptor
        self.isOwner = isOwner
        self.rotation = rotation
        byteCount = LogFile.size(descriptor)
    }

    mutating func write(_ lines: [UInt8], from next: inout Int) -> Int32 {
        if let rotation, byteCount > 0, byteCount + lines.count - next > rotation.bytesMax,
            let fresh = rotation.putAside()
        {
            goOver(to: fresh)
        }
        while next < lines.count {
            let (count, code) = LogFile.write(descriptor, lines, from: next)
            if count <= 0 {
                if code == EINTR { continue }
                return code
            }
            next += count
            byteCount += count
        }
        return 0
    }

    mutating func goOver(to descriptor: Int32) {
        close()
        self.descriptor = descriptor
        isOwner = true
        byteCount = LogFile.size(descriptor)
    }

    mutating func rest() -> Int32 { 0 }

    mutating func close() {
        if isOwner { _ = Glibc.close(descriptor) }
        isOwner = false
    }
}

/// When and how a log's file is put aside for a new one.
public struct LogRotation: Sendable, Hashable {
    public let path: String
    /// Before it would grow beyond so many bytes.
    public let bytesMax: Int
    /// So many old files are kept, the younger ones; nil keeps all.
    public let filesKept: Int?

    public init(path: String, bytesMax: Int, filesKept: Int?) {
        self.path = path
        self.bytesMax = bytesMax
        self.filesKept = filesKept
    }

    /// Renames the file to `PATH.20261126T021500.123Z` and opens a new one.
    ///
    /// - Returns: The new one's descriptor; nil when the old one has to go on.
    public func putAside() -> Int32? {
        let old = "\(path).\(Self.stamp())"
        guard unsafe access(old, F_OK) != 0, unsafe rename(path, old) == 0 else { return nil }
        guard let fresh = try? LogFile.open(path) else {
            _ = unsafe rename(old, path)
            return nil
        }
        if let filesKept {
            for name in oldFiles().dropLast(filesKept) { _ = unsafe unlink(name) }
        }
        return fresh
    }

    /// What was put aside and is still there, the oldest first.
    public func oldFiles() -> [String] {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[...$0]) } ?? "./"
        let start = (slash.map { String(path[path.index(after: $0)...]) } ?? path) + "."
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(start), Self.isStamp(name.dropFirst(start.count)) { names.append(name) }
        }
        return names.sorted().map { slash == nil ? $0 : folder + $0 }
    }

    /// The path of a log that a file was put aside from; the file's own when it was not.
    public static func original(_ path: String) -> String {
        let stamp = path.suffix(20)
        guard isStamp(stamp), path.dropLast(20).hasSuffix(".") else { return path }
        return String(path.dropLast(21))
    }

    private static func stamp() -> String {
        let record = LogRecord(.info, "")
        let clock = record.time.rfc3339.dropLast().filter { $0 != "-" && $0 != ":" }
        return "\(clock).\(String(record.milliseconds + 1000).dropFirst())Z"
    }

    private static func isStamp(_ text: Substring) -> Bool {
        let form = "00000000T000000.000Z"
        return text.utf8.count == form.utf8.count
            && zip(text.utf8, form.utf8).allSatisfy { sign, place in
                place == UInt8(ascii: "0") ? (0x30...0x39).contains(sign) : sign == place
            }
    }
}

/// System calls on a log's file.
public enum LogFile {
    /// Opens a file for adding to its end; makes it, for its owner alone, if there is none.
    public static func open(_ path: String) throws(LogFault) -> Int32 {
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        let code = errno
        guard descriptor >= 0 else { throw LogFault(operation: "open log \(path)", code: code) }
        return descriptor
    }

    /// One call of `write`: how many bytes it took, and the error number when that is none.
    public static func write(_ descriptor: Int32, _ lines: [UInt8], from next: Int) -> (Int, Int32) {
        unsafe lines.withUnsafeBytes { bytes in
            let count = unsafe Glibc.write(
                descriptor, bytes.baseAddress.map { unsafe $0 + next }, bytes.count - next)
            return (count, errno)
        }
    }

    /// 0 for what has none.
    public static func size(_ descriptor: Int32) -> Int {
        var facts = stat()
        return unsafe fstat(descriptor, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
            ? Int(facts.st_size) : 0
    }
}
