import HTTP

/// Parses a request given as text, whole.
func parse(_ text: String, limits: HTTPLimits = .standard) -> HeadResult<RequestHead> {
    var parser = RequestParser(limits: limits)
    return parser.parse(Array(text.utf8).span)
}

func fault(_ text: String, limits: HTTPLimits = .standard) -> HTTPFault? {
    if case .malformed(let fault) = parse(text, limits: limits) { return fault }
    return nil
}

func parsedHead(_ text: String, limits: HTTPLimits = .standard) -> RequestHead? {
    if case .head(let head, _) = parse(text, limits: limits) { return head }
    return nil
}

func parseResponse(_ text: String, to method: String = "GET") -> HeadResult<ResponseHead> {
    var parser = ResponseParser(requestMethod: method)
    return parser.parse(Array(text.utf8).span)
}

func response(_ text: String, to method: String = "GET") -> ResponseHead? {
    if case .head(let head, _) = parseResponse(text, to: method) { return head }
    return nil
}

/// Decodes a body that arrives in pieces of the given size: its data, and the fault if there is one.
func decode(_ framing: BodyFraming, _ bytes: [UInt8], pieces size: Int, limits: HTTPLimits = .standard) -> (
    data: [UInt8], fault: HTTPFault?, rest: Int?
) {
    var decoder = BodyDecoder(framing, limits: limits)
    var buffer: [UInt8] = []
    var data: [UInt8] = []
    var offset = 0
    while true {
        let step = decoder.decode(buffer.span)
        switch step {
        case .data(let range, let consumed):
            data += buffer[range]
            buffer.removeFirst(consumed)
        case .needMore(let consumed):
            buffer.removeFirst(consumed)
            if offset == bytes.count { return (data, nil, nil) }
            let end = min(bytes.count, offset + size)
            buffer += bytes[offset..<end]
            offset = end
        case .end(let consumed):
            return (data, nil, buffer.count - consumed + bytes.count - offset)
        case .malformed(let fault):
            return (data, fault, nil)
        }
    }
}
