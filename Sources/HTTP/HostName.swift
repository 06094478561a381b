/// The value of `Host`, or the authority of an absolute target: host and optional port (RFC 9110 §7.2). Names
/// are letters, digits, `-` and `_` in labels; no user, no percent-encoding, nothing that another reader
/// could take for an end.
struct HostName: Equatable {
    /// In lower case, without a trailing dot; an IPv6 address in its brackets.
    let name: String
    let port: UInt16?

    init(parsing text: String) throws(HTTPFault) {
        let bytes = Array(text.utf8)
        try self.init(bytes.span, 0..<bytes.count)
    }

    init(_ input: Span<UInt8>, _ range: Range<Int>) throws(HTTPFault) {
        let isAddress = !range.isEmpty && input[range.lowerBound] == UInt8(ascii: "[")
        var end = range.lowerBound
        if isAddress {
            while end < range.upperBound, input[end] != UInt8(ascii: "]") { end += 1 }
            guard end < range.upperBound, IPv6.isAddress(input, range.lowerBound + 1..<end) else {
                throw .host
            }
            end += 1
        } else {
            while end < range.upperBound, input[end] != .colon { end += 1 }
        }
        let name = isAddress ? range.lowerBound..<end : try Self.labels(input, range.lowerBound..<end)
        var lowercase = input.repairedText(name)
        if lowercase.utf8.contains(where: { $0 != $0.lowercased }) { lowercase = lowercase.asciiLowercased }
        self.name = lowercase
        port = end == range.upperBound ? nil : try Self.port(input, end..<range.upperBound)
    }

    /// `range` without the dot that may end a name; no label is empty or longer than 63 bytes.
    private static func labels(_ input: Span<UInt8>, _ range: Range<Int>) throws(HTTPFault) -> Range<Int> {
        var name = range
        if name.count > 1, input[name.upperBound - 1] == dot { name = name.lowerBound..<name.upperBound - 1 }
        guard (1...253).contains(name.count) else { throw .host }
        var labelStart = name.lowerBound
        for index in name {
            let byte = input[index]
            if byte == dot {
                guard (1...63).contains(index - labelStart) else { throw .host }
                labelStart = index + 1
            } else {
                guard byte.isAlphanumeric || byte == 0x2D || byte == 0x5F else { throw .host }
            }
        }
        guard (1...63).contains(name.upperBound - labelStart) else { throw .host }
        return name
    }

    /// - Parameter range: Begins with the colon, if it is a port.
    private static func port(_ input: Span<UInt8>, _ range: Range<Int>) throws(HTTPFault) -> UInt16 {
        guard input[range.lowerBound] == .colon, (2...6).contains(range.count) else { throw .host }
        var port = 0
        for index in range.dropFirst() {
            guard input[index].isDigit else { throw .host }
            port = port * 10 + Int(input[index] - 0x30)
        }
        guard (1...65_535).contains(port) else { throw .host }
        return UInt16(port)
    }

    private static let dot = UInt8(ascii: ".")
}

/// The text form of an IPv6 address (RFC 3986 §3.2.2), without zone.
enum IPv6 {
    static func isAddress(_ input: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var groupCount = 0
        var hasGap = false
        var index = range.lowerBound
        if range.count >= 2, input[index] == .colon {
            guard input[index + 1] == .colon else { return false }
            hasGap = true
            index += 2
        }
        while index < range.upperBound {
            let start = index
            while index < range.upperBound, input[index].hexValue != nil { index += 1 }
            if index < range.upperBound, input[index] == UInt8(ascii: ".") {
                groupCount += 2
                return isIPv4(input, start..<range.upperBound) && (hasGap ? groupCount < 8 : groupCount == 8)
            }
            guard (1...4).contains(index - start) else { return false }
            groupCount += 1
            if index == range.upperBound { break }
            guard input[index] == .colon, index + 1 < range.upperBound else { return false }
            index += 1
            if input[index] == .colon {
                if hasGap { return false }
                hasGap = true
                index += 1
            }
        }
        return hasGap ? groupCount < 8 : groupCount == 8
    }

    private static func isIPv4(_ input: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var octetCount = 0
        var index = range.lowerBound
        while index < range.upperBound {
            let start = index
            var value = 0
            while index < range.upperBound, index - start < 3, input[index].isDigit {
                value = value * 10 + Int(input[index] - 0x30)
                index += 1
            }
            guard index > start, value <= 255, index - start == 1 || input[start] != 0x30 else {
                return false
            }
            octetCount += 1
            if index == range.upperBound { return octetCount == 4 }
            guard input[index] == UInt8(ascii: ".") else { return false }
            index += 1
        }
        return false
    }
}
