import Glibc

/// A folder for one test, gone with everything in it when the test lets go of it.
public final class TestFolder: Sendable {
    public let path: String

    public init() throws {
        var template = Array("/tmp/sekisho-test-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template)
        guard unsafe made != nil else { throw SystemCallFailed(code: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        for name in names(in: path) {
            let inner = "\(path)/\(name)"
            // A folder is not for unlink(2).
            if unsafe unlink(inner) != 0 { remove(inner) }
        }
        unsafe rmdir(path)
    }

    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// What is in it, sorted.
    public var names: [String] { Self.names(in: path) }

    private static func names(in path: String) -> [String] {
        guard let folder = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

public struct SystemCallFailed: Error {
    public let code: Int32

    public init(code: Int32) { self.code = code }
}
