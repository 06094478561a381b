/// Takes the text of a pattern apart, from the front.
struct IDPatternReader {
    private(set) var steps: [IDPattern.Step] = []
    private(set) var frontWidth = 0
    private(set) var backWidth = 0
    private let bytes: [UInt8]
    private var next = 0

    init(_ text: String) throws(IDPatternFault) {
        bytes = Array(text.utf8)
        if let place = bytes.firstIndex(where: { !(0x20...0x7E ~= $0) }) {
            // Before it every character is one byte.
            throw IDPatternFault(character: place + 1, expected: "printable ASCII characters only")
        }
        guard !bytes.isEmpty, bytes.count <= IDPattern.lengthMax else {
            throw IDPatternFault(character: 1, expected: "1 to \(IDPattern.lengthMax) characters")
        }
    }

    mutating func read() throws(IDPatternFault) {
        let start = next
        let beforeIsFixed = try part()
        guard next < bytes.count else { return }
        guard bytes[next] == Sign.open else { throw fault("“(” at most once, or the end") }
        guard beforeIsFixed else {
            throw fault("repetitions of one width ({n}) in front of “(”", at: start)
        }
        frontWidth = steps.count
        next += 1
        let opened = next
        _ = try part()
        guard take(Sign.close) else { throw fault("“)”") }
        guard next - 1 > opened else { throw fault("something between “(” and “)”") }
        let behind = next
        let countBefore = steps.count
        let afterIsFixed = try part()
        guard next == bytes.count else { throw fault("“(” at most once, or the end") }
        guard afterIsFixed else {
            throw fault("repetitions of one width ({n}) behind “)”", at: behind)
        }
        backWidth = steps.count - countBefore
    }

    /// Up to a parenthesis or the end; whether all of it has one width.
    private mutating func part() throws(IDPatternFault) -> Bool {
        var isFixed = true
        while next < bytes.count, bytes[next] != Sign.open, bytes[next] != Sign.close {
            let start = next
            let accepted = try atom()
            let count = try repetition()
            if count.lowerBound != count.upperBound { isFixed = false }
            guard steps.count + count.upperBound <= IDPattern.lengthMax else {
                throw fault("values of at most \(IDPattern.lengthMax) characters", at: start)
            }
            for index in 0..<count.upperBound {
                steps.append(IDPattern.Step(accepted: accepted, isOptional: index >= count.lowerBound))
            }
        }
        return isFixed
    }

    private mutating func atom() throws(IDPatternFault) -> ASCIISet {
        if take(Sign.openClass) { return try characterClass() }
        var set = ASCIISet()
        set.insert(try character(reserved: Sign.reserved))
        return set
    }

    /// Behind “[”.
    private mutating func characterClass() throws(IDPatternFault) -> ASCIISet {
        var set = ASCIISet()
        repeat {
            let start = next
            let low = try character(reserved: Sign.reservedInClass)
            var high = low
            // A hyphen in front of the bracket is itself.
            if next + 1 < bytes.count, bytes[next] == Sign.hyphen, bytes[next + 1] != Sign.closeClass {
                next += 1
                high = try character(reserved: Sign.reservedInClass)
            }
            guard low <= high else {
                throw fault("a range from the lower to the higher character", at: start)
            }
            for byte in low...high { set.insert(byte) }
        } while !take(Sign.closeClass)
        return set
    }

    /// One character that stands for itself, or one behind a backslash.
    private mutating func character(reserved: Set<UInt8>) throws(IDPatternFault) -> UInt8 {
        guard next < bytes.count else { throw fault("a character or “]”") }
        let isEscaped = take(Sign.backslash)
        guard next < bytes.count else { throw fault("a character behind “\\”") }
        let byte = bytes[next]
        if isEscaped {
            guard !byte.isLetterOrDigit else { throw fault("a character that is no letter and no digit") }
        } else if reserved.contains(byte) {
            throw fault("a letter, a digit, a class in [ ], or “\\” in front of this character")
        }
        next += 1
        return byte
    }

    private mutating func repetition() throws(IDPatternFault) -> ClosedRange<Int> {
        let start = next
        guard take(Sign.openCount) else { return 1...1 }
        let low = try number()
        let high = take(Sign.comma) ? try number() : low
        guard take(Sign.closeCount) else { throw fault("“}”") }
        guard low <= high, high >= 1, high <= IDPattern.lengthMax else {
            throw fault("{n} or {n,m} with n at most m, and m from 1 to \(IDPattern.lengthMax)", at: start)
        }
        return low...high
    }

    private mutating func number() throws(IDPatternFault) -> Int {
        let start = next
        while next < bytes.count, next - start < 4, 0x30...0x39 ~= bytes[next] { next += 1 }
        guard let number = Int(String(decoding: bytes[start..<next], as: UTF8.self)) else {
            throw fault("a number", at: start)
        }
        return number
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next < bytes.count, bytes[next] == byte else { return false }
        next += 1
        return true
    }

    private func fault(_ expected: String, at place: Int? = nil) -> IDPatternFault {
        IDPatternFault(character: (place ?? next) + 1, expected: expected)
    }

    private enum Sign {
        static let open = UInt8(ascii: "(")
        static let close = UInt8(ascii: ")")
        static let openClass = UInt8(ascii: "[")
        static let closeClass = UInt8(ascii: "]")
        static let openCount = UInt8(ascii: "{")
        static let closeCount = UInt8(ascii: "}")
        static let comma = UInt8(ascii: ",")
        static let hyphen = UInt8(ascii: "-")
        static let backslash = UInt8(ascii: "\\")
        static let reserved = Set("()[]{}.*+?|^$".utf8)
        static let reservedInClass = Set("[]^".utf8)
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        0x30...0x39 ~= self || 0x41...0x5A ~= self || 0x61...0x7A ~= self
    }
}
