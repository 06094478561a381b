/// The tokens of a JSON text, and where they stand. Every offset is one of a whole character: the text is
/// checked to be UTF-8 first, and the scanner only ever stops between characters.
struct JSONScanner {
    let isJSON5: Bool
    let bytes: [UInt8]
    private(set) var offset = 0
    /// The place counted last; positions are asked for in order, so each byte is counted once.
    private var counted = CountedPlace()

    init(_ bytes: [UInt8], _ dialect: JSONDialect) {
        self.bytes = bytes
        isJSON5 = dialect == .json5
    }

    func checkEncoding() throws(JSONFault) {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw fault("expected UTF-8; this byte is none", at: error.byteOffsets.lowerBound)
        }
    }

    var isAtEnd: Bool { offset == bytes.count }

    /// The byte at hand; `nil` at the end.
    var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// The byte `distance` after the one at hand.
    func peek(_ distance: Int) -> UInt8? {
        offset + distance < bytes.count ? bytes[offset + distance] : nil
    }

    mutating func advance(_ count: Int = 1) {
        offset += count
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        offset += 1
        return true
    }

    /// Takes a word that no letter or digit follows.
    mutating func takeWord(_ word: String) -> Bool {
        let count = word.utf8.count
        guard bytes[offset...].prefix(count).elementsEqual(word.utf8) else { return false }
        if let next = peek(count), next.isIdentifierPart { return false }
        offset += count
        return true
    }

    /// The character at hand and its length in bytes.
    var scalar: (value: Unicode.Scalar, length: Int)? {
        guard let first = current else { return nil }
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for index in 1..<length {
            value = value << 6 | UInt32(bytes[offset + index] & 0x3F)
        }
        return Unicode.Scalar(value).map { ($0, length) }
    }

    /// Where the character at hand stands.
    mutating func position() -> TextPosition {
        counted.advance(to: offset, in: bytes)
        return counted.position
    }

    func fault(_ message: String, at place: Int? = nil) -> JSONFault {
        var counter = CountedPlace()
        counter.advance(to: place ?? offset, in: bytes)
        return JSONFault(position: counter.position, message: message)
    }
}

extension UInt8 {
    /// An ASCII letter, digit, `_` or `$`, or the first byte of a longer character.
    var isIdentifierPart: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x24, 0x5F, 0x80...0xFF: true
        default: false
        }
    }

    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
}

/// Counts lines and characters up to an offset that only grows.
private struct CountedPlace {
    private var offset = 0
    private var line = 1
    private var column = 1

    var position: TextPosition { TextPosition(line: line, column: column) }

    /// A line ends with LF, CR, or both together.
    mutating func advance(to end: Int, in bytes: [UInt8]) {
        while offset < end {
            let byte = bytes[offset]
            offset += 1
            let isFirstOfTwo = byte == .carriageReturn && offset < bytes.count && bytes[offset] == .lineFeed
            if byte == .lineFeed || (byte == .carriageReturn && !isFirstOfTwo) {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80, !isFirstOfTwo {
                column += 1
            }
        }
    }
}
