import HTTP

/// Everything a parser told of a head, as text: two outcomes are the same when their texts are.
func outcome(_ result: HeadResult<RequestHead>) -> String? {
    switch result {
    case .incomplete: nil
    case .malformed(let fault): "malformed \(fault)"
    case .head(let head, let consumed):
        "\(consumed) \(head.method) \(head.target) \(head.minorVersion) \(head.host) \(head.hostPort ?? 0) "
            + "\(head.body) \(head.keepsAlive) \(head.expectsContinue) \(lines(head.headers))"
    }
}

func outcome(_ result: HeadResult<ResponseHead>) -> String? {
    switch result {
    case .incomplete: nil
    case .malformed(let fault): "malformed \(fault)"
    case .head(let head, let consumed):
        "\(consumed) \(head.status) \(head.reason) \(head.minorVersion) \(head.body) \(head.keepsAlive) "
            + lines(head.headers)
    }
}

func lines(_ fields: HeaderFields) -> String {
    fields.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
}

/// What a fresh parser says of the bytes all at once, or when they arrive in pieces of the given size.
func requestOutcome(_ bytes: [UInt8], pieces size: Int? = nil, limits: HTTPLimits = .standard) -> String {
    var parser = RequestParser(limits: limits)
    return firstOutcome(bytes, pieces: size) { outcome(parser.parse($0)) }
}

func responseOutcome(_ bytes: [UInt8], pieces size: Int? = nil, limits: HTTPLimits = .standard) -> String {
    var parser = ResponseParser(limits: limits, requestMethod: "GET")
    return firstOutcome(bytes, pieces: size) { outcome(parser.parse($0)) }
}

private func firstOutcome(_ bytes: [UInt8], pieces size: Int?, _ parse: (Span<UInt8>) -> String?) -> String {
    var length = 0
    while length < bytes.count {
        length = min(bytes.count, length + (size ?? bytes.count))
        if let outcome = parse(bytes.span.extracting(first: length)) { return outcome }
    }
    return "incomplete"
}

/// A small seeded generator, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// Replaces, inserts or removes up to three bytes.
    mutating func mutate(_ bytes: inout [UInt8]) {
        for _ in 0...below(3) where !bytes.isEmpty {
            let place = below(bytes.count)
            let byte = Self.alphabet[below(Self.alphabet.count)]
            switch below(3) {
            case 0: bytes[place] = byte
            case 1: bytes.insert(byte, at: place)
            default: bytes.remove(at: place)
            }
        }
    }

    private static let alphabet: [UInt8] =
        Array("\r\n\r\n\t :;,/?#%0aAzZ[]@+\u{0}\u{7F}".utf8) + [0x80, 0xFF]
}
