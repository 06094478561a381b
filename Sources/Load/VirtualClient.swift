import Reactor
import TLS

/// One client of many on a loop, following its plan until it is told to stop.
///
/// Confined to the loop; the loop holds it while it is connected.
final class VirtualClient: ReadinessHandler {
    private enum Phase { case away, connecting, handshake, waiting, holding }

    private let plan: ClientPlan
    private let loop: EventLoop
    private let crowd: Crowd
    private var phase = Phase.away
    private var descriptor: Int32 = -1
    private var registration: Registration?
    private var tls: TLSConnection?
    private var session: ClientSession?
    private var scan = ResponseScan()
    private var requestsSent = 0
    private var begin = MonotonicTime(nanoseconds: 0)

    init(_ plan: ClientPlan, in crowd: Crowd, on loop: EventLoop) {
        self.plan = plan
        self.crowd = crowd
        self.loop = loop
    }

    func connect() {
        begin = Clock.monotonic()
        do {
            descriptor = try Sockets.connect(plan.endpoint)
            Sockets.setNoDelay(descriptor)
            tls = try TLSConnection(
                connecting: plan.context, socket: descriptor, serverName: plan.serverName,
                resuming: plan.resumes ? session : nil, buffers: crowd.tlsBuffers)
            registration = try loop.register(descriptor, .write, self)
        } catch {
            return leave("connect: \(error)")
        }
        phase = .connecting
        requestsSent = 0
        scan = ResponseScan()
    }

    func ready(_ readiness: Readiness) {
        guard let tls else { return }
        if phase == .connecting {
            if let fault = Sockets.connectOutcome(descriptor) { return leave("connect: \(fault)") }
            phase = .handshake
        }
        if phase == .handshake { shakeHands(tls) }
        if phase == .waiting || phase == .holding { receive(tls) }
    }

    private func shakeHands(_ tls: TLSConnection) {
        switch tls.handshake() {
        case .done:
            crowd.tally.handshakes += 1
            if tls.isResumed { crowd.tally.resumptions += 1 }
            if plan.holds {
                phase = .holding
                waitFor(.read)
                crowd.clientHolds()
            } else {
                send(tls)
            }
        case .wantRead: waitFor(.read)
        case .wantWrite: waitFor(.write)
        case .failed(let fault): leave("handshake: \(fault)")
        }
    }

    private func send(_ tls: TLSConnection) {
        requestsSent += 1
        phase = .waiting
        waitFor(.read)
        // A request is small and the socket empty: it goes out whole or something is wrong.
        let transfer = unsafe plan.request.withUnsafeBytes { unsafe tls.write($0) }
        guard transfer == .bytes(plan.request.count) else { return leave("send: \(transfer)") }
    }

    private func receive(_ tls: TLSConnection) {
        while true {
            switch crowd.buffer.read(from: tls) {
            case .bytes(let count):
                let before = scan.bodyBytes
                let progress = crowd.buffer.withBytes(count) { scan.take($0) }
                crowd.tally.bodyBytes += scan.bodyBytes - before
                switch progress {
                case .incomplete: continue
                case .failed: return leave("response")
                case .complete(let status): return answered(status, tls)
                }
            case .wantRead: return
            case .wantWrite: return waitFor(.write)
            case .closed: return leave("closed before the response was complete")
            case .failed(let fault): return leave("receive: \(fault)")
            }
        }
    }

    private func answered(_ status: Int, _ tls: TLSConnection) {
        crowd.tally.responses += 1
        if requestsSent == 1 { crowd.onFirstResponse?(begin) }
        if !(200..<400).contains(status) { crowd.tally.refusals += 1 }
        if requestsSent < plan.requestsPerConnection, !crowd.isOver { return send(tls) }
        leave(nil)
    }

    /// Ends the connection and begins the next one, unless it is over.
    private func leave(_ reason: String?) {
        if let reason { crowd.tally.fail(reason) }
        if let tls {
            if let latest = tls.clientSession { session = latest }
            if reason == nil { _ = tls.sendCloseNotify() }
        }
        if let registration { loop.deregister(registration) }
        registration = nil
        tls = nil
        if descriptor >= 0 { Sockets.close(descriptor) }
        descriptor = -1
        phase = .away
        crowd.clientLeft(self)
    }

    private func waitFor(_ interest: Interest) {
        if let registration { loop.update(registration, interest) }
    }
}

/// A buffer that all clients of a loop read into in turn.
final class SharedBuffer {
    private var storage = [UInt8](repeating: 0, count: 65_536)

    func read(from tls: TLSConnection) -> TLSTransfer {
        unsafe storage.withUnsafeMutableBytes { unsafe tls.read(into: $0) }
    }

    func withBytes<Result>(_ count: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        let storage = self.storage
        let bytes = storage.span
        return body(bytes.extracting(first: count))
    }
}
