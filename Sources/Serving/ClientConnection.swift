public import HTTP
public import Reactor
public import TLS

/// A request as a client sends it. `Host` is among the headers; framing headers are added.
public struct ClientRequest: Sendable {
    public var method: String
    public var target: String
    public var headers: HeaderFields
    public var body: BodyFraming

    public init(method: String, target: String, headers: HeaderFields, body: BodyFraming = .none) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }
}

/// What a client connection tells whoever sent the request.
public protocol ClientObserver: AnyObject {
    func client(_ connection: ClientConnection, received head: ResponseHead)
    func client(_ connection: ClientConnection, received bytes: Span<UInt8>)
    func clientReceivedResponse(_ connection: ClientConnection)
    func clientCanSend(_ connection: ClientConnection)
    func client(_ connection: ClientConnection, failed failure: ClientFailure)
}

/// Why a request got no (whole) response.
public struct ClientFailure: Error, Sendable {
    public enum Stage: String, Sendable { case connect, handshake, request, response }
    public let stage: Stage
    /// Not one byte of the request left this process: it may be sent again elsewhere.
    public let nothingSent: Bool
    public let fault: Fault

    public enum Fault: Sendable {
        case stream(StreamFault)
        /// The server broke the protocol.
        case malformed(HTTPFault)
    }

    /// Short and stable, for logs and metrics.
    public var code: String {
        switch fault {
        case .stream(let fault): "\(stage.rawValue).\(fault.code)"
        case .malformed(let fault): "\(stage.rawValue).malformed.\(fault.reason)"
        }
    }
}

/// Time limits of a client connection, in seconds.
public struct ClientLimits: Sendable, Hashable {
    public var connectSeconds = 3
    /// Without progress while a response is awaited or read.
    public var responseSeconds = 30
    /// Unused in a pool. Less than servers keep connections, so that they rarely close one in our hands.
    public var idleSeconds = 15
    public var http = HTTPLimits.standard

    public init() {}
}

/// One connection to a server: plain or TLS, one request at a time, kept alive between them.
///
/// Phases: `connecting → handshake → idle ⇄ busy → closed`. A request may be sent at once; it leaves when the
/// connection stands. Confined to its loop; held by whoever uses it.
public final class ClientConnection: ReadinessHandler, TurnEndHandler {
    enum Phase { case connecting, handshake, idle, busy, closed }

    let loop: EventLoop
    let limits: ClientLimits
    private(set) var phase = Phase.connecting
    public private(set) var requestCount = 0
    /// Called whenever a response is complete and the connection may be used again.
    public var onIdle: ((ClientConnection) -> Void)?
    public var onClose: ((ClientConnection) -> Void)?

    private let stream: ByteStream
    private var registration: Registration?
    private var interest = Interest.write
    private var timer: TimerToken?
    private var armedFor: StaticString = "connect"
    private var input = ByteQueue()
    private var output = ByteQueue()
    private var outputIsFull = false
    private var flushIsScheduled = false
    private let scratch: ReadBuffer

    /// Held until the response is there whole, or the connection is closed.
    private var observer: (any ClientObserver)?
    private var parser: ResponseParser?
    private var body: BodyDecoder?
    /// The framing of the request that is under way; nil when none is.
    private var requestBody: BodyFraming?
    private var requestMethod = ""
    private var requestIsComplete = true
    private var responseIsWanted = true
    private var serverKeepsAlive = true
    private var sentSomething = false
    private var isProcessing = false
    private var interimCount = 0
    private var isTunnel = false

    public init(
        to endpoint: Endpoint, tls: (context: ClientContext, serverName: String)? = nil, on loop: EventLoop,
        limits: ClientLimits = ClientLimits(), buffer: ReadBuffer = ReadBuffer()
    ) throws(StreamFault) {
        self.loop = loop
        self.limits = limits
        scratch = buffer
        let descriptor: Int32
        do { descriptor = try Sockets.connect(endpoint) } catch { throw .socket(error) }
        var session: TLSConnection?
        if let tls {
            do {
                session = try TLSConnection(
                    connecting: tls.context, socket: descriptor, serverName: tls.serverName)
            } catch {
                Sockets.close(descriptor)
                throw .tls(error)
            }
        }
        stream = ByteStream(descriptor: descriptor, tls: session)
        do { registration = try loop.register(descriptor, .write, self) } catch { throw .socket(error) }
        arm(limits.connectSeconds, "connect")
    }

    /// The TLS side of the connection, for clients that look at it.
    public var tls: TLSConnection? { stream.tls }
    public var isUsable: Bool { phase == .idle }

    /// Sends a request head. The body follows with `sendBody` and `finishBody` unless there is none.
    public func send(_ request: ClientRequest, observer: any ClientObserver) {
        precondition(requestBody == nil && phase != .closed, "one request at a time")
        self.observer = observer
        requestBody = request.body
        requestMethod = request.method
        requestCount += 1
        parser = ResponseParser(limits: limits.http, requestMethod: request.method)
        requestIsComplete = request.body == .none
        sentSomething = false
        interimCount = 0
        var headers = request.headers
        switch request.body {
        case .none, .untilClose: break
        case .length(let count): headers.set("Content-Length", String(count))
        case .chunked: headers.set("Transfer-Encoding", "chunked")
        }
        output.append {
            HTTPSerializer.append(method: request.method, target: request.target, headers: headers, to: &$0)
        }
        if phase == .idle {
            phase = .busy
            arm(limits.responseSeconds, "response")
            scheduleFlush()
        }
    }

    /// Sends part of the request body. Returns false when the server is slow: wait for `clientCanSend`.
    public func sendBody(_ bytes: Span<UInt8>) -> Bool {
        guard phase != .closed, let requestBody, !bytes.isEmpty else { return !outputIsFull }
        if requestBody == .chunked {
            output.append { HTTPSerializer.appendChunk(bytes, to: &$0) }
        } else {
            output.append(bytes)
        }
        if output.count >= BufferSize.outputHigh { outputIsFull = true }
        scheduleFlush()
        return !outputIsFull
    }

    public func finishBody() {
        guard phase != .closed, let requestBody, !requestIsComplete else { return }
        requestIsComplete = true
        if requestBody == .chunked { output.append(HTTPSerializer.lastChunk) }
        scheduleFlush()
    }

    /// The server has switched protocols (101): from now on either side sends what it likes until one ends.
    /// Time is the caller's to keep. To be called while the head is told of.
    public func openTunnel() {
        guard phase == .busy, requestBody != nil else { return }
        isTunnel = true
        requestBody = .untilClose
        requestIsComplete = false
        serverKeepsAlive = false
        body = BodyDecoder(.untilClose, limits: limits.http)
        disarm()
    }

    /// Asks the server to wait (`false`) or to go on (`true`) with the response.
    public func wantResponse(_ wanted: Bool) {
        guard phase != .closed, wanted != responseIsWanted else { return }
        responseIsWanted = wanted
        if wanted {
            loop.soon { [self] in
                guard phase == .busy else { return }
                watchAgain()
                process()
                if phase == .busy { ready([.readable]) }
            }
        }
    }

    /// The server has hung up while its response waits to be read: the loop would report that at every
    /// turn. What has arrived is read when it is wanted.
    private func unwatch() {
        if let registration { loop.deregister(registration) }
        registration = nil
    }

    private func watchAgain() {
        guard registration == nil else { return }
        interest = .read
        registration = try? loop.register(stream.descriptor, .read, self)
    }

    /// Gives the connection up; the observer hears nothing more.
    public func close() {
        guard phase != .closed else { return }
        phase = .closed
        observer = nil
        disarm()
        if let registration { loop.deregister(registration, isClosing: true) }
        registration = nil
        stream.close()
        let onClose = self.onClose
        self.onClose = nil
        onIdle = nil
        onClose?(self)
    }

    public func ready(_ readiness: Readiness) {
        switch phase {
        case .closed: return
        case .connecting:
            if let fault = Sockets.connectOutcome(stream.descriptor) { return fail(.connect, .socket(fault)) }
            phase = .handshake
            Sockets.setNoDelay(stream.descriptor)
            advanceHandshake()
        case .handshake: advanceHandshake()
        case .idle, .busy:
            if readiness.contains(.writable) { flush() }
            if !readiness.isDisjoint(with: [.readable, .hangup, .error]) { pump() }
            let isGone = !readiness.isDisjoint(with: [.hangup, .error])
            if phase == .busy, isGone, !responseIsWanted { return unwatch() }
        }
        updateInterest()
    }

    // MARK: Connecting

    private func advanceHandshake() {
        switch stream.handshake() {
        case .done:
            phase = requestBody == nil ? .idle : .busy
            arm(limits.responseSeconds, "response")
            flush()
            // A server may close, or answer, before it has read anything.
            if phase != .closed { pump() }
        case .wantRead: setInterest(.read)
        case .wantWrite: setInterest(.write)
        case .failed(let fault): fail(.handshake, .tls(fault))
        }
    }

    // MARK: Response

    private func pump() {
        var share = BufferSize.readPerTurnMax
        while phase == .idle || (phase == .busy && responseIsWanted) {
            if share <= 0 {
                if stream.hasPendingInput { loop.soon { [self] in ready([.readable]) } }
                return
            }
            switch scratch.read(from: stream) {
            case .bytes(let count):
                // Nothing was asked: what a server says unasked can't be trusted to belong to the next
                // request.
                if requestBody == nil { return close() }
                share -= count
                scratch.withBytes(count) { input.append($0) }
                let isEmpty = stream.isProbablyEmpty(after: count)
                process()
                if isEmpty { return }
            case .wantRead, .wantWrite: return
            case .closed: return inputEnded()
            case .failed(let fault): return fail(parser == nil ? .response : .request, fault)
            }
        }
    }

    private func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        var goesOn = true
        while goesOn, phase == .busy, responseIsWanted { goesOn = body == nil ? parseHead() : decodeBody() }
    }

    private func parseHead() -> Bool {
        guard !input.isEmpty, parser != nil else { return false }
        switch input.withSpan({ parser!.parse($0) }) {  // not nil: checked above
        case .incomplete: return false
        case .malformed(let fault):
            failMalformed(fault)
            return false
        case .head(let head, let consumed):
            input.consume(consumed)
            arm(limits.responseSeconds, "response")
            if (100..<200).contains(head.status), head.status != 101 {
                interimCount += 1
                if interimCount > Self.interimMax {
                    failMalformed(.interimFlood)
                    return false
                }
                parser = ResponseParser(limits: limits.http, requestMethod: requestMethod)
                return true  // interim responses are the gateway's own affair
            }
            parser = nil
            serverKeepsAlive = head.keepsAlive
            let framing = head.body
            body = BodyDecoder(framing, limits: limits.http)
            observer?.client(self, received: head)
            if phase == .busy, framing == .none, !isTunnel { responseEnded() }
            return phase == .busy
        }
    }

    private func decodeBody() -> Bool {
        var step = BodyStep.needMore(consumed: 0)
        input.withSpan { bytes in
            step = body!.decode(bytes)  // not nil: the caller checked
            if case .data(let range, _) = step { observer?.client(self, received: bytes.extracting(range)) }
        }
        guard phase == .busy else { return false }
        switch step {
        case .data(_, let consumed):
            input.consume(consumed)
            arm(limits.responseSeconds, "response")
            return true
        case .needMore(let consumed):
            input.consume(consumed)
            return false
        case .end(let consumed):
            input.consume(consumed)
            responseEnded()
            return false
        case .malformed(let fault):
            failMalformed(fault)
            return false
        }
    }

    private func responseEnded() {
        let observer = self.observer
        let isReusable = serverKeepsAlive && requestIsComplete && output.isEmpty && input.isEmpty
        self.observer = nil
        requestBody = nil
        body = nil
        parser = nil
        responseIsWanted = true
        if isReusable {
            phase = .idle
            arm(limits.idleSeconds, "idle")
        }
        observer?.clientReceivedResponse(self)
        if !isReusable { return close() }
        if phase == .idle { onIdle?(self) }
    }

    private func inputEnded() {
        if phase == .idle { return close() }
        if body?.inputClosed() == true {
            serverKeepsAlive = false
            return responseEnded()
        }
        fail(parser == nil ? .response : .request, .closedEarly)
    }

    // MARK: Failing

    private func failMalformed(_ fault: HTTPFault) {
        report(ClientFailure(stage: .response, nothingSent: false, fault: .malformed(fault)))
    }

    private func fail(_ stage: ClientFailure.Stage, _ fault: StreamFault) {
        report(ClientFailure(stage: stage, nothingSent: !sentSomething, fault: .stream(fault)))
    }

    private func report(_ failure: ClientFailure) {
        let observer = self.observer
        close()
        observer?.client(self, failed: failure)
    }

    // MARK: Output, readiness, time

    private func scheduleFlush() {
        guard !flushIsScheduled, phase == .busy else { return }
        flushIsScheduled = true
        loop.atTurnEnd(self)
    }

    public func turnEnds() {
        flushIsScheduled = false
        flush()
        updateInterest()
    }

    private func flush() {
        while phase == .busy, !output.isEmpty {
            switch unsafe output.withBytes({ unsafe stream.write($0) }) {
            case .bytes(let count):
                sentSomething = true
                output.consume(count)
                arm(limits.responseSeconds, "response")
            case .wantRead, .wantWrite: return
            case .closed: return writeFailed(.closedEarly)
            case .failed(let fault): return writeFailed(fault)
            }
            if outputIsFull, output.count < BufferSize.outputLow {
                outputIsFull = false
                observer?.clientCanSend(self)
            }
        }
    }

    /// The server may have answered before it hung up; if so, that answer counts.
    private func writeFailed(_ fault: StreamFault) {
        pump()
        guard phase == .busy else { return }
        guard parser == nil else { return fail(.request, fault) }
        output.removeAll()
        serverKeepsAlive = false
    }

    private func updateInterest() {
        guard phase == .idle || phase == .busy else { return }
        var wanted: Interest = []
        if phase == .idle || responseIsWanted { wanted.insert(.read) }
        if !output.isEmpty { wanted.insert(.write) }
        setInterest(wanted)
    }

    private func setInterest(_ wanted: Interest) {
        guard wanted != interest, let registration else { return }
        interest = wanted
        loop.update(registration, wanted)
    }

    private func arm(_ seconds: Int, _ name: StaticString) {
        if isTunnel { return disarm() }
        armedFor = name
        if let timer, loop.rearm(timer, milliseconds: seconds * 1000) { return }
        // Holds the connection until `close`. A weak reference would make each count of it dearer.
        timer = loop.after(milliseconds: seconds * 1000) { [self] in
            timer = nil
            timeOut()
        }
    }

    private func timeOut() {
        if phase == .idle { return close() }
        // A client that does not read its response is timed by its own connection.
        if phase == .busy, !responseIsWanted { return arm(limits.responseSeconds, armedFor) }
        let stage: ClientFailure.Stage =
            phase == .connecting ? .connect : phase == .handshake ? .handshake : .response
        fail(stage, .timeout("\(armedFor)"))
    }

    private func disarm() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    /// Interim responses to one request. Each gives the server time anew.
    private static let interimMax = 16
}
