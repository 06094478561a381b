/// Strings, and keys of objects.
extension JSONScanner {
    /// A member's key: a string, or in JSON5 a bare identifier name.
    mutating func key() throws(JSONFault) -> String {
        switch current {
        case .quote:
            return try string()
        case .apostrophe where isJSON5:
            return try string()
        default:
            guard isJSON5 else { throw fault("expected a key in double quotes") }
            return try identifierName()
        }
    }

    /// Stands on the opening quote.
    mutating func string() throws(JSONFault) -> String {
        let start = offset
        guard let quote = current else { throw fault("expected a string") }
        advance()
        var text: [UInt8] = []
        while let byte = current {
            switch byte {
            case quote:
                advance()
                return String(decoding: text, as: UTF8.self)
            case .backslash:
                try escape(into: &text)
            case .lineFeed, .carriageReturn:
                throw fault("expected the string to end on its line")
            case 0..<0x20 where !isJSON5:
                throw fault("expected control characters in a string to be escaped")
            default:
                text.append(byte)
                advance()
            }
        }
        throw fault("expected a quotation mark to end this string", at: start)
    }

    /// Stands on the backslash.
    private mutating func escape(into text: inout [UInt8]) throws(JSONFault) {
        let start = offset
        advance()
        if let plain = plainEscape {
            text.append(plain)
            advance()
            return
        }
        switch current {
        case 0x75:  // u
            advance()
            text.append(contentsOf: String(try unicodeEscape(start)).utf8)
        case 0x78 where isJSON5:  // x
            advance()
            let value = try hexDigits(2, start)
            text.append(contentsOf: String(Unicode.Scalar(UInt8(value))).utf8)
        case 0x30 where isJSON5:  // 0
            advance()
            if let next = current, next.isDigit { throw fault("expected no digit after “\\0”") }
            text.append(0)
        default:
            guard isJSON5, let (scalar, length) = scalar, !("1"..."9").contains(scalar) else {
                throw fault("expected an escape sequence that exists", at: start)
            }
            advance(length)
            if scalar == "\r", current == .lineFeed { advance() }
            // A backslash at the end of a line continues the string there.
            if !scalar.isLineTerminator { text.append(contentsOf: String(scalar).utf8) }
        }
    }

    /// What a backslash and the letter at hand mean, where that is one byte in both dialects.
    private var plainEscape: UInt8? {
        switch current {
        case .quote: .quote
        case .backslash: .backslash
        case .slash: .slash
        case 0x62: 0x08  // b
        case 0x66: 0x0C  // f
        case 0x6E: .lineFeed  // n
        case 0x72: .carriageReturn  // r
        case 0x74: 0x09  // t
        case 0x76 where isJSON5: 0x0B  // v
        default: nil
        }
    }

    /// Stands behind `\u`. Two surrogates make one character; one alone makes none.
    private mutating func unicodeEscape(_ start: Int) throws(JSONFault) -> Unicode.Scalar {
        let first = try hexDigits(4, start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, current == .backslash, peek(1) == 0x75 else {
            throw fault("expected a surrogate pair; this escape is half of one", at: start)
        }
        advance(2)
        let second = try hexDigits(4, start)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw fault("expected a surrogate pair; this escape is half of one", at: start) }
        return scalar
    }

    private mutating func hexDigits(_ count: Int, _ start: Int) throws(JSONFault) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let byte = current, let digit = hexDigitValue(byte) else {
                throw fault("expected \(count) hexadecimal digits in this escape", at: start)
            }
            value = value << 4 | UInt32(digit)
            advance()
        }
        return value
    }

    /// ECMAScript 5.1 §7.6.
    private mutating func identifierName() throws(JSONFault) -> String {
        var name = String.UnicodeScalarView()
        while let (next, length) = scalar {
            let start = offset
            var part = next
            if next == "\\" {
                advance()
                guard take(0x75) else { throw fault("expected “\\u” in this key", at: start) }
                part = try unicodeEscape(start)
            } else if next.isIdentifierPart(first: name.isEmpty) {
                advance(length)
            } else {
                break
            }
            guard part.isIdentifierPart(first: name.isEmpty) else {
                throw fault("expected a letter in this key; use quotation marks for others", at: start)
            }
            name.append(part)
        }
        guard !name.isEmpty else { throw fault("expected a key or “}”") }
        return String(name)
    }
}

extension Unicode.Scalar {
    fileprivate func isIdentifierPart(first isFirst: Bool) -> Bool {
        if self == "$" || self == "_" { return true }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .letterNumber:
            return true
        case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation:
            return !isFirst
        default:
            return !isFirst && (self == "\u{200C}" || self == "\u{200D}")
        }
    }
}
