import Glibc
import Testing

@testable import Reactor

@Suite struct SocketEdgeTests {
    @Test(arguments: [
        "127.0.0.1:+80", "127.0.0.1:-0", "127.0.0.1:000080", "127.0.0.1:８０", "::1:80", "[127.0.0.1]:80",
        "[]:80",
        "127.0.0.1\0:80", "127.1:80", "unix:relative", "unix:/a\0b",
        "unix:/" + String(repeating: "a", count: 107),
    ])
    func `what only resembles an endpoint is refused`(_ text: String) {
        #expect(Endpoint(parsing: text) == nil)
    }

    @Test func `a UNIX path may have 107 bytes`() {
        #expect(Endpoint(parsing: "unix:/" + String(repeating: "a", count: 106)) != nil)
    }

    @Test func `an IPv4 address reads as it was written, whatever its bytes`() throws {
        for byte in 0...255 {
            for ip in ["\(byte).0.0.0", "0.\(byte).10.100", "127.99.\(byte).9", "255.255.255.\(byte)"] {
                let address = try #require(SocketAddress(ip: ip, port: 443))
                #expect(address.peer.ip == ip && address.peer.port == 443)
            }
        }
    }

    @Test func `a file that is no socket is left alone`() throws {
        let path = "/tmp/sekisho-file-\(getpid())"
        let file = unsafe open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        close(file)
        defer { unsafe unlink(path) }
        let fault = #expect(throws: SystemFault.self) { _ = try Sockets.listenUNIX(path: path) }
        #expect(fault?.isAddressInUse == true)
        #expect(unsafe access(path, F_OK) == 0)
    }

    @Test func `a UNIX socket is its owner's alone, from the moment it is there`() throws {
        let path = "/tmp/sekisho-mode-\(getpid()).sock"
        unsafe unlink(path)
        let socket = try Sockets.listenUNIX(path: path)
        defer {
            Sockets.close(socket)
            unsafe unlink(path)
        }
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func `an address in use is named`() throws {
        let first = try Sockets.listenTCP(address: "::1", port: 0, backlog: 1, reusePort: false)
        defer { Sockets.close(first) }
        let port = try #require(Sockets.boundPort(first))
        let fault = #expect(throws: SystemFault.self) {
            _ = try Sockets.listenTCP(address: "::1", port: port, backlog: 1, reusePort: false)
        }
        #expect(fault?.description == "address [::1]:\(port) is already in use")
        let other = #expect(throws: SystemFault.self) { _ = try Sockets.listenUNIX(path: "/nowhere/at/all") }
        #expect(other?.description == "listen on unix:/nowhere/at/all: No such file or directory")
        #expect(other?.isAddressInUse == false)
    }

    @Test func `every socket closes on exec and never blocks`() throws {
        let listener = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 1, reusePort: false)
        let client = try Sockets.connect(
            .tcp(address: "127.0.0.1", port: #require(Sockets.boundPort(listener))))
        guard case .accepted(let server, let peer) = Sockets.accept(listener) else {
            Issue.record("a connection on the loopback is there at once")
            return
        }
        for socket in [listener, client, server] {
            #expect(fcntl(socket, F_GETFD) == FD_CLOEXEC)
            #expect(fcntl(socket, F_GETFL) & O_NONBLOCK != 0)
        }
        #expect(peer.ip == "127.0.0.1")
        #expect(Sockets.connectOutcome(client) == nil)
        guard case .wouldBlock = Sockets.accept(listener) else {
            Issue.record("nobody else is waiting")
            return
        }
        for socket in [listener, client, server] { Sockets.close(socket) }
    }
}
