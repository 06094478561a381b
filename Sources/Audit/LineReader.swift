import Glibc
public import Logs

/// Reads a log's file line by line, in any size, with one buffer.
public struct LineReader: ~Copyable {
    /// One line, without its line feed.
    public struct Line {
        public let bytes: [UInt8]
        /// Counted from 1.
        public let number: Int
        /// False for the last line of a file that does not end with a line feed.
        public let isWhole: Bool
    }

    public let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var next = 0
    private var number = 0
    private var isAtEnd = false

    public init(_ path: String) throws(LogFault) {
        self.path = path
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        let code = errno
        guard descriptor >= 0 else { throw LogFault(operation: "open \(path)", code: code) }
    }

    deinit { _ = close(descriptor) }

    /// The next line; nil at the end. A line longer than a megabyte comes in pieces.
    public mutating func line() throws(LogFault) -> Line? {
        var searched = next
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                return take(upTo: end, isWhole: true)
            }
            if isAtEnd || buffer.count - next >= Self.lineBytesMax {
                return next < buffer.count ? take(upTo: buffer.count, isWhole: false) : nil
            }
            searched = buffer.count - next
            buffer.removeFirst(next)
            next = 0
            try fill()
        }
    }

    private mutating func take(upTo end: Int, isWhole: Bool) -> Line {
        number += 1
        let bytes = Array(buffer[next..<end])
        next = min(end + 1, buffer.count)
        return Line(bytes: bytes, number: number, isWhole: isWhole)
    }

    private mutating func fill() throws(LogFault) {
        var part = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe read(descriptor, &part, part.count)
        let code = errno
        if count < 0 {
            if code == EINTR { return }
            throw LogFault(operation: "read \(path)", code: code)
        }
        if count == 0 { isAtEnd = true }
        buffer += part[..<count]
    }

    static let lineBytesMax = 1 << 20
}
