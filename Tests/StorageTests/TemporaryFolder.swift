import Glibc

/// A folder for one test, gone with everything in it when the test lets go of it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/sekisho-storage-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template)
        guard unsafe made != nil else { throw SystemCallFailed(code: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in names { unsafe unlink("\(path)/\(name)") }
        unsafe rmdir(path)
    }

    var names: [String] {
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

    func file(_ name: String = "store.db") -> String { "\(path)/\(name)" }

    func mode(of name: String) throws -> UInt32 {
        var status = stat()
        guard unsafe stat(file(name), &status) == 0 else { throw SystemCallFailed(code: errno) }
        return status.st_mode & 0o777
    }

    func setMode(_ mode: UInt32, of name: String) throws {
        guard unsafe chmod(file(name), mode) == 0 else { throw SystemCallFailed(code: errno) }
    }

    func write(_ bytes: [UInt8], to name: String, at offset: Int = 0) throws {
        let descriptor = unsafe open(file(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemCallFailed(code: errno) }
        defer { close(descriptor) }
        let written = unsafe pwrite(descriptor, bytes, bytes.count, off_t(offset))
        guard written == bytes.count else { throw SystemCallFailed(code: errno) }
    }

    func size(of name: String) throws -> Int {
        var status = stat()
        guard unsafe stat(file(name), &status) == 0 else { throw SystemCallFailed(code: errno) }
        return Int(status.st_size)
    }

    func truncate(_ name: String, to size: Int) throws {
        guard unsafe Glibc.truncate(file(name), off_t(size)) == 0 else { throw SystemCallFailed(code: errno) }
    }
}

struct SystemCallFailed: Error {
    let code: Int32
}
