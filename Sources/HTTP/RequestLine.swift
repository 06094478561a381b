/// A request line (RFC 9112 §3): where its parts lie, checked.
struct RequestLine: Sendable {
    let method: Range<Int>
    let target: Range<Int>
    let minorVersion: Int
    private let isOptions: Bool

    /// - Parameter line: Not empty, without its ending.
    init(_ input: Span<UInt8>, _ line: Range<Int>, _ limits: HTTPLimits) throws(HTTPFault) {
        var index = line.lowerBound
        while index < line.upperBound, input[index].isTokenCharacter { index += 1 }
        method = line.lowerBound..<index
        guard !method.isEmpty, index < line.upperBound, input[index] == .space else {
            throw Self.fault(input, index, line, .requestLine)
        }
        guard method.count <= Self.methodBytesMax else { throw .method }
        index += 1
        let start = index
        while index < line.upperBound, input[index] != .space {
            guard Self.isTargetCharacter(input[index]) else { throw Self.fault(input, index, line, .target) }
            index += 1
        }
        target = start..<index
        guard target.count <= limits.targetBytesMax else { throw .targetTooLong }
        guard !target.isEmpty, index < line.upperBound else { throw .requestLine }
        for index in index..<line.upperBound where input[index] == .cr { throw .lineEnding }
        minorVersion = try HTTPVersion.minor(input, index + 1..<line.upperBound)
        // A backend may not care for case where RFC 9110 does.
        if input.equal(method, ignoringCase: "connect") || input.equal(method, ignoringCase: "trace") {
            throw .methodNotImplemented
        }
        isOptions = method.count == 7 && input.repairedText(method) == "OPTIONS"
    }

    /// Path and query. An absolute form (RFC 9112 §3.2.2) must name the same host as `Host` does.
    func originForm(_ input: Span<UInt8>, host: HostName) throws(HTTPFault) -> String {
        if input[target.lowerBound] == slash { return input.repairedText(target) }
        if target.count == 1, input[target.lowerBound] == UInt8(ascii: "*") {
            guard isOptions else { throw .target }
            return "*"
        }
        let start = target.lowerBound
        let rest: Int
        if target.count > 7, input.equal(start..<start + 7, ignoringCase: "http://") {
            rest = start + 7
        } else if target.count > 8, input.equal(start..<start + 8, ignoringCase: "https://") {
            rest = start + 8
        } else {
            throw .target
        }
        var end = rest
        while end < target.upperBound, input[end] != slash, input[end] != UInt8(ascii: "?") { end += 1 }
        guard try HostName(input, rest..<end) == host else { throw .authorityMismatch }
        if end == target.upperBound { return isOptions ? "*" : "/" }
        let path = input.repairedText(end..<target.upperBound)
        return input[end] == slash ? path : "/" + path
    }

    /// Visible ASCII without what never stands in a target; a fragment is not sent.
    private static func isTargetCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x22, 0x23, 0x3C, 0x3E, 0x5C: false  // " # < > \
        default: byte.isVisible
        }
    }

    private static func fault(
        _ input: Span<UInt8>, _ index: Int, _ line: Range<Int>, _ other: HTTPFault
    ) -> HTTPFault {
        index < line.upperBound && input[index] == .cr ? .lineEnding : other
    }

    private var slash: UInt8 { UInt8(ascii: "/") }
    private static let methodBytesMax = 32
}

enum HTTPVersion {
    /// `HTTP/1.0` or `HTTP/1.1`, to the letter.
    static func minor(_ input: Span<UInt8>, _ range: Range<Int>) throws(HTTPFault) -> Int {
        let start = range.lowerBound
        guard range.count == 8, input[start] == 0x48, input[start + 1] == 0x54, input[start + 2] == 0x54,
            input[start + 3] == 0x50, input[start + 4] == 0x2F, input[start + 5].isDigit,
            input[start + 6] == 0x2E, input[start + 7].isDigit
        else { throw .requestLine }
        let minor = Int(input[start + 7]) - 0x30
        guard input[start + 5] == 0x31, minor <= 1 else { throw .versionUnsupported }
        return minor
    }
}
