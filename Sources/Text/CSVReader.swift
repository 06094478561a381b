/// Reads comma-separated values (RFC 4180), a piece of the file at a time: append bytes, take records.
///
/// Strict, for a file that decides who may log in: UTF-8, with or without a byte order mark; CRLF or LF
/// behind each record, which the last one may lack; quotes around a whole field or nowhere; within quotes a
/// quote is doubled. Nothing is trimmed or guessed. After a fault there is no way on, since what follows may
/// be inside of quotes or outside.
public struct CSVReader: Sendable {
    private var bytes: [UInt8] = []
    private var next = 0
    private var line = 1
    private var isFinished = false
    private var isAtStart = true

    /// Fields of one record, and bytes of one field.
    public static let fieldCountMax = 64
    public static let fieldBytesMax = 4096

    public init() {}

    /// More of the file; `isLast` when nothing follows.
    public mutating func append(_ more: some Sequence<UInt8>, isLast: Bool) {
        precondition(!isFinished, "nothing follows the end")
        bytes.removeSubrange(..<next)
        next = 0
        bytes.append(contentsOf: more)
        isFinished = isLast
    }

    /// The next record; `incomplete` when more bytes must come first, `end` when all are read.
    public mutating func record() throws(CSVFault) -> CSVStep {
        if isAtStart {
            guard bytes.count >= 3 || isFinished else { return .incomplete }
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { next = 3 }
            isAtStart = false
        }
        if next == bytes.count { return isFinished ? .end : .incomplete }
        var scan = CSVScan(at: next, line: line)
        guard try scan.run(through: bytes, isLast: isFinished) else { return .incomplete }
        let record = CSVRecord(line: line, bytes: scan.content, ends: scan.ends)
        next = scan.next
        line = scan.line
        return .record(record)
    }
}

public enum CSVStep: Sendable {
    case record(CSVRecord)
    case incomplete
    case end
}

/// One record: its fields' bytes with quotes taken off.
public struct CSVRecord: Sendable {
    /// Of the file, where the record begins; counted from 1.
    public let line: Int
    let bytes: [UInt8]
    let ends: [Int]

    public var count: Int { ends.count }

    /// A field as text; nil when it is not UTF-8.
    public func text(_ field: Int) -> String? {
        let start = field == 0 ? 0 : ends[field - 1]
        return String(validating: bytes[start..<ends[field]], as: UTF8.self)
    }
}

/// Where and why a file is no CSV.
public struct CSVFault: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, CaseIterable {
        case quoteInsideField = "a quote inside a field that does not begin with one"
        case textBehindQuote = "text behind the quote that ends a field"
        case quoteUnclosed = "a quote that is never closed"
        case bareCarriageReturn = "a carriage return without a line feed"
        case fieldTooLong = "a field of more than 4096 bytes"
        case tooManyFields = "more than 64 fields"
    }

    public let line: Int
    public let kind: Kind

    public init(line: Int, kind: Kind) {
        self.line = line
        self.kind = kind
    }

    public var description: String { "line \(line): \(kind.rawValue)" }
}

/// One pass over one record.
private struct CSVScan {
    private(set) var next: Int
    private(set) var line: Int
    private(set) var content: [UInt8] = []
    private(set) var ends: [Int] = []

    init(at start: Int, line: Int) {
        next = start
        self.line = line
        content.reserveCapacity(256)
        ends.reserveCapacity(16)
    }

    /// False when the bytes end before the record does.
    mutating func run(through bytes: [UInt8], isLast: Bool) throws(CSVFault) -> Bool {
        while true {
            let isQuoted = next < bytes.count && bytes[next] == Self.quote
            let isWhole = try isQuoted ? quotedField(bytes, isLast) : plainField(bytes)
            guard isWhole else { return false }
            ends.append(content.count)
            switch try separator(bytes, isLast) {
            case nil: return false
            case true?: return true
            case false?:
                if ends.count == CSVReader.fieldCountMax { throw fault(.tooManyFields) }
            }
        }
    }

    /// Stands on the quote that opens it, and ends behind the one that closes it.
    private mutating func quotedField(_ bytes: [UInt8], _ isLast: Bool) throws(CSVFault) -> Bool {
        let opened = line
        let limit = content.count + CSVReader.fieldBytesMax
        next += 1
        while next < bytes.count {
            let byte = bytes[next]
            next += 1
            if byte == Self.quote {
                // Whether it closes or is one of a pair, the next byte tells.
                guard next < bytes.count || isLast else { return false }
                guard next < bytes.count, bytes[next] == Self.quote else { return true }
                next += 1
            }
            if content.count == limit { throw fault(.fieldTooLong) }
            content.append(byte)
            if byte == Self.lineFeed { line += 1 }
        }
        if isLast { throw CSVFault(line: opened, kind: .quoteUnclosed) }
        return false
    }

    /// Up to a comma, the end of the line or the end of the bytes.
    private mutating func plainField(_ bytes: [UInt8]) throws(CSVFault) -> Bool {
        let start = next
        while next < bytes.count {
            let byte = bytes[next]
            if byte == Self.comma || byte == Self.lineFeed || byte == Self.carriageReturn { break }
            if byte == Self.quote { throw fault(.quoteInsideField) }
            next += 1
            if next - start > CSVReader.fieldBytesMax { throw fault(.fieldTooLong) }
        }
        content.append(contentsOf: bytes[start..<next])
        return true
    }

    /// Whether the record ends behind the field; nil when the bytes do not tell yet.
    private mutating func separator(_ bytes: [UInt8], _ isLast: Bool) throws(CSVFault) -> Bool? {
        guard next < bytes.count else { return isLast ? true : nil }
        switch bytes[next] {
        case Self.comma:
            next += 1
            return false
        case Self.lineFeed:
            next += 1
        case Self.carriageReturn:
            guard next + 1 < bytes.count || isLast else { return nil }
            guard next + 1 < bytes.count, bytes[next + 1] == Self.lineFeed else {
                throw fault(.bareCarriageReturn)
            }
            next += 2
        default: throw fault(.textBehindQuote)
        }
        line += 1
        return true
    }

    private func fault(_ kind: CSVFault.Kind) -> CSVFault { CSVFault(line: line, kind: kind) }

    private static let comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
}
