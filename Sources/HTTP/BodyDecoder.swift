/// What decoding a body came to. Ranges lie in the input; `consumed` bytes of it are done with.
public enum BodyStep: Sendable, Equatable {
    case data(Range<Int>, consumed: Int)
    case needMore(consumed: Int)
    case end(consumed: Int)
    case malformed(HTTPFault)
}

/// Takes a body out of its framing, without copying (RFC 9112 §7.1). Trailers are read within limits and
/// dropped.
public struct BodyDecoder: Sendable {
    private enum State {
        case fixed(UInt64)
        case untilClose
        case chunkSize
        case chunkData(UInt64)
        case chunkEnd
        case trailer
        case complete
    }

    private let limits: HTTPLimits
    private var state: State
    private var trailerBytes = 0

    public init(_ framing: BodyFraming, limits: HTTPLimits = .standard) {
        self.limits = limits
        state =
            switch framing {
            case .none, .length(0): .complete
            case .length(let count): .fixed(count)
            case .chunked: .chunkSize
            case .untilClose: .untilClose
            }
    }

    public var isComplete: Bool {
        if case .complete = state { return true }
        return false
    }

    /// True when the end of the connection is the proper end of the body.
    public mutating func inputClosed() -> Bool {
        switch state {
        case .untilClose, .complete:
            state = .complete
            return true
        default: return false
        }
    }

    /// Call again with the rest of the input until it says `needMore`, `end` or `malformed`.
    public mutating func decode(_ input: Span<UInt8>) -> BodyStep {
        switch state {
        case .complete: return .end(consumed: 0)
        case .fixed(let left):
            return data(input, left, consumedBefore: 0) { $0 == 0 ? .complete : .fixed($0) }
        case .untilClose:
            return input.isEmpty ? .needMore(consumed: 0) : .data(0..<input.count, consumed: input.count)
        case .chunkSize, .chunkData, .chunkEnd, .trailer: return decodeChunked(input)
        }
    }

    private mutating func data(
        _ input: Span<UInt8>, _ left: UInt64, consumedBefore start: Int, next: (UInt64) -> State
    ) -> BodyStep {
        let count = Int(min(UInt64(input.count - start), left))
        if count == 0 { return .needMore(consumed: start) }
        state = next(left - UInt64(count))
        return .data(start..<start + count, consumed: start + count)
    }

    private mutating func decodeChunked(_ input: Span<UInt8>) -> BodyStep {
        var index = 0
        while true {
            switch state {
            case .chunkData(let left):
                return data(input, left, consumedBefore: index) { $0 == 0 ? .chunkEnd : .chunkData($0) }
            case .chunkEnd:
                guard input.count - index >= 2 else {
                    if index < input.count, input[index] != .cr { return .malformed(.chunkData) }
                    return .needMore(consumed: index)
                }
                guard input[index] == .cr, input[index + 1] == .lf else { return .malformed(.chunkData) }
                index += 2
                state = .chunkSize
            case .chunkSize:
                switch line(input, from: index, bytesMax: limits.chunkLineBytesMax, fault: .chunkSize) {
                case .failure(let fault): return .malformed(fault)
                case .success(nil): return .needMore(consumed: index)
                case .success(let end?):
                    guard let size = Self.chunkSize(input, index..<end) else { return .malformed(.chunkSize) }
                    index = end + 2
                    state = size == 0 ? .trailer : .chunkData(size)
                }
            case .trailer:
                let room = limits.trailerBytesMax - trailerBytes
                switch line(input, from: index, bytesMax: room, fault: .trailer) {
                case .failure(let fault): return .malformed(fault)
                case .success(nil): return .needMore(consumed: index)
                case .success(let end?):
                    let range = index..<end
                    index = end + 2
                    if range.isEmpty {
                        state = .complete
                        return .end(consumed: index)
                    }
                    trailerBytes += range.count + 2
                    do throws(HTTPFault) { _ = try FieldLine.parse(input, range) } catch {
                        return .malformed(error)
                    }
                }
            case .complete, .fixed, .untilClose:
                return .end(consumed: index)
            }
        }
    }

    /// Where the line from `start` ends; nil when it is not all there.
    private func line(
        _ input: Span<UInt8>, from start: Int, bytesMax: Int, fault: HTTPFault
    ) -> Result<Int?, HTTPFault> {
        var index = start
        while index < input.count {
            if input[index] == .lf { return .failure(fault) }
            if input[index] == .cr {
                guard index + 1 < input.count else { return .success(nil) }
                return input[index + 1] == .lf ? .success(index) : .failure(fault)
            }
            index += 1
            if index - start > bytesMax { return .failure(fault) }
        }
        return .success(nil)
    }

    /// One to sixteen hexadecimal digits, then nothing or an extension, which is ignored.
    private static func chunkSize(_ input: Span<UInt8>, _ line: Range<Int>) -> UInt64? {
        var size: UInt64 = 0
        var index = line.lowerBound
        while index < line.upperBound, let digit = input[index].hexValue {
            if index - line.lowerBound >= 15 { return nil }  // 2⁶⁰ bytes are enough
            size = size << 4 | UInt64(digit)
            index += 1
        }
        guard index > line.lowerBound else { return nil }
        if index == line.upperBound { return size }
        guard input[index] == UInt8(ascii: ";") else { return nil }
        for index in index..<line.upperBound where !input[index].isFieldValueCharacter { return nil }
        return size
    }
}
