/// What may stand between tokens: white space, and comments in JSON5.
extension JSONScanner {
    mutating func skipBlanks() throws(JSONFault) {
        while let byte = current {
            switch byte {
            case 0x20, 0x09, .lineFeed, .carriageReturn:
                advance()
            case .slash where isJSON5:
                try skipComment()
            case 0x0B, 0x0C,
                0x80... where isJSON5:
                guard let (scalar, length) = scalar, scalar.isJSON5Space else { return }
                advance(length)
            default:
                return
            }
        }
    }

    private mutating func skipComment() throws(JSONFault) {
        let start = offset
        switch peek(1) {
        case .slash:
            while let (scalar, length) = scalar, !scalar.isLineTerminator { advance(length) }
        case .asterisk:
            advance(2)
            while !(current == .asterisk && peek(1) == .slash) {
                guard !isAtEnd else { throw fault("expected “*/” to end this comment", at: start) }
                advance()
            }
            advance(2)
        default:
            throw fault("expected “//” or “/*” to begin a comment")
        }
    }
}

extension Unicode.Scalar {
    /// ECMAScript 5.1 §7.3.
    var isLineTerminator: Bool {
        self == "\n" || self == "\r" || self == "\u{2028}" || self == "\u{2029}"
    }

    /// JSON5 §8.
    fileprivate var isJSON5Space: Bool {
        switch self {
        case "\u{0B}", "\u{0C}", "\u{A0}", "\u{FEFF}", "\u{2028}", "\u{2029}": true
        default: properties.generalCategory == .spaceSeparator
        }
    }
}
