import Dispatch
import HTTP
import Reactor
import Serving
import Synchronization
import Testing

@Suite struct BackPressureTests {
    @Test func `a slow reader gets every byte and the server never holds more than a little for it`() throws {
        let byteCount = 20 << 20
        let progress = Progress()
        let server = try LoopServer { Stream.start($0, byteCount: byteCount, progress) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint, receiveBytes: 16_384)
        try socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(progress.awaitStall())
        _ = try socket.receiveHead()
        var received = 0
        var isIntact = true
        var heldMax = 0
        while received < byteCount, let part = try socket.receive() {
            heldMax = max(heldMax, progress.produced.load(ordering: .relaxed) - received)
            for (offset, byte) in part.enumerated() where byte != Stream.byte(at: received + offset) {
                isIntact = false
            }
            received += part.count
        }
        #expect(received == byteCount)
        #expect(isIntact)
        // The kernel holds up to 4 MiB for the sender and little for this receiver; we hold 256 KiB.
        #expect(heldMax < 6 << 20)
    }

    @Test func `a service that wants no body for now is not given one, and gets it whole later`() throws {
        let byteCount = 20 << 20
        let server = try LoopServer { SlowTaker.start($0) }
        defer { server.stop() }
        let socket = try RawSocket(to: server.endpoint)
        try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(byteCount)\r\n\r\n")
        try socket.send([UInt8](repeating: 0x78, count: byteCount))
        #expect(try socket.receiveResponse().text == "\(byteCount)")
    }
}

/// How much a producer has made, for the test to look at.
final class Progress: Sendable {
    let produced = Atomic(0)
    private let stalled = DispatchSemaphore(value: 0)

    func stall() { stalled.signal() }

    /// Waits until the producer was asked to wait, or until it was done without ever being asked.
    func awaitStall() -> Bool { stalled.wait(timeout: .now() + 10) == .success }
}

/// Streams a long response as fast as the client takes it.
final class Stream: ExchangeObserver {
    private let byteCount: Int
    private let progress: Progress
    private var sent = 0
    private var keepAlive: Stream?

    static func start(_ exchange: Exchange, byteCount: Int, _ progress: Progress = Progress()) {
        let stream = Stream(byteCount, progress)
        stream.keepAlive = stream
        exchange.observe(stream)
        exchange.respond(
            ResponseHead(status: 200, headers: HeaderFields()), body: .length(UInt64(byteCount)))
        stream.sendOn(exchange)
    }

    static func byte(at index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index / runBytes) }

    private static let runBytes = 1000

    private init(_ byteCount: Int, _ progress: Progress) {
        self.byteCount = byteCount
        self.progress = progress
    }

    private func sendOn(_ exchange: Exchange) {
        while sent < byteCount {
            let end = min(sent + 50_000, byteCount)
            // Whole runs at once: a sanitizer's build takes seconds for each byte on its own.
            var part: [UInt8] = []
            for run in stride(from: sent, to: end, by: Self.runBytes) {
                part += [UInt8](repeating: Self.byte(at: run), count: min(Self.runBytes, end - run))
            }
            sent = end
            progress.produced.store(sent, ordering: .relaxed)
            if !exchange.send(part.span) { return progress.stall() }
        }
        progress.stall()
        exchange.finish()
        keepAlive = nil
    }

    func exchange(_ exchange: Exchange, received bytes: Span<UInt8>) {}
    func exchangeReceivedBody(_ exchange: Exchange) {}
    func exchangeCanSend(_ exchange: Exchange) { sendOn(exchange) }
    func exchangeAborted(_ exchange: Exchange) { keepAlive = nil }
}

/// Takes a body in small helpings, each only in a later turn of the loop.
private final class SlowTaker: ExchangeObserver {
    private var received = 0
    private var isWaiting = false
    private var keepAlive: SlowTaker?

    static func start(_ exchange: Exchange) {
        let taker = SlowTaker()
        taker.keepAlive = taker
        exchange.receiveBody(taker)
    }

    func exchange(_ exchange: Exchange, received bytes: Span<UInt8>) {
        received += bytes.count
        exchange.wantBody(false)
        exchange.wantBody(true)
    }

    func exchangeReceivedBody(_ exchange: Exchange) {
        exchange.respond(.text("\(received)"))
        keepAlive = nil
    }

    func exchangeCanSend(_ exchange: Exchange) {}
    func exchangeAborted(_ exchange: Exchange) { keepAlive = nil }
}
