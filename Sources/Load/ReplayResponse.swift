import HTTP
import Traces

/// Takes one response in, in any framing, and keeps of it what a run wants to know.
struct ReplayResponse {
    enum Progress { case incomplete, complete, malformed(String) }

    private(set) var status = 0
    private(set) var keepsAlive = false
    private(set) var outcome: ReportedOutcome?

    private var parser = ResponseParser(requestMethod: "GET")
    private var head: [UInt8] = []
    private var body: BodyDecoder?

    /// Nothing may follow the response.
    mutating func take(_ bytes: Span<UInt8>) -> Progress {
        if body != nil { return takeBody(bytes) }
        // Most responses come whole: the head is copied only when it is cut.
        guard head.isEmpty else {
            for index in bytes.indices { head.append(bytes[index]) }
            let whole = head
            return takeHead(whole.span)
        }
        let progress = takeHead(bytes)
        if case .incomplete = progress, body == nil, head.isEmpty {
            for index in bytes.indices { head.append(bytes[index]) }
        }
        return progress
    }

    /// Whether the end of the connection is the proper end of the response.
    mutating func inputClosed() -> Bool { body?.inputClosed() ?? false }

    private mutating func takeHead(_ bytes: Span<UInt8>) -> Progress {
        switch parser.parse(bytes) {
        case .incomplete: return .incomplete
        case .malformed(let fault): return .malformed(fault.reason)
        case .head(let head, let consumed):
            self.head = []
            // An interim response is none.
            guard head.status >= 200 else { return take(bytes.extracting(droppingFirst: consumed)) }
            status = head.status
            keepsAlive = head.keepsAlive
            outcome = head.headers[ReportedOutcome.fieldName].flatMap(ReportedOutcome.init)
            body = BodyDecoder(head.body)
            return takeBody(bytes.extracting(droppingFirst: consumed))
        }
    }

    private mutating func takeBody(_ bytes: Span<UInt8>) -> Progress {
        var rest = bytes
        while true {
            guard let step = body?.decode(rest) else { return .malformed("no head") }
            switch step {
            case .data(_, let consumed): rest = rest.extracting(droppingFirst: consumed)
            case .needMore: return body?.isComplete == true ? .complete : .incomplete
            case .end(let consumed):
                return consumed == rest.count ? .complete : .malformed("bytes behind the response")
            case .malformed(let fault): return .malformed(fault.reason)
            }
        }
    }
}
