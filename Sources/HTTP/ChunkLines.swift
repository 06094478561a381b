/// The line in front of a chunk, byte by byte: one to fifteen hexadecimal digits, then CR LF or an extension,
/// whose bytes are not looked into. No sign, no `0x`, no blanks around the size, no LF without CR.
struct ChunkSizeLine: Sendable {
    private enum Place { case size, extensions, lineFeed }

    private(set) var extensionBytes = 0
    private var place = Place.size
    private var size: UInt64 = 0
    private var digitCount = 0

    /// - Returns: The size, when `byte` ends the line.
    mutating func take(_ byte: UInt8, bytesMax: Int) throws(HTTPFault) -> UInt64? {
        switch place {
        case .lineFeed:
            guard byte == .lf else { throw .chunkSize }
            return size
        case _ where byte == .cr:
            guard digitCount > 0 else { throw .chunkSize }
            place = .lineFeed
            return nil
        case .size:
            if let digit = byte.hexValue {
                guard digitCount < Self.digitCountMax else { throw .chunkSize }
                size = size << 4 | UInt64(digit)
                digitCount += 1
            } else {
                guard byte == UInt8(ascii: ";"), digitCount > 0 else { throw .chunkSize }
                place = .extensions
                extensionBytes = 1
            }
        case .extensions:
            guard byte.isFieldValueCharacter else { throw .chunkSize }
            extensionBytes += 1
        }
        guard digitCount + extensionBytes <= bytesMax else { throw .chunkSize }
        return nil
    }

    /// 2⁶⁰ bytes are enough.
    private static let digitCountMax = 15
}

/// The lines behind the last chunk, byte by byte, held to the grammar of fields and dropped.
struct TrailerLines: Sendable {
    private enum Place { case lineStart, name, value, lineFeed, lastLineFeed }

    private var place = Place.lineStart
    private var bytesLeft: Int
    private var linesLeft: Int

    init(_ limits: HTTPLimits) {
        bytesLeft = limits.trailerBytesMax
        linesLeft = limits.fieldCountMax
    }

    /// - Returns: True when `byte` ends the body.
    mutating func take(_ byte: UInt8) throws(HTTPFault) -> Bool {
        if place == .lastLineFeed {
            guard byte == .lf else { throw .trailer }
            return true
        }
        if place == .lineStart, byte == .cr {
            place = .lastLineFeed
            return false
        }
        bytesLeft -= 1
        guard bytesLeft >= 0 else { throw .trailer }
        place = try next(byte)
        return false
    }

    private mutating func next(_ byte: UInt8) throws(HTTPFault) -> Place {
        switch place {
        case .lineStart:
            linesLeft -= 1
            guard byte.isTokenCharacter, linesLeft >= 0 else { throw .trailer }
            return .name
        case .name:
            if byte == .colon { return .value }
            guard byte.isTokenCharacter else { throw .trailer }
            return .name
        case .value:
            if byte == .cr { return .lineFeed }
            guard byte.isFieldValueCharacter else { throw .trailer }
            return .value
        case .lineFeed, .lastLineFeed:
            guard byte == .lf else { throw .trailer }
            return .lineStart
        }
    }
}
