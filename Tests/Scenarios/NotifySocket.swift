import Foundation
import Glibc

/// Where a service manager listens to what its services say.
final class NotifySocket {
    let path: String
    private let descriptor: Int32

    init() throws {
        path = "/tmp/sekisho-notify-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let outcome = unsafe withUnsafeBytes(of: address) { bytes in
            unsafe bind(descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), length)
        }
        guard outcome == 0 else { throw ScenarioFault("bind \(path)") }
    }

    deinit {
        close(descriptor)
        unsafe unlink(path)
    }

    /// The next message, for which it waits thirty seconds.
    /// - Parameter ignored: Is not waited for.
    func next(but ignored: String = "") throws -> String {
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&entry, 1, 30_000) == 1 else { throw ScenarioFault("nothing is said") }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
            let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            if text != ignored { return text }
        }
    }
}
