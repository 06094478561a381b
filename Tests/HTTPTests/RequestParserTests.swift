import HTTP
import Testing

@Suite struct RequestParserTests {
    static let browser =
        "POST /authorize?x=1 HTTP/1.1\r\nHost: FB.localhost:8443\r\nUser-Agent: Test\r\n"
        + "Cookie: a=b; c=d\r\nContent-Length: 5\r\n\r\n"

    @Test func `every proper prefix is incomplete, and the whole is a head`() throws {
        let bytes = Array(Self.browser.utf8)
        for length in 0..<bytes.count {
            var parser = RequestParser()
            guard case .incomplete = parser.parse(bytes.span.extracting(first: length)) else {
                Issue.record("prefix of \(length) bytes")
                return
            }
        }
        let head = try #require(parsedHead(Self.browser))
        #expect(head.method == "POST" && head.target == "/authorize?x=1" && head.path == "/authorize")
        #expect(head.query == "x=1" && head.host == "fb.localhost" && head.hostPort == 8443)
        #expect(head.body == .length(5) && head.keepsAlive)
        #expect(head.headers["cookie"] == "a=b; c=d")
    }

    @Test func `byte by byte gives the same head as all at once`() {
        let bytes = Array((Self.browser + "hello").utf8)
        var parser = RequestParser()
        for length in 1...bytes.count {
            switch parser.parse(bytes.span.extracting(first: length)) {
            case .incomplete: continue
            case .malformed(let fault):
                Issue.record("\(fault)")
                return
            case .head(_, let consumed):
                #expect(consumed == Self.browser.utf8.count && length == consumed)
                return
            }
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\nHost: a\n\n", HTTPFault.lineEnding),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", .lineEnding),
        ("GET / HTTP/1.1\rX\r\nHost: a\r\n\r\n", .lineEnding),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .lineEnding),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("GET /\r\nHost: a\r\n\r\n", .requestLine),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .requestLine),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", .versionUnsupported),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .versionUnsupported),
        ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", .methodNotImplemented),
        ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", .methodNotImplemented),
        ("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET /ü HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET \\x HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", .authorityMismatch),
        ("GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", .authorityMismatch),
        ("GET / HTTP/1.1\r\nHost: a\r\n X: folded\r\n\r\n", .foldedField),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedField),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .fieldName),
        ("GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", .fieldName),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", .fieldName),
        ("GET / HTTP/1.1\r\nHost: a\r\nX(y): z\r\n\r\n", .fieldName),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", .fieldValue),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7F}b\r\n\r\n", .fieldValue),
        ("GET / HTTP/1.1\r\n\r\n", .host),
        ("GET / HTTP/1.0\r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost: \r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost: a:\r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost: a:0\r\n\r\n", .host),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            .bothLengths
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .contentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", .contentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", .contentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", .contentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", .contentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n", .contentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", .contentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", .contentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", .transferEncoding),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{B}chunked\r\n\r\n", .fieldValue),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", .transferEncoding),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .codingNotImplemented),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            .transferEncoding
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", .transferEncoding),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", .transferEncoding),
        ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncoding),
    ])
    func `what two readers could understand differently is refused`(_ text: String, _ expected: HTTPFault) {
        #expect(fault(text) == expected)
    }

    @Test func `a value that is not UTF-8 is refused`() {
        var parser = RequestParser()
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xFF, 0x0D, 0x0A, 0x0D, 0x0A]
        guard case .malformed(.fieldValue) = parser.parse(bytes.span) else {
            Issue.record("accepted")
            return
        }
    }

    @Test func `limits hold at n and refuse at n plus one`() {
        var limits = HTTPLimits()
        limits.fieldCountMax = 3
        let fields = { (count: Int) in (1..<count).map { "X\($0): y\r\n" }.joined() }
        #expect(parsedHead("GET / HTTP/1.1\r\nHost: a\r\n\(fields(3))\r\n", limits: limits) != nil)
        #expect(fault("GET / HTTP/1.1\r\nHost: a\r\n\(fields(4))\r\n", limits: limits) == .tooManyFields)

        limits = HTTPLimits()
        limits.targetBytesMax = 10
        #expect(parsedHead("GET /123456789 HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits) != nil)
        #expect(fault("GET /1234567890 HTTP/1.1\r\nHost: a\r\n\r\n", limits: limits) == .targetTooLong)

        limits = HTTPLimits()
        limits.lineBytesMax = 30
        #expect(
            parsedHead("GET / HTTP/1.1\r\nHost: \(String(repeating: "a", count: 24))\r\n\r\n", limits: limits)
                != nil)
        #expect(
            fault("GET / HTTP/1.1\r\nHost: \(String(repeating: "a", count: 25))\r\n\r\n", limits: limits)
                == .lineTooLong)

        limits = HTTPLimits()
        limits.headBytesMax = 60
        #expect(
            fault("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "y", count: 60))", limits: limits)
                == .headTooLong)
    }

    @Test func `hosts lose case, port and trailing dot`() {
        for host in ["fb.localhost", "FB.LocalHost", "fb.localhost.", "fb.localhost:8443", "Fb.Localhost.:1"]
        {
            #expect(parsedHead("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")?.host == "fb.localhost")
        }
        #expect(parsedHead("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n")?.host == "[::1]")
    }

    @Test func `an absolute target that agrees with Host becomes its path`() {
        #expect(parsedHead("GET https://A/b?c HTTP/1.1\r\nHost: a\r\n\r\n")?.target == "/b?c")
        #expect(parsedHead("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n")?.target == "/")
        #expect(parsedHead("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")?.target == "*")
    }

    @Test func `keep-alive follows version and Connection`() {
        #expect(parsedHead("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n")?.keepsAlive == false)
        #expect(parsedHead("GET / HTTP/1.0\r\nHost: a\r\n\r\n")?.keepsAlive == false)
        #expect(parsedHead("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")?.keepsAlive == true)
    }
}
