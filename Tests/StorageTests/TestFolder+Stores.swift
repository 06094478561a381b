import Glibc
import TestFolders

extension TestFolder {
    /// Where a test that needs one store has it.
    func file() -> String { file("store.db") }

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
