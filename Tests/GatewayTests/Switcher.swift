import HTTP
import Reactor
import Serving
import Synchronization

@testable import Gateway

/// An upstream that switches protocols when asked: from then on it answers in capitals.
final class Switcher: Sendable {
    let port: UInt16
    private let thread: LoopThread
    private let notes = Notes()

    final class Notes: Sendable {
        let heads = Mutex<[RequestHead]>([])
        let ends = Atomic<Int>(0)
    }

    init() throws {
        let socket = try Sockets.listenTCP(address: "127.0.0.1", port: 0, backlog: 16, reusePort: false)
        port = Sockets.boundPort(socket) ?? 0
        let notes = self.notes
        thread = try LoopThread.start(name: "switcher") { loop in
            let server = Server(on: loop, limits: ServingLimits(), service: Service(notes), tls: nil)
            loop.context = server
            try? server.listen(on: socket)
        }
    }

    var endCount: Int { notes.ends.load(ordering: .relaxed) }

    deinit {
        _ = thread.mailbox.post { loop in
            guard let server = loop.context as? Server else { return loop.stop() }
            server.drain(seconds: 0) { loop.stop() }
        }
        thread.join()
    }

    var heads: [RequestHead] { notes.heads.withLock { $0 } }

    func awaitEnds(_ count: Int) -> Bool {
        let deadline = Clock.monotonic().adding(milliseconds: 10_000)
        while Clock.monotonic() < deadline {
            if notes.ends.load(ordering: .relaxed) >= count { return true }
            System.pause(seconds: 1)
        }
        return false
    }

    private final class Service: ExchangeService {
        private let notes: Notes
        private var speakers: [Speaker] = []

        init(_ notes: Notes) { self.notes = notes }

        func connectionOpened(_ connection: PeerConnection) {}

        func connectionClosed(_ connection: PeerConnection, fault: StreamFault?) {
            notes.ends.wrappingAdd(1, ordering: .relaxed)
        }

        func response(to fault: HTTPFault, on connection: PeerConnection) -> WebResponse {
            .text(fault.reason, status: fault.status)
        }

        func serve(_ exchange: Exchange) {
            notes.heads.withLock { $0.append(exchange.request) }
            let wished = exchange.request.headers.upgrade
            guard wished != nil || exchange.request.path == "/public/force" else {
                return exchange.respond(.text("plain"))
            }
            let name = exchange.request.path == "/public/ws/other" ? "other" : "websocket"
            let speaker = Speaker()
            speakers.append(speaker)
            exchange.switchProtocols(
                ResponseHead(
                    status: 101,
                    headers: HeaderFields([
                        ("Connection", "Upgrade"), ("Upgrade", name), ("Sekisho-Secret", "x"),
                    ])), speaker)
        }
    }

    private final class Speaker: ExchangeObserver {
        private var left = 0

        func exchange(_ exchange: Exchange, received bytes: Span<UInt8>) {
            var text = ""
            for index in bytes.indices { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
            switch text {
            case "bye": exchange.finish()
            case "push":
                left = 300
                push(exchange)
            default: _ = exchange.send(Array(text.uppercased().utf8).span)
            }
        }

        private func push(_ exchange: Exchange) {
            let part = [UInt8](repeating: 0x2E, count: 10_000)
            while left > 0 {
                left -= 1
                if !exchange.send(part.span), left > 0 { return }
            }
            _ = exchange.send(Array("end".utf8).span)
        }

        func exchangeCanSend(_ exchange: Exchange) { if left > 0 { push(exchange) } }
        func exchangeReceivedBody(_ exchange: Exchange) {}
        func exchangeAborted(_ exchange: Exchange) {}
    }
}
