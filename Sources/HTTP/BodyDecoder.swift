/// What decoding a body came to. Ranges lie in the input; `consumed` bytes of it are done with.
public enum BodyStep: Sendable, Equatable {
    case data(Range<Int>, consumed: Int)
    case needMore(consumed: Int)
    case end(consumed: Int)
    case malformed(HTTPFault)
}

/// Takes a body out of its framing, without copying (RFC 9112 §7.1). Chunk extensions and trailers are read
/// within limits and dropped. Every byte is looked at once, however small the pieces.
public struct BodyDecoder: Sendable {
    private enum State {
        case fixed(UInt64)
        case untilClose
        case chunkSize(ChunkSizeLine)
        case chunkData(UInt64)
        case chunkDataCR, chunkDataLF
        case trailers(TrailerLines)
        case complete
        case failed(HTTPFault)
    }

    private let limits: HTTPLimits
    private var state: State
    private var extensionBytes = 0

    public init(_ framing: BodyFraming, limits: HTTPLimits = .standard) {
        self.limits = limits
        state =
            switch framing {
            case .none, .length(0): .complete
            case .length(let count): .fixed(count)
            case .chunked: .chunkSize(ChunkSizeLine())
            case .untilClose: .untilClose
            }
    }

    /// All of the body has been decoded; true as soon as its last byte has.
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
        var index = 0
        while true {
            switch state {
            case .complete:
                return .end(consumed: index)
            case .failed(let fault):
                return .malformed(fault)
            case .fixed(let left):
                return take(input, from: index, atMost: left) { $0 == 0 ? .complete : .fixed($0) }
            case .chunkData(let left):
                return take(input, from: index, atMost: left) { $0 == 0 ? .chunkDataCR : .chunkData($0) }
            case .untilClose:
                return take(input, from: index, atMost: .max) { _ in .untilClose }
            case .chunkSize, .chunkDataCR, .chunkDataLF, .trailers:
                guard index < input.count else { return .needMore(consumed: index) }
                do throws(HTTPFault) {
                    state = try state(after: input[index])
                } catch {
                    state = .failed(error)
                }
                index += 1
            }
        }
    }

    private mutating func take(
        _ input: Span<UInt8>, from start: Int, atMost left: UInt64, next: (UInt64) -> State
    ) -> BodyStep {
        let count = Int(min(UInt64(input.count - start), left))
        if count == 0 { return .needMore(consumed: start) }
        state = next(left - UInt64(count))
        return .data(start..<start + count, consumed: start + count)
    }

    /// One byte further in what frames the chunks.
    private mutating func state(after byte: UInt8) throws(HTTPFault) -> State {
        switch state {
        case .chunkDataCR:
            guard byte == .cr else { throw .chunkData }
            return .chunkDataLF
        case .chunkDataLF:
            guard byte == .lf else { throw .chunkData }
            return .chunkSize(ChunkSizeLine())
        case .chunkSize(var line):
            guard let size = try line.take(byte, bytesMax: limits.chunkLineBytesMax) else {
                return .chunkSize(line)
            }
            extensionBytes += line.extensionBytes
            guard extensionBytes <= limits.chunkExtensionBytesMax else { throw .chunkSize }
            return size == 0 ? .trailers(TrailerLines(limits)) : .chunkData(size)
        case .trailers(var lines):
            return try lines.take(byte) ? .complete : .trailers(lines)
        case .fixed, .untilClose, .chunkData, .complete, .failed:
            return state
        }
    }
}
