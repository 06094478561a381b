import HTTP
import Reactor
import TLS
import Text

/// One accepted connection: TLS handshake, HTTP/1.1 request framing, back-pressure, time limits.
///
/// Phases: `handshake → idle → head → exchange → (idle | lingering) → closed`. Owned by its `Server`;
/// confined to the loop.
final class ServerConnection: ReadinessHandler, TurnEndHandler {
    enum Phase: Int, CaseIterable { case handshake, idle, head, exchange, lingering, closed }
    /// What the other end is given time for.
    enum Wait: String { case handshake, header, body, send, keepAlive, linger }

    let peer: PeerConnection
    let stream: ByteStream
    /// Whose limits count for it; nil when there are none.
    let source: ClientNetwork?
    /// A cycle while the connection is open, broken by `close`.
    let server: Server
    var phase = Phase.handshake

    // The list of idle connections.
    var isListedIdle = false
    unowned var idleBefore: ServerConnection?
    var idleAfter: ServerConnection?

    // Input.
    var input = ByteQueue()
    /// Only while a head has come in part.
    private var partialHead: PartialHead?
    var body: BodyDecoding?
    var bodyIsWanted = false
    var expectsContinue = false
    var inputHasEnded = false

    // Output.
    var output = ByteQueue()
    var exchange: Exchange?
    var responseFraming = BodyFraming.none
    var keepsAlive = true
    /// Protocols were switched: what comes and goes is no HTTP any more.
    var isTunnel = false
    var outputIsFull = false
    var flushIsScheduled = false

    private var registration: Registration?
    private var interest = Interest.read
    private var timer: TimerToken?
    private var wait: Wait?
    private var waitingSince = MonotonicTime(nanoseconds: 0)
    private var bodyPace: Pace
    private var sendPace: Pace
    private var isProcessing = false
    /// TLS may need to write in order to read, and the other way round.
    private var readWantsWrite = false
    private var writeWantsRead = false

    init(_ stream: ByteStream, peer: PeerConnection, source: ClientNetwork?, server: Server) {
        self.stream = stream
        self.source = source
        bodyPace = Pace(server.limits)
        sendPace = bodyPace
        self.peer = peer
        self.server = server
    }

    /// Registers with the loop and begins the handshake.
    func start() {
        do throws(SystemFault) {
            registration = try server.loop.register(stream.descriptor, .read, self)
        } catch {
            return close(.socket(error))
        }
        if stream.tls == nil {
            opened()
        } else {
            giveTime(for: .handshake)
            server.idle.append(self)
            // The ClientHello has come by now, as a rule.
            advanceHandshake()
        }
    }

    func ready(_ readiness: Readiness) {
        if phase == .closed { return }
        if readiness.contains(.error) || (readiness.contains(.hangup) && !readiness.contains(.readable)) {
            return close(.closedEarly)
        }
        if phase == .handshake { return advanceHandshake() }
        if readiness.contains(.writable) || writeWantsRead { flush() }
        if readiness.contains(.readable) || readWantsWrite { pump() }
        if phase != .closed { updateInterest() }
    }

    // MARK: Handshake

    private func advanceHandshake() {
        switch stream.handshake() {
        case .done:
            server.handshakeSucceeded(self)
            opened()
        case .wantRead:
            setInterest(.read)
        case .wantWrite:
            setInterest(.write)
        case .failed(let fault):
            close(.tls(fault))
        }
    }

    private func opened() {
        phase = .idle
        server.idle.remove(self)
        server.connectionIsIdle(self)
        // The first request gets the time a head may take, not the longer keep-alive time.
        giveTime(for: .header)
        server.service.connectionOpened(peer)
        // Requests often come with the end of the handshake. Others are told by the socket.
        if phase != .closed, stream.hasPendingInput { pump() }
        if phase != .closed { updateInterest() }
    }

    // MARK: Input

    /// Reads what there is, within one turn's share, and works through it.
    func pump() {
        var share = BufferSize.readPerTurnMax
        readWantsWrite = false
        while phase != .closed, wantsInput {
            if share <= 0 {
                // The socket announces itself again; bytes that TLS holds do not.
                if stream.hasPendingInput { server.loop.soon { [self] in pump() } }
                return
            }
            switch server.buffer.read(from: stream) {
            case .bytes(let count):
                share -= count
                server.buffer.withBytes(count) { input.append($0) }
                let isEmpty = stream.isProbablyEmpty(after: count)
                process()
                if isEmpty { return }
            case .wantRead:
                return
            case .wantWrite:
                readWantsWrite = true
                return
            case .closed:
                inputHasEnded = true
                return inputEnded()
            case .failed(let fault):
                return close(fault)
            }
        }
    }

    private var wantsInput: Bool {
        if inputHasEnded { return false }
        return switch phase {
        case .handshake, .closed: false
        case .idle, .head, .lingering: true
        case .exchange:
            // With the body complete, reading goes on a little: a client that leaves shall be noticed.
            body == nil ? input.count < BufferSize.pipelinedMax : bodyIsWanted
        }
    }

    private func inputEnded() {
        switch phase {
        case .idle: close(nil)
        case .exchange, .head: close(isTunnel ? nil : .closedEarly)
        case .lingering: if output.isEmpty { close(nil) }  // else when all is sent
        case .handshake, .closed: break
        }
    }

    /// Works through buffered input: heads, bodies, the next pipelined head.
    func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        var goesOn = true
        while goesOn, phase != .closed {
            switch phase {
            case .idle, .head: goesOn = parseHead()
            case .exchange: goesOn = decodeBody()
            case .lingering:
                input.removeAll()
                goesOn = false
            case .handshake, .closed: goesOn = false
            }
        }
    }

    /// Returns true when there may be more to do.
    private func parseHead() -> Bool {
        guard !input.isEmpty else { return false }
        switch parsedHead() {
        case .incomplete:
            if phase == .idle {
                phase = .head
                server.idle.remove(self)
                if peer.requestCount > 0 { giveTime(for: .header) }
            }
            return false
        case .malformed(let fault):
            refuse(fault)
            return false
        case .head(let head, let consumed):
            input.consume(consumed)
            partialHead = nil
            begin(head)
            return true
        }
    }

    private func parsedHead() -> HeadResult<RequestHead> {
        if let partialHead { return input.withSpan { partialHead.parser.parse($0) } }
        var parser = RequestParser(limits: server.limits.http)
        let result = input.withSpan { parser.parse($0) }
        if case .incomplete = result { partialHead = PartialHead(parser) }
        return result
    }

    private func begin(_ head: RequestHead) {
        phase = .exchange
        server.idle.remove(self)
        disarm()
        bodyPace = Pace(server.limits)
        if output.isEmpty { sendPace = bodyPace }
        peer.requestCount += 1
        keepsAlive =
            head.keepsAlive && !server.isDraining
            && peer.requestCount < server.limits.requestsPerConnectionMax
        expectsContinue = head.expectsContinue
        bodyIsWanted = false
        body = head.body == .none ? nil : BodyDecoding(head.body, limits: server.limits.http)
        server.exchangeCount += 1
        let exchangesMax = server.limits.exchangesMax
        let exchange = Exchange(
            head, on: peer, channel: self, at: server.loop.now,
            isBeyondCapacity: exchangesMax > 0 && server.exchangeCount > exchangesMax)
        self.exchange = exchange
        server.service.serve(exchange)
    }

    /// Returns true when there may be more to do.
    private func decodeBody() -> Bool {
        guard bodyIsWanted, let exchange, let body else { return false }
        var step = BodyStep.needMore(consumed: 0)
        input.withSpan { bytes in
            step = body.decoder.decode(bytes)
            if case .data(let range, _) = step {
                exchange.bodyBytesReceived += UInt64(range.count)
                exchange.observer?.exchange(exchange, received: bytes.extracting(range))
            }
        }
        switch step {
        case .data(_, let consumed):
            if phase == .closed { return false }
            input.consume(consumed)
            if wait == .body { settle() }
            bodyPace.progressed(byteCount: consumed)
            awaitBody()
            return true
        case .needMore(let consumed):
            input.consume(consumed)
            return false
        case .end(let consumed):
            input.consume(consumed)
            self.body = nil
            if output.isEmpty { disarm() }
            exchange.observer?.exchangeReceivedBody(exchange)
            return true
        case .malformed(let fault):
            if exchange.status == nil {
                exchange.connectionLost()
                refuse(fault)
            } else {
                close(.closedEarly)
            }
            return false
        }
    }

    /// Answers what can't be read, and ends the connection.
    private func refuse(_ fault: HTTPFault) {
        letGoOfExchange()
        keepsAlive = false
        let response = server.service.response(to: fault, on: peer)
        write(
            ResponseHead(status: response.status, headers: response.headers),
            body: .length(UInt64(response.body.count)))
        output.append(response.body)
        endConnection()
    }

    // MARK: Ending

    /// The response is queued whole: on to the next request, or to the end of the connection.
    func exchangeFinished() {
        letGoOfExchange()
        if body != nil || !keepsAlive || server.isDraining { return endConnection() }
        phase = .idle
        giveTime(for: .keepAlive)
        if output.isEmpty { server.connectionIsIdle(self) }
        if isProcessing { return }  // the loop in `process` goes on with the next head
        process()
        // Input that TLS decrypted while this exchange was busy is not announced again.
        if phase != .closed, stream.hasPendingInput { pump() }
    }

    private func letGoOfExchange() {
        if exchange != nil { server.exchangeCount -= 1 }
        exchange = nil
    }

    /// Sends what is queued, then waits a little for the client to close, so that the last response is not
    /// lost.
    func endConnection() {
        phase = .lingering
        server.idle.remove(self)
        body = nil
        giveTime(for: .linger)
        scheduleFlush()
    }

    func close(_ fault: StreamFault?) {
        guard phase != .closed else { return }
        let wasOpen = phase != .handshake || fault != nil
        phase = .closed
        server.idle.remove(self)
        disarm()
        if let timer { server.loop.cancel(timer) }
        if let registration { server.loop.deregister(registration, isClosing: true) }
        registration = nil
        let exchange = self.exchange
        letGoOfExchange()
        exchange?.connectionLost()
        stream.close()
        input.removeAll()
        output.removeAll()
        server.connectionEnded(self, fault: fault, wasOpen: wasOpen)
    }

    /// For a draining server: idle connections end now, busy ones after their exchange.
    func drain() {
        if phase == .handshake || phase == .idle && output.isEmpty { return close(nil) }
        if phase == .idle { endConnection() }  // the last response is still on its way
    }

    /// The time of a drain is over. Whoever was idle loses nothing.
    func cutOff() {
        close(phase == .idle && output.isEmpty ? nil : .timeout("drain"))
    }

    // MARK: Output

    func scheduleFlush() {
        guard !flushIsScheduled else { return }
        flushIsScheduled = true
        server.loop.atTurnEnd(self)
    }

    func turnEnds() {
        flushIsScheduled = false
        guard phase != .closed else { return }
        flush()
        if phase != .closed { updateInterest() }
    }

    func flush() {
        writeWantsRead = false
        var hasProgressed = false
        while !output.isEmpty {
            switch unsafe output.withBytes({ unsafe stream.write($0) }) {
            case .bytes(let count):
                output.consume(count)
                if wait == .send { settle() }
                sendPace.progressed(byteCount: count)
                hasProgressed = true
            case .wantWrite:
                if hasProgressed || wait != .send { giveTime(for: .send) }
                return
            case .wantRead:
                writeWantsRead = true
                if hasProgressed || wait != .send { giveTime(for: .send) }
                return
            case .closed:
                return close(.closedEarly)
            case .failed(let fault):
                return close(fault)
            }
            if outputIsFull, output.count < BufferSize.outputLow {
                outputIsFull = false
                if let exchange { exchange.observer?.exchangeCanSend(exchange) }
                if phase == .closed { return }
            }
        }
        flushed()
    }

    /// All that was queued is sent: time runs for something else now.
    private func flushed() {
        switch phase {
        case .exchange: if wait == .send { awaitBody() }
        case .idle:
            if wait == .send { giveTime(for: .keepAlive) }
            server.connectionIsIdle(self)
        case .head: if wait == .send { giveTime(for: .header) }
        case .lingering:
            giveTime(for: .linger)
            finishWritingOnce()
        case .handshake, .closed: break
        }
    }

    private var hasFinishedWriting = false

    private func finishWritingOnce() {
        guard !hasFinishedWriting else { return }
        hasFinishedWriting = true
        giveTime(for: .linger)
        if inputHasEnded { return close(nil) }
        stream.finishWriting()
    }

    // MARK: Readiness and time

    private func updateInterest() {
        var wanted: Interest = []
        if wantsInput || writeWantsRead { wanted.insert(.read) }
        if !output.isEmpty && !writeWantsRead || readWantsWrite { wanted.insert(.write) }
        setInterest(wanted)
    }

    private func setInterest(_ wanted: Interest) {
        guard wanted != interest, let registration else { return }
        interest = wanted
        server.loop.update(registration, wanted)
    }

    private func giveTime(for what: Wait) {
        settle()
        wait = what
        let limits = server.limits
        let milliseconds =
            switch what {
            case .handshake: limits.handshakeSeconds * 1000
            case .header: limits.headerSeconds * 1000
            case .body: bodyPace.millisecondsLeft
            case .send: sendPace.millisecondsLeft
            case .keepAlive: limits.keepAliveSeconds * 1000
            case .linger: limits.lingerSeconds * 1000
            }
        if let timer, server.loop.rearm(timer, milliseconds: milliseconds) { return }
        // Holds the connection until `close`. A weak reference would make each count of it dearer.
        timer = server.loop.after(milliseconds: milliseconds) { [self] in
            timer = nil
            if let wait { timeOut(wait) }
        }
    }

    /// Time runs for a client that is asked for its body, not for one that is asked to wait.
    func awaitBody() {
        guard phase == .exchange else { return }
        // A tunnel's time is kept by whoever opened it, for both directions together.
        if body != nil, bodyIsWanted, !isTunnel { giveTime(for: .body) } else if output.isEmpty { disarm() }
    }

    /// Counts the time since the client was last waited for, where its pace counts.
    private func settle() {
        let waited = server.loop.now.microseconds(since: waitingSince) / 1000
        if wait == .body { bodyPace.waited(milliseconds: waited) }
        if wait == .send { sendPace.waited(milliseconds: waited) }
        waitingSince = server.loop.now
    }

    /// No time runs. The timer stays, for the next wait to set anew: should it fire, there is none.
    private func disarm() {
        settle()
        wait = nil
    }

    private func timeOut(_ what: Wait) {
        // An idle or lingering connection has done nothing wrong.
        close(what == .keepAlive || what == .linger ? nil : .timeout(what.rawValue))
    }
}

extension Pace {
    fileprivate init(_ limits: ServingLimits) {
        self.init(idleSeconds: limits.bodyIdleSeconds, bytesPerSecondMin: limits.bytesPerSecondMin)
    }
}
