import Glibc
import Reactor
import TestFolders

extension TestFolder {
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Files.replace(file(name), with: bytes, isPrivate: true)
        return file(name)
    }

    func text(of name: String) throws -> String {
        String(decoding: try Files.read(file(name)), as: UTF8.self)
    }

    /// A folder inside, for its owner alone.
    static func make(_ path: String) -> Bool { unsafe mkdir(path, 0o700) == 0 }

    static func remove(_ path: String, _ names: [String]) {
        for name in names { unsafe unlink("\(path)/\(name)") }
        unsafe rmdir(path)
    }
}
