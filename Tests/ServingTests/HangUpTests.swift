import Glibc
import HTTP
import Reactor
import Serving
import Testing

@Suite struct HangUpTests {
    @Test func `a server that hangs up while its response must wait costs no time and loses nothing`() throws
    {
        let path = "/tmp/sekisho-hangup-\(getpid()).sock"
        unsafe unlink(path)
        let listener = try Sockets.listenUNIX(path: path)
        defer {
            Sockets.close(listener)
            unsafe unlink(path)
        }
        let loop = try EventLoop()
        let client = try ClientConnection(to: .unix(path: path), on: loop)
        let reader = HesitantReader(on: loop)
        let headers = HeaderFields([("Host", "a")])
        client.send(ClientRequest(method: "GET", target: "/", headers: headers), observer: reader)
        guard case .accepted(let server, _) = Sockets.accept(listener) else {
            Issue.record("no connection to accept")
            return
        }
        let response =
            Array("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".utf8)
            + [UInt8](repeating: 1, count: 100_000)
        var sent = 0
        while sent < response.count {
            let rest = response[sent...]
            guard case .bytes(let count) = unsafe rest.withUnsafeBytes({ unsafe Sockets.write(server, $0) })
            else {
                Issue.record("the socket does not take the response")
                return
            }
            sent += count
        }
        Sockets.close(server)
        let before = threadMilliseconds()
        _ = loop.after(milliseconds: 500) { client.wantResponse(true) }
        reader.onEnd = { loop.stop() }
        loop.run()
        #expect(reader.received == 100_000)
        // A loop that is told of the hang-up at every turn uses all of the 500 ms.
        #expect(threadMilliseconds() - before < 250)
    }

    private func threadMilliseconds() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}

/// Asks the server to wait as soon as its response begins.
private final class HesitantReader: ClientObserver {
    var received = 0
    var onEnd: (() -> Void)?
    private let loop: EventLoop

    init(on loop: EventLoop) { self.loop = loop }

    func client(_ connection: ClientConnection, received head: ResponseHead) {
        connection.wantResponse(false)
    }
    func client(_ connection: ClientConnection, received bytes: Span<UInt8>) { received += bytes.count }
    func clientReceivedResponse(_ connection: ClientConnection) { onEnd?() }
    func clientCanSend(_ connection: ClientConnection) {}
    func client(_ connection: ClientConnection, failed failure: ClientFailure) {
        Issue.record("\(failure.code)")
        onEnd?()
    }
}
