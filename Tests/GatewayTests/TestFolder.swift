import Glibc
import Logs
import Reactor
import Testing

/// A folder for one test, gone with everything in it when the test lets go of it.
final class TestFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/sekisho-gateway-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template)
        unsafe try #require(made != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in names { unsafe unlink(file(name)) }
        unsafe rmdir(path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Files.replace(file(name), with: bytes, isPrivate: true)
        return file(name)
    }

    func text(of name: String) throws -> String {
        String(decoding: try Files.read(file(name)), as: UTF8.self)
    }

    private var names: [String] {
        guard let folder = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

extension TestFolder {
    /// A folder inside, for its owner alone.
    static func make(_ path: String) -> Bool { unsafe mkdir(path, 0o700) == 0 }

    static func remove(_ path: String, _ names: [String]) {
        for name in names { unsafe unlink("\(path)/\(name)") }
        unsafe rmdir(path)
    }
}
