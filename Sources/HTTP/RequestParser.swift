/// Reads one request head from bytes as they arrive (RFC 9112 §3). Whatever two readers could understand
/// differently is refused.
public struct RequestParser: Sendable {
    private let limits: HTTPLimits
    private var scanner: HeadScanner

    public init(limits: HTTPLimits = .standard) {
        self.limits = limits
        scanner = HeadScanner(limits: limits, emptyLinesAllowed: 1)
    }

    /// - Parameter input: All bytes since the head began, those of earlier calls included.
    public mutating func parse(_ input: Span<UInt8>) -> HeadResult<RequestHead> {
        switch scanner.scan(input) {
        case .incomplete: return .incomplete
        case .malformed(let fault): return .malformed(fault)
        case .complete(let lines, let end):
            do throws(HTTPFault) {
                return .head(try head(input, lines), consumed: end)
            } catch {
                return .malformed(error)
            }
        }
    }

    private func head(_ input: Span<UInt8>, _ lines: [Range<Int>]) throws(HTTPFault) -> RequestHead {
        let line = try RequestLine(input, lines[0], limits)
        let headers = try FieldLine.parseAll(input, lines.dropFirst())
        let hosts = headers.values(of: "Host")
        // HTTP/1.0 without Host has no place here: a gateway for many hosts can't guess.
        guard hosts.count == 1 else { throw .host }
        let host = try HostName(parsing: hosts[0])
        let target = try Self.originForm(line.target, method: line.method, host: host)
        let framing = try MessageLength.declared(in: headers, minorVersion: line.minorVersion) ?? .none
        return RequestHead(
            method: line.method, target: target, headers: headers, host: host.name, hostPort: host.port,
            body: framing == .length(0) ? .none : framing, minorVersion: line.minorVersion)
    }

    private static func originForm(_ target: String, method: String, host: HostName) throws(HTTPFault)
        -> String
    {
        if target.utf8.first == UInt8(ascii: "/") { return target }
        if target == "*" {
            guard method == "OPTIONS" else { throw .target }
            return target
        }
        // Absolute form (RFC 9112 §3.2.2): must name the same host as `Host` does.
        let scheme = target.prefix { $0 != ":" }
        guard scheme.count < target.count, ["http", "https"].contains(String(scheme).asciiLowercased) else {
            throw .target
        }
        let rest = target.dropFirst(scheme.count)
        guard rest.hasPrefix("://") else { throw .target }
        let authority = rest.dropFirst(3).prefix { $0 != "/" && $0 != "?" }
        guard try HostName(parsing: String(authority)) == host else { throw .authorityMismatch }
        let path = rest.dropFirst(3 + authority.count)
        return path.hasPrefix("/") ? String(path) : "/" + path
    }
}

private struct RequestLine {
    let method: String
    let target: String
    let minorVersion: Int

    init(_ input: Span<UInt8>, _ line: Range<Int>, _ limits: HTTPLimits) throws(HTTPFault) {
        var index = line.lowerBound
        while index < line.upperBound, input[index].isTokenCharacter { index += 1 }
        let methodLength = index - line.lowerBound
        guard methodLength > 0, index < line.upperBound, input[index] == .space else { throw .requestLine }
        guard methodLength <= Self.methodBytesMax, let method = input.text(line.lowerBound..<index) else {
            throw .method
        }
        let start = index + 1
        index = start
        while index < line.upperBound, input[index] != .space {
            guard Self.isTargetCharacter(input[index]) else { throw .target }
            index += 1
        }
        guard index - start <= limits.targetBytesMax else { throw .targetTooLong }
        guard index > start, index < line.upperBound, let target = input.text(start..<index) else {
            throw .requestLine
        }
        minorVersion = try HTTPVersion.minor(input, (index + 1)..<line.upperBound)
        if method == "CONNECT" || method == "TRACE" { throw .methodNotImplemented }
        self.method = method
        self.target = target
    }

    /// Visible ASCII without what never stands in a target; a fragment is not sent.
    private static func isTargetCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x22, 0x23, 0x3C, 0x3E, 0x5C: false  // " # < > \
        default: 0x21...0x7E ~= byte
        }
    }

    private static let methodBytesMax = 32
}

enum HTTPVersion {
    /// `HTTP/1.0` or `HTTP/1.1`, to the letter.
    static func minor(_ input: Span<UInt8>, _ range: Range<Int>) throws(HTTPFault) -> Int {
        guard range.count == 8, let text = input.text(range), text.hasPrefix("HTTP/") else {
            throw .requestLine
        }
        switch text.dropFirst(5) {
        case "1.1": return 1
        case "1.0": return 0
        case let version:
            let digits = Array(version.utf8)
            let isVersion = digits[0].isDigit && digits[1] == UInt8(ascii: ".") && digits[2].isDigit
            throw isVersion ? .versionUnsupported : .requestLine
        }
    }
}
