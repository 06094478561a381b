import Text

extension Certificate {
    /// Reads a bundle: one or more `CERTIFICATE` blocks (RFC 7468), with explanatory text allowed between
    /// them.
    ///
    /// All or nothing: a block that is anything but a certificate, or cut off, is a fault that says which
    /// one.
    public static func parse(pem: [UInt8]) throws(CertificateFault) -> [Certificate] {
        var scanner = PEMScanner(pem)
        var certificates: [Certificate] = []
        while let block = try scanner.next() {
            guard let certificate = try? Certificate(der: block.der) else {
                throw .badBlock(ordinal: block.ordinal, line: block.line, problem: .undecodable)
            }
            certificates.append(certificate)
        }
        guard !certificates.isEmpty else { throw .emptyBundle }
        return certificates
    }

    /// The certificate as one PEM block.
    public var pem: [UInt8] {
        let digits = Array(Base64.encode(der).utf8)
        var text = Array("-----BEGIN CERTIFICATE-----\n".utf8)
        for start in stride(from: 0, to: digits.count, by: 64) {
            text += digits[start..<min(start + 64, digits.count)]
            text.append(0x0A)
        }
        return text + Array("-----END CERTIFICATE-----\n".utf8)
    }
}

/// Takes certificate blocks from the front of a text.
private struct PEMScanner {
    struct Block {
        let ordinal: Int
        let line: Int
        let der: [UInt8]
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 0
    private var ordinal = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The next block; nil at the end of the text.
    mutating func next() throws(CertificateFault) -> Block? {
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
    private func refuseCutBoundary(_ text: ArraySlice<UInt8>) throws(CertificateFault) {
        guard position >= bytes.count, !text.isEmpty, text.allSatisfy({ $0 == UInt8(ascii: "-") }) else {
            return
        }
        throw .badBlock(ordinal: ordinal + 1, line: line, problem: .unfinished)
    }

    private mutating func block(beginning first: ArraySlice<UInt8>) throws(CertificateFault) -> Block {
        let firstLine = line
        func fault(_ problem: CertificateFault.PEMProblem) -> CertificateFault {
            .badBlock(ordinal: ordinal, line: firstLine, problem: problem)
        }
        guard let begin = Boundary(first) else { throw fault(.badBoundary) }
        guard begin.isBegin else { throw fault(.unbalanced) }
        guard begin.label.elementsEqual(certificateLabel) else { throw fault(.notCertificate) }
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
            return Block(ordinal: ordinal, line: firstLine, der: der)
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
private let certificateLabel = Array("CERTIFICATE".utf8)
