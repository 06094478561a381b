import HTTP
import Reactor

/// HTTP/1.1 under an exchange.
extension ServerConnection: ExchangeChannel {
    func bodyWanted(_ wanted: Bool) {
        guard phase == .exchange, wanted != bodyIsWanted else { return }
        bodyIsWanted = wanted
        awaitBody()
        guard wanted else { return }
        if expectsContinue, body != nil {
            expectsContinue = false
            inform(ResponseHead(status: 100, headers: HeaderFields()))
        }
        // Not at once: the caller is in the middle of something, and this may call it back.
        server.loop.soon { [self] in
            guard phase == .exchange else { return }
            process()
            ready([.readable])
        }
    }

    func inform(_ head: ResponseHead) {
        output.append { HTTPSerializer.append(head, to: &$0) }
        scheduleFlush()
    }

    func switchProtocols(_ head: ResponseHead) {
        guard phase == .exchange, body == nil else { return }
        inform(head)
        isTunnel = true
        keepsAlive = false
        responseFraming = .untilClose
        body = BodyDecoding(.untilClose, limits: server.limits.http)
        bodyWanted(true)
    }

    func respond(_ head: ResponseHead, body framing: BodyFraming) {
        write(head, body: framing)
        scheduleFlush()
    }

    func send(_ bytes: Span<UInt8>) -> Bool {
        if bytes.isEmpty { return !outputIsFull }
        switch responseFraming {
        case .none: return true  // HEAD, 204, 304: what the service says of a body is not sent
        case .chunked: output.append { HTTPSerializer.appendChunk(bytes, to: &$0) }
        case .length, .untilClose: output.append(bytes)
        }
        if output.count >= BufferSize.outputHigh { outputIsFull = true }
        scheduleFlush()
        return !outputIsFull
    }

    func finish() {
        guard phase == .exchange else { return }
        if responseFraming == .chunked { output.append(HTTPSerializer.lastChunk) }
        scheduleFlush()
        exchangeFinished()
    }

    func abort() {
        close(.closedEarly)
    }

    func ended(_ exchange: Exchange) { server.service.exchangeEnded(exchange) }

    /// Queues a response head with the framing that this request allows.
    func write(_ head: ResponseHead, body framing: BodyFraming) {
        var head = head
        head.headers.remove("Transfer-Encoding")
        head.headers.remove("Connection")
        head.headers.set("Date", server.date)
        if server.isDraining || peer.isLastExchange { keepsAlive = false }
        responseFraming = allowed(framing, for: head.status)
        switch framing {
        case .length(let count): head.headers.set("Content-Length", String(count))
        case .chunked, .untilClose:
            head.headers.remove("Content-Length")
            if responseFraming == .chunked { head.headers.set("Transfer-Encoding", "chunked") }
        case .none: break
        }
        if head.status == 204 { head.headers.remove("Content-Length") }  // RFC 9110 §8.6
        if !keepsAlive { head.headers.set("Connection", "close") }
        output.append { HTTPSerializer.append(head, to: &$0) }
    }

    private func allowed(_ framing: BodyFraming, for status: Int) -> BodyFraming {
        if exchange?.request.method == "HEAD" || status == 204 || status == 304 { return .none }
        switch framing {
        case .none, .length: return framing
        case .chunked, .untilClose:
            if let request = exchange?.request, request.minorVersion >= 1 { return .chunked }
            keepsAlive = false
            return .untilClose
        }
    }
}
