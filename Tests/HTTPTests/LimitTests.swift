import HTTP
import Testing

/// Every limit holds at n and refuses at n + 1, and memory stays bounded because what is too large is refused
/// before it has all arrived.
@Suite struct LimitTests {
    @Test func `a head is limited to the byte`() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        var limits = HTTPLimits()
        limits.headBytesMax = head.utf8.count
        #expect(parsedHead(head + "body", limits: limits) != nil)
        limits.headBytesMax -= 1
        #expect(fault(head, limits: limits) == .headTooLong)
        #expect(HTTPFault.headTooLong.status == 431)
    }

    @Test func `a line is limited to the byte`() {
        var limits = HTTPLimits()
        limits.lineBytesMax = 20
        let head = { (count: Int) in "GET / HTTP/1.1\r\nHost: a\r\nX: \(text(count - 3))\r\n\r\n" }
        #expect(parsedHead(head(20), limits: limits) != nil)
        #expect(fault(head(21), limits: limits) == .lineTooLong)
        // Refused before the line has ended.
        #expect(fault("GET / HTTP/1.1\r\nHost: a\r\nX: \(text(19))", limits: limits) == .lineTooLong)
        #expect(HTTPFault.lineTooLong.status == 431)
    }

    @Test func `a request line that is too long is a target that is too long`() {
        var limits = HTTPLimits()
        limits.lineBytesMax = 30
        let line = { (count: Int) in "GET /\(text(count - 14)) HTTP/1.1\r\nHost: a\r\n\r\n" }
        #expect(parsedHead(line(30), limits: limits) != nil)
        #expect(fault(line(31), limits: limits) == .targetTooLong)
        #expect(fault("GET /\(text(1_000_000))") == .targetTooLong)
        #expect(HTTPFault.targetTooLong.status == 414)
    }

    @Test func `a method is at most 32 bytes long`() {
        #expect(parsedHead("\(text(32)) / HTTP/1.1\r\nHost: a\r\n\r\n")?.method.utf8.count == 32)
        #expect(fault("\(text(33)) / HTTP/1.1\r\nHost: a\r\n\r\n") == .method)
    }

    @Test func `a flood of fields or one endless field is refused early`() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\n"
        #expect(fault(start + String(repeating: "A:\r\n", count: 100_000)) == .tooManyFields)
        #expect(fault(start + "A: " + text(1_000_000)) == .lineTooLong)
        #expect(fault(start + String(repeating: "A: \(text(4096))\r\n", count: 9)) == .headTooLong)
        guard
            case .malformed(.tooManyFields) = parseResponse(
                "HTTP/1.1 200 OK\r\n" + String(repeating: "A:\r\n", count: 101))
        else {
            Issue.record("accepted")
            return
        }
    }

    @Test func `a large certificate header passes whole or is refused, never cut`() throws {
        let head = { (count: Int) in "POST / HTTP/1.1\r\nHost: a\r\nClient-Cert: :\(text(count)):\r\n\r\n" }
        let parsed = try #require(parsedHead(head(12 * 1024)))
        #expect(parsed.headers["client-cert"]?.utf8.count == 12 * 1024 + 2)
        var written: [UInt8] = []
        HTTPSerializer.append(method: "POST", target: "/", headers: parsed.headers, to: &written)
        #expect(written == Array(head(12 * 1024).utf8))
        #expect(fault(head(17 * 1024)) == .lineTooLong)
    }

    @Test func `extensions of all chunks together are limited`() {
        var limits = HTTPLimits()
        limits.chunkExtensionBytesMax = 6
        let body = { (count: Int) in Array(("1;ab\r\nA\r\n1;\(text(count - 4))\r\nB\r\n0\r\n\r\n").utf8) }
        #expect(decode(.chunked, body(6), pieces: 5, limits: limits).data == [0x41, 0x42])
        #expect(decode(.chunked, body(7), pieces: 5, limits: limits).fault == .chunkSize)
    }

    @Test func `a chunk size has at most 15 digits`() {
        var limits = HTTPLimits()
        let one = { (digits: Int) in Array((String(repeating: "0", count: digits - 1) + "1\r\nA\r\n").utf8) }
        #expect(decode(.chunked, one(15), pieces: 9).data == [0x41])
        #expect(decode(.chunked, one(16), pieces: 9).fault == .chunkSize)
        limits.chunkLineBytesMax = 4
        #expect(decode(.chunked, one(4), pieces: 9, limits: limits).data == [0x41])
        #expect(decode(.chunked, one(5), pieces: 9, limits: limits).fault == .chunkSize)
    }

    @Test func `trailers are limited in bytes and in number`() {
        var limits = HTTPLimits()
        let body = { (lines: String) in Array("0\r\n\(lines)\r\n".utf8) }
        limits.trailerBytesMax = 12
        #expect(decode(.chunked, body("A: b\r\nC: d\r\n"), pieces: 1, limits: limits).rest == 0)
        #expect(decode(.chunked, body("A: b\r\nC: de\r\n"), pieces: 1, limits: limits).fault == .trailer)
        limits = HTTPLimits()
        limits.fieldCountMax = 2
        #expect(decode(.chunked, body("A:\r\nB:\r\n"), pieces: 3, limits: limits).rest == 0)
        #expect(decode(.chunked, body("A:\r\nB:\r\nC:\r\n"), pieces: 3, limits: limits).fault == .trailer)
    }

    @Test func `a length of the largest size does not overflow`() {
        var body = BodyDecoder(.length(.max))
        let step = body.decode([1, 2, 3].span)
        #expect(step == .data(0..<3, consumed: 3) && !body.isComplete)
        let chunk = Array("fffffffffffffff\r\nA".utf8)
        var chunked = BodyDecoder(.chunked)
        let chunkStep = chunked.decode(chunk.span)
        #expect(chunkStep == .data(17..<18, consumed: 18))
    }

    @Test func `forms are limited in bytes`() throws {
        let body = Array("a=\(text(8))".utf8)
        #expect(try FormFields.parse(body, bytesMax: 10)["a"] == text(8))
        #expect(throws: HTTPFault.bodyTooLong) { _ = try FormFields.parse(body, bytesMax: 9) }
        #expect(HTTPFault.bodyTooLong.status == 413)
    }

    private func text(_ count: Int) -> String { String(repeating: "x", count: count) }
}
