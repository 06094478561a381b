import HTTP
import Testing

/// What request smuggling has been made of (CVE-2021-40346, CVE-2023-25725, CVE-2022-22720, CVE-2023-25690,
/// CVE-2025-22871, CVE-2025-55315 and their kin): two readers that find different ends of a message.
@Suite struct SmugglingTests {
    @Test(arguments: [
        "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity, chunked, identity",
        "Transfer-Encoding: chunked,", "Transfer-Encoding: ,chunked", "Transfer-Encoding: chunked chunked",
        "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunked\u{B}",
        "Transfer-Encoding: chunked\u{0}", "Transfer-Encoding: \u{A0}chunked", "Transfer-Encoding: chunke",
        "Transfer-Encoding: x\r\nTransfer-Encoding: chunked", "Transfer-Encoding\t: chunked",
        "Transfer-Encoding : chunked", " Transfer-Encoding: chunked", "X: y\r\n\tTransfer-Encoding: chunked",
        "Transfer-Encoding:\r\n chunked", "Transfer_Encoding: chunked", "transfer.encoding: chunked",
        "Transfer-Encoding\u{0}: chunked", "\"Transfer-Encoding\": chunked", "Transfer-Encoding: chunked\r",
        "X: y\rTransfer-Encoding: chunked", "X: y\nTransfer-Encoding: chunked",
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 1", "Content-Length: 0\r\nTransfer-Encoding: x",
    ])
    func `a transfer coding that could be overlooked is refused`(_ field: String) {
        #expect(fault("POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n") != nil)
        #expect(faultOfResponse("HTTP/1.1 200 OK\r\n\(field)\r\n\r\n") != nil)
    }

    @Test(arguments: [
        "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\ncontent-length: 6",
        "Content-Length: 5, 5",
        "Content-Length: 5,", "Content-Length: +5", "Content-Length: -0", "Content-Length: 5.0",
        "Content-Length: 0x5", "Content-Length: 5e0", "Content-Length: 5 5", "Content-Length: \"5\"",
        "Content-Length: ５", "Content-Length: 5\u{0}", "Content-Length:", "Content-Length: ",
        "Content-Length: 18446744073709551621", "Content-Length: 00000000000000000005",
        "Content-Length : 5", "Content_Length: 5", "content.length: 5", "Content-Length: 5\r", ": 5",
        "Content-Length\u{0}: 5",
    ])
    func `a length that could be read twice is refused`(_ field: String) {
        #expect(fault("POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n") != nil)
        #expect(faultOfResponse("HTTP/1.1 200 OK\r\n\(field)\r\n\r\n") != nil)
    }

    @Test func `well-formed framing is taken in every spelling RFC 9112 allows`() {
        let framing = { (field: String) in
            parsedHead("POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n")?.body
        }
        #expect(framing("transfer-encoding:Chunked \t") == .chunked)
        #expect(framing("CONTENT-LENGTH:\t7 ") == .length(7))
        #expect(framing("Content-Length: 0000000000000000007") == .length(7))
        #expect(framing("Content-Length: 9999999999999999999") == .length(9_999_999_999_999_999_999))
        #expect(framing("Content-Length: 0") == BodyFraming.none)
    }

    @Test func `HTTP 1_0 has no transfer coding`() {
        let field = "Transfer-Encoding: chunked"
        #expect(fault("POST / HTTP/1.0\r\nHost: a\r\n\(field)\r\n\r\n") == .transferEncoding)
        #expect(faultOfResponse("HTTP/1.0 200 OK\r\n\(field)\r\n\r\n") == .transferEncoding)
    }

    @Test(arguments: [
        "1;a\nb\r\nA\r\n", "1;a\rb\r\nA\r\n", "1;\u{0}\r\nA\r\n", "1\n\r\nA\r\n", "1 ;a\r\nA\r\n",
        "1\t\r\nA\r\n",
        "\t1\r\nA\r\n", "01 \r\nA\r\n", "1,1\r\nA\r\n", "1_0\r\nA\r\n", "1.0\r\nA\r\n", "0X1\r\nA\r\n",
        ";\r\n", "fffffffffffffffff\r\n", "1\r\nAA\r\n", "1\r\nA\n0\r\n\r\n", "1\r\nA\r0\r\n\r\n",
        "1\r\nA0\r\n\r\n", "1\r\nA\r\n\r\n0\r\n\r\n", "0\r\nX\r\n\r\n", "0\r\n: y\r\n\r\n",
        "0\r\nX : y\r\n\r\n",
        "0\r\nX: y\r\n z\r\n\r\n", "0\r\nX: y\n\r\n", "0\r\nX: y\rz\r\n\r\n", "0\r\n\rX",
        "0\r\nX: \u{0}\r\n\r\n",
        "0\n\n", "0\r\n\n",
    ])
    func `a chunk whose end is in doubt is refused`(_ body: String) {
        for size in [1, 2, 100] {
            #expect(decode(.chunked, Array(body.utf8), pieces: size).fault != nil)
        }
    }

    @Test func `after a fault nothing more is read`() {
        var parser = RequestParser()
        let bad = Array("GET / HTTP/1.1\n".utf8)
        let good = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        guard case .malformed(.lineEnding) = parser.parse(bad.span),
            case .malformed(.lineEnding) = parser.parse(good.span)
        else {
            Issue.record("read on")
            return
        }
        var body = BodyDecoder(.chunked)
        let steps = [Array("x".utf8), Array("0\r\n\r\n".utf8)].map { body.decode($0.span) }
        #expect(steps == [.malformed(.chunkSize), .malformed(.chunkSize)] && !body.isComplete)
    }

    @Test func `after a head the parser reads the next one`() {
        let bytes = Array("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\n".utf8)
        var parser = RequestParser()
        guard case .head(let first, let consumed) = parser.parse(bytes.span),
            case .head(let second, _) = parser.parse(bytes.span.extracting(consumed..<bytes.count))
        else {
            Issue.record("not two heads")
            return
        }
        #expect(first.target == "/a" && first.host == "a" && second.target == "/b" && second.host == "b")
        #expect(second.headers.count == 1)
    }

    @Test(arguments: ["connect", "Trace", "CONNECT", "tRACE"])
    func `tunnels and echoes are refused in any case`(_ method: String) {
        #expect(fault("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n") == .methodNotImplemented)
    }

    @Test func `what speaks another protocol is refused at once`() {
        #expect(requestOutcome([0x16, 0x03, 0x01]) == "malformed requestLine")
        #expect(fault("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == .versionUnsupported)
        #expect(fault(" GET / HTTP/1.1\r\n") == .requestLine)
    }

    @Test func `an upgrade stays behind`() {
        var fields = HeaderFields([
            ("Upgrade", "TLS/1.0, h2c"), ("Connection", "Upgrade, HTTP2-Settings"),
            ("HTTP2-Settings", "AAMA"),
            ("Accept", "*/*"),
        ])
        #expect(fields.removeHopByHop() == 3 && fields.map(\.name) == ["Accept"])
        guard case .head(let head, _) = parseResponse("HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n") else {
            Issue.record("not a head")
            return
        }
        #expect(head.status == 101 && head.body == .none)
    }

    private func faultOfResponse(_ text: String) -> HTTPFault? {
        if case .malformed(let fault) = parseResponse(text) { return fault }
        return nil
    }
}
