import Foundation
import Glibc

/// A file system of its own with little room. It takes root, and a machine that allows it.
final class SmallDisk {
    let folder: TemporaryFolder

    /// Nil, and said so, where none can be mounted.
    init?(mebibytes: Int) throws {
        folder = try TemporaryFolder()
        let mount = try ChildProcess.outcome(
            "mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", folder.url.path])
        guard mount.status == 0 else {
            print("small disk: not tried, no file system can be mounted here")
            return nil
        }
    }

    deinit { _ = try? ChildProcess.outcome("umount", ["-l", folder.url.path]) }

    func fill() {
        let file = unsafe open(folder.path("filler"), O_WRONLY | O_CREAT, 0o600)
        defer { Glibc.close(file) }
        for size in [65_536, 4096, 1] {
            let bytes = [UInt8](repeating: 0x78, count: size)
            while unsafe write(file, bytes, size) == size {}
        }
    }

    func makeRoom() throws { try FileManager.default.removeItem(atPath: folder.path("filler")) }
}
