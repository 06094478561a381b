public import Logs
import Text

/// What logs know of one support code: the records that carry it, and the others of the same request.
public struct SupportSearch {
    public struct Record: Sendable {
        public let file: String
        public let line: Int
        /// The record's members in their order, as text.
        public let members: [(key: String, value: String)]

        public subscript(key: String) -> String? { members.first { $0.key == key }?.value }
    }

    /// In the order of the files, at most `recordsMax`.
    public private(set) var records: [Record] = []

    /// Reads the files through, twice if need be.
    /// - Throws: When one cannot be read.
    public init(_ code: String, in files: [String]) throws(LogFault) {
        let wanted = Array("\"\(code)\"".utf8)
        var requests: Set<String> = []
        for file in files {
            try Self.each(in: file) { line in
                guard Self.contains(line.bytes, wanted), let record = Self.record(line, file),
                    record["support_code"] == code
                else { return }
                if let request = record["request"] { requests.insert(request) }
            }
        }
        var found: [Record] = []
        let marks = requests.map { Array("\"\($0)\"".utf8) } + [wanted]
        for file in files {
            try Self.each(in: file) { line in
                guard found.count < Self.recordsMax,
                    marks.contains(where: { Self.contains(line.bytes, $0) }),
                    let record = Self.record(line, file),
                    record["support_code"] == code || record["request"].map(requests.contains) == true
                else { return }
                found.append(record)
            }
        }
        records = found
    }

    private static func each(
        in file: String, _ body: (LineReader.Line) -> Void
    ) throws(LogFault) {
        var lines = try LineReader(file)
        while let line = try lines.line() { body(line) }
    }

    private static func record(_ line: LineReader.Line, _ file: String) -> Record? {
        guard let node = try? JSONReader.read(line.bytes, dialect: .json), let members = node.members else {
            return nil
        }
        return Record(
            file: file, line: line.number,
            members: members.map { ($0.key, text($0.node)) })
    }

    private static func text(_ node: JSONNode) -> String {
        if let text = node.string { return text }
        if let number = node.integer { return "\(number)" }
        if let truth = node.bool { return truth ? "true" : "false" }
        return "…"
    }

    private static func contains(_ line: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard line.count >= wanted.count, let first = wanted.first else { return false }
        var start = 0
        while let place = line[start...].firstIndex(of: first), place + wanted.count <= line.count {
            if line[place..<(place + wanted.count)].elementsEqual(wanted) { return true }
            start = place + 1
        }
        return false
    }

    private static let recordsMax = 200
}
