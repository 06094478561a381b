/// Numbers (RFC 8259 §6, JSON5 §6).
extension JSONScanner {
    mutating func number() throws(JSONFault) -> JSONNumber {
        let start = offset
        if take(0x2D) || (isJSON5 && take(0x2B)) {
            guard !isAtEnd else { throw fault("expected a number after the sign") }
        }
        if isJSON5, takeWord("Infinity") || takeWord("NaN") { return written(from: start) }
        if isJSON5, current == 0x30, peek(1) == 0x78 || peek(1) == 0x58 {
            try hexadecimal()
        } else {
            try decimal(start)
        }
        if let next = current, next.isIdentifierPart || next == 0x2E {
            throw fault("expected the number to end here")
        }
        return written(from: start)
    }

    private mutating func decimal(_ start: Int) throws(JSONFault) {
        let first = current
        let wholeCount = takeDigits()
        if wholeCount > 1, first == 0x30 {
            throw fault("expected no zero in front of a number", at: start)
        }
        guard wholeCount > 0 || (isJSON5 && current == 0x2E) else {
            throw fault(offset == start ? "expected a value" : "expected a digit")
        }
        if take(0x2E) {
            let fractionCount = takeDigits()
            guard fractionCount > 0 || (isJSON5 && wholeCount > 0) else {
                throw fault("expected a digit after the decimal point")
            }
        }
        if take(0x65) || take(0x45) {
            if current == 0x2B || current == 0x2D { advance() }
            guard takeDigits() > 0 else { throw fault("expected a digit in the exponent") }
        }
    }

    /// Stands on `0x`.
    private mutating func hexadecimal() throws(JSONFault) {
        advance(2)
        let first = offset
        while let byte = current, hexDigitValue(byte) != nil { advance() }
        guard offset > first else { throw fault("expected a hexadecimal digit") }
    }

    private mutating func takeDigits() -> Int {
        let first = offset
        while let byte = current, byte.isDigit { advance() }
        return offset - first
    }

    private func written(from start: Int) -> JSONNumber {
        JSONNumber(text: String(decoding: bytes[start..<offset], as: UTF8.self))
    }
}
