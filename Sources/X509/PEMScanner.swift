import Text

/// One PEM block (RFC 7468): its place among the blocks, from 1, the line it begins at, from 1, and what
/// stands inside.
struct PEMBlock {
    let ordinal: Int
    let line: Int
    let der: [UInt8]
}

struct PEMFault: Error, Hashable {
    let ordinal: Int
    let line: Int
    let problem: PEMProblem
}

/// What is wrong with one PEM block.
public enum PEMProblem: String, Sendable, Hashable {
    /// A `-----BEGIN` or `-----END` line that is not exactly as RFC 7468 §3 has it.
    case badBoundary
    /// An END without BEGIN, a BEGIN inside a block, or labels that differ.
    case unbalanced
    /// The text ends inside the block: a file half written.
    case unfinished
    /// Something else than what belongs here, a private key for instance.
    case otherLabel
    /// What stands inside is not base 64.
    case badBase64
    /// The bytes are not one DER certificate.
    case undecodable
}

extension PEMProblem: CustomStringConvertible {
    /// In words for the operator.
    public var description: String {
        switch self {
        case .badBoundary: "its BEGIN or END line is not as RFC 7468 has it"
        case .unbalanced: "BEGIN and END do not belong together"
        case .unfinished: "the file ends inside it"
        case .otherLabel: "something else than what belongs here"
        case .badBase64: "what stands inside is not base 64"
        case .undecodable: "what stands inside is not DER of that kind"
        }
    }
}

/// Takes PEM blocks of one kind from the front of a text.
struct PEMScanner {
    private let bytes: [UInt8]
    private let label: [UInt8]
    private var position = 0
    private var line = 0
    private var ordinal = 0

    /// - Parameter label: `CERTIFICATE`; a block with another is a fault.
    init(_ bytes: [UInt8], label: String) {
        self.bytes = bytes
        self.label = Array(label.utf8)
    }

    /// The next block; nil at the end of the text.
    mutating func next() throws(PEMFault) -> PEMBlock? {
        while let text = nextLine() {
            guard text.starts(with: dashes) else {
                try refuseCutBoundary(text)
                continue
            }
            ordinal += 1
            return try block(beginning: text)
        }
        return nil
    }

    /// A text that ends in one to four dashes was cut off within the next block's first line.
    private func refuseCutBoundary(_ text: ArraySlice<UInt8>) throws(PEMFault) {
        guard position >= bytes.count, !text.isEmpty, text.allSatisfy({ $0 == UInt8(ascii: "-") }) else {
            return
        }
        throw PEMFault(ordinal: ordinal + 1, line: line, problem: .unfinished)
    }

    private mutating func block(beginning first: ArraySlice<UInt8>) throws(PEMFault) -> PEMBlock {
        let firstLine = line
        func fault(_ problem: PEMProblem) -> PEMFault {
            PEMFault(ordinal: ordinal, line: firstLine, problem: problem)
        }
        guard let begin = Boundary(first) else { throw fault(.badBoundary) }
        guard begin.isBegin else { throw fault(.unbalanced) }
        guard begin.label.elementsEqual(label) else { throw fault(.otherLabel) }
        var digits: [UInt8] = []
        while let text = nextLine() {
            guard text.starts(with: dashes) else {
                digits += text
                continue
            }
            guard let end = Boundary(text) else { throw fault(.badBoundary) }
            guard !end.isBegin, end.label == begin.label else { throw fault(.unbalanced) }
            guard let der = Base64.decode(String(decoding: digits, as: UTF8.self)) else {
                throw fault(.badBase64)
            }
            return PEMBlock(ordinal: ordinal, line: firstLine, der: der)
        }
        throw fault(.unfinished)
    }

    /// One line without its end (LF, CR LF or CR) and without blanks around it; nil at the end of the text.
    private mutating func nextLine() -> ArraySlice<UInt8>? {
        guard position < bytes.count else { return nil }
        line += 1
        var start = position
        var end = start
        while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
        position = end + 1
        if end + 1 < bytes.count, bytes[end] == 0x0D, bytes[end + 1] == 0x0A { position += 1 }
        // A byte order mark, as Windows editors put it in front of the first line.
        if line == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { start = min(3, end) }
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return bytes[start..<end]
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }
}

/// A `-----BEGIN label-----` or `-----END label-----` line.
private struct Boundary {
    let isBegin: Bool
    let label: ArraySlice<UInt8>

    init?(_ line: ArraySlice<UInt8>) {
        let begin = dashes + Array("BEGIN ".utf8)
        let end = dashes + Array("END ".utf8)
        isBegin = line.starts(with: begin)
        guard isBegin || line.starts(with: end) else { return nil }
        let rest = line.dropFirst(isBegin ? begin.count : end.count)
        guard rest.count > dashes.count, rest.suffix(dashes.count).elementsEqual(dashes) else { return nil }
        label = rest.dropLast(dashes.count)
    }
}

private let dashes = Array("-----".utf8)
