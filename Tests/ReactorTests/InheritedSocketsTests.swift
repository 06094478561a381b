import Glibc
import Testing

@testable import Reactor

@Suite struct InheritedSocketsTests {
    private func environment(_ values: [String: String]) -> ProcessEnvironment {
        ProcessEnvironment(values, processID: 100, parentID: 99)
    }

    @Test func `sockets of socket activation have the names that the service manager gave them`() throws {
        let environment = environment([
            "LISTEN_PID": "100", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "https:admin",
        ])
        #expect(
            try environment.activated() == [
                ListeningSocket(name: "systemd:https", descriptor: 3),
                ListeningSocket(name: "systemd:admin", descriptor: 4),
                ListeningSocket(name: "systemd:unknown", descriptor: 5),
            ])
    }

    @Test func `what is meant for another process is not taken`() throws {
        #expect(try environment(["LISTEN_PID": "7", "LISTEN_FDS": "1"]).activated().isEmpty)
        #expect(try environment(["LISTEN_FDS": "1"]).activated().isEmpty)
        let other = environment([
            "SEKISHO_PREDECESSOR": "98", "SEKISHO_SOCKETS": "3 a", "SEKISHO_READINESS": "4",
        ])
        #expect(try other.handedOver() == nil)
        #expect(other.readinessDescriptor == -1)
    }

    @Test(arguments: ["", "-1", "x", "1025", "1 "])
    func `a count that is none is refused`(_ count: String) {
        let environment = environment(["LISTEN_PID": "100", "LISTEN_FDS": count])
        #expect(throws: SystemFault.self) { try environment.activated() }
    }

    @Test func `a predecessor's sockets have any name`() throws {
        let environment = environment([
            "SEKISHO_PREDECESSOR": "99", "SEKISHO_SOCKETS": "3 [::1]:443\n4 unix:/a b\n",
            "SEKISHO_READINESS": "5",
        ])
        #expect(
            try environment.handedOver() == [
                ListeningSocket(name: "[::1]:443", descriptor: 3),
                ListeningSocket(name: "unix:/a b", descriptor: 4),
            ])
        #expect(environment.readinessDescriptor == 5)
        for lines in ["3", "x y", "2 stderr"] {
            let broken = self.environment(["SEKISHO_PREDECESSOR": "99", "SEKISHO_SOCKETS": lines])
            #expect(throws: SystemFault.self) { _ = try broken.handedOver() }
        }
    }

    @Test func `a socket is found by its name and by where it listens, once`() throws {
        let socket = try Sockets.listenTCP(address: "::1", port: 0, backlog: 1, reusePort: false)
        let port = try #require(Sockets.boundPort(socket))
        let mark = try #require(identity(of: socket))
        let again = { (name: String) in
            try InheritedSockets(
                of: ProcessEnvironment(
                    ["SEKISHO_PREDECESSOR": "1", "SEKISHO_SOCKETS": "\(socket) \(name)"], processID: 2,
                    parentID: 1))
        }
        let byName = try again("systemd:x")
        #expect(byName.take(.activated(name: "y")).isEmpty)
        #expect(byName.take(.activated(name: "x")) == [socket])
        #expect(byName.take(.activated(name: "x")).isEmpty)
        #expect(try again("x").take(.tcp(address: "0:0:0:0:0:0:0:1", port: port)) == [socket])
        #expect(try again("[::1]:0").take(.tcp(address: "::1", port: 0)) == [socket])
        #expect(try again("x").closeRest() == ["[::1]:\(port)"])
        // Another test may have been given its number meanwhile.
        #expect(identity(of: socket) != mark, "closed")
    }

    /// Nil for a number that is nobody's.
    private func identity(of descriptor: Int32) -> UInt? {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 ? status.st_ino : nil
    }

    @Test func `only listening sockets are taken over`() throws {
        let connected = unsafe [Int32](unsafeUninitializedCapacity: 2) { ends, count in
            unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, ends.baseAddress)
            count = 2
        }
        defer { for end in connected { close(end) } }
        for descriptor in [connected[0], 2, 4000] {
            #expect(throws: SystemFault.self) {
                try Sockets.adopt(ListeningSocket(name: "x", descriptor: descriptor))
            }
        }
        let listening = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 1, reusePort: false)
        defer { close(listening) }
        #expect(fcntl(listening, F_SETFL, 0) == 0 && fcntl(listening, F_SETFD, 0) == 0)
        try Sockets.adopt(ListeningSocket(name: "x", descriptor: listening))
        #expect(fcntl(listening, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(listening, F_GETFD) == FD_CLOEXEC)
    }
}

@Suite struct SuccessorTests {
    /// A shell in the place of the program: it sees its descriptors in /proc.
    private func start(_ script: String, _ sockets: [ListeningSocket] = []) throws -> Successor {
        try Successor.start("sh", ["-c", script], sockets: sockets)
    }

    @Test func `a successor gets the sockets in their order, what they are called, and nothing else`() throws
    {
        let sockets = try (0..<2).map { _ in
            try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 1, reusePort: false)
        }
        defer { for socket in sockets { close(socket) } }
        let path = "/tmp/sekisho-successor-\(getpid())"
        defer { unsafe unlink(path) }
        let successor = try start(
            "(ls /proc/$$/fd; readlink /proc/$$/fd/3 /proc/$$/fd/4; echo \"$SEKISHO_SOCKETS\";"
                + " echo $SEKISHO_PREDECESSOR $PPID) > \(path); printf R >&$SEKISHO_READINESS",
            zip(["b", "unix:/a b"], sockets).map { ListeningSocket(name: $0, descriptor: $1) })
        #expect(successor.awaitReadiness(seconds: 20))
        successor.end(withinSeconds: 10)
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        let inodes = sockets.map { descriptor -> String in
            var facts = stat()
            unsafe fstat(descriptor, &facts)
            return "socket:[\(facts.st_ino)]\n"
        }
        #expect(
            text.hasPrefix(
                "0\n1\n2\n3\n4\n5\n" + inodes.joined() + "3 b\n4 unix:/a b\n\n\(getpid()) \(getpid())\n"),
            "\(text)")
    }

    @Test func `one that ends, or says something else, is not ready`() throws {
        for script in ["exit 1", "exit 0", "printf x >&$SEKISHO_READINESS; sleep 60"] {
            let successor = try start(script)
            #expect(!successor.awaitReadiness(seconds: 20))
            successor.end(withinSeconds: 10)
            #expect(kill(successor.processID, 0) == -1)
        }
    }

    @Test func `one that says nothing is not waited for for ever, and ends whether it wants to or not`()
        throws
    {
        let successor = try start("trap '' TERM; while :; do sleep 1; done")
        #expect(!successor.awaitReadiness(seconds: 1))
        successor.end(withinSeconds: 1)
        #expect(kill(successor.processID, 0) == -1)
    }

    @Test func `a program that is not there is told of`() {
        #expect(throws: SystemFault.self) {
            _ = try Successor.start("/nonexistent/sekisho", [], sockets: [])
        }
    }
}
