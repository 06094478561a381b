import Glibc
import Testing

@testable import Reactor

/// What a service manager hears, on a real datagram socket.
@Suite struct ServiceManagerTests {
    @Test(arguments: ["/tmp/sekisho-notify-\(getpid())", "@sekisho-notify-\(getpid())"])
    func `a service manager hears of readiness, reloads, life, succession and the end`(_ name: String) throws
    {
        let address = try #require(SocketAddress(notifying: name))
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer {
            close(socket)
            unsafe unlink(name)
        }
        #expect(unsafe address.withPointer { unsafe bind(socket, $0, $1) } == 0)
        let manager = ServiceManager(
            socket: name, watchdogMicroseconds: nil, watchdogProcess: nil, processID: 1)
        let before = Clock.monotonic().nanoseconds / 1000
        manager.ready("serving\nREADY=0")
        manager.reloading()
        manager.alive()
        manager.handOver(to: 77)
        manager.stopping(withinSeconds: 45)
        let heard = (0..<5).map { _ in receive(socket) }
        #expect(heard[0] == "READY=1\nSTATUS=serving")
        let parts = heard[1].split(separator: "\nMONOTONIC_USEC=")
        #expect(parts.first == "RELOADING=1")
        let moment = try #require(parts.last.flatMap { UInt64($0) })
        #expect(before <= moment && moment <= Clock.monotonic().nanoseconds / 1000)
        #expect(heard[2] == "WATCHDOG=1")
        #expect(heard[3] == "MAINPID=77")
        #expect(heard[4] == "STOPPING=1\nEXTEND_TIMEOUT_USEC=45000000")
    }

    private func receive(_ socket: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    @Test(arguments: [nil, "", "relative", "@", "vsock:2:1234", "/tmp/there-is-nobody-\(getpid())"])
    func `where nobody listens nothing is said`(_ name: String?) {
        ServiceManager(socket: name, watchdogMicroseconds: nil, watchdogProcess: nil, processID: 1).alive()
    }

    @Test func `a watchdog that is meant for this process is heeded`() {
        let watchdog = { (microseconds: String?, process: String?) in
            ServiceManager(
                socket: nil, watchdogMicroseconds: microseconds, watchdogProcess: process, processID: 5
            ).watchdogMilliseconds
        }
        #expect(watchdog("30000000", "5") == 30_000)
        #expect(watchdog("30000000", nil) == 30_000)
        #expect(watchdog("30000000", "6") == nil)
        #expect(watchdog(nil, nil) == nil)
        #expect(watchdog("0", nil) == nil)
        #expect(watchdog("x", nil) == nil)
    }

    @Test func `a pulse stops when its loop is blocked`() throws {
        let pulse = Pulse()
        let thread = try LoopThread.start(name: "pulse") { pulse.start(on: $0) }
        defer {
            thread.stop()
            thread.join()
        }
        usleep(2_600_000)
        #expect(pulse.hasBeaten(withinMilliseconds: 2500))
        _ = thread.mailbox.post { _ in usleep(6_000_000) }
        usleep(3_500_000)
        #expect(!pulse.hasBeaten(withinMilliseconds: 2500))
    }
}
