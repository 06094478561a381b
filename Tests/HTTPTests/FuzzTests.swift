import HTTP
import Testing

/// Seeded mutations of valid messages: nothing traps, and the pieces in which bytes arrive make no
/// difference.
@Suite struct FuzzTests {
    static let requests = [
        RequestParserTests.browser,
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "\r\nPUT https://[::1]:8443/x?y HTTP/1.0\r\nHost: [::1]:8443\r\nConnection: keep-alive, x\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: b.test.\r\nExpect: 100-continue\r\nContent-Length: 1\r\nX: ü\r\n\r\n",
    ].map { Array($0.utf8) }

    static let responses = [
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\nabc",
        "HTTP/1.1 302 Found\r\nLocation: https://a/\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.0 404 \r\nConnection: close\r\n\r\n", "HTTP/1.1 204\r\n\r\n",
    ].map { Array($0.utf8) }

    static let chunked = [
        "5\r\nhello\r\n0\r\n\r\n", "1;a=\"b\"\r\nx\r\n00a\r\n0123456789\r\n0\r\nA: b\r\nC:d\r\n\r\n",
    ].map { Array($0.utf8) }

    @Test func `mutated requests read the same in any pieces`() {
        var random = SplitMix(state: 20_261_123)
        var limits = HTTPLimits()
        (limits.headBytesMax, limits.lineBytesMax, limits.fieldCountMax) = (160, 60, 4)
        for _ in 0..<20_000 {
            var bytes = Self.requests[random.below(Self.requests.count)]
            random.mutate(&bytes)
            let limits = random.below(2) == 0 ? limits : .standard
            let whole = requestOutcome(bytes, limits: limits)
            for size in [1, 1 + random.below(bytes.count + 1)] {
                #expect(requestOutcome(bytes, pieces: size, limits: limits) == whole)
            }
        }
    }

    @Test func `mutated responses read the same in any pieces`() {
        var random = SplitMix(state: 20_261_124)
        for _ in 0..<10_000 {
            var bytes = Self.responses[random.below(Self.responses.count)]
            random.mutate(&bytes)
            let whole = responseOutcome(bytes)
            for size in [1, 1 + random.below(bytes.count + 1)] {
                #expect(responseOutcome(bytes, pieces: size) == whole)
            }
        }
    }

    @Test func `mutated chunks decode the same in any pieces`() {
        var random = SplitMix(state: 20_261_125)
        for _ in 0..<10_000 {
            var bytes = Self.chunked[random.below(Self.chunked.count)]
            random.mutate(&bytes)
            let whole = decode(.chunked, bytes, pieces: bytes.count + 1)
            for size in [1, 1 + random.below(bytes.count + 1)] {
                let pieces = decode(.chunked, bytes, pieces: size)
                #expect(pieces.data == whole.data && pieces.fault == whole.fault && pieces.rest == whole.rest)
            }
        }
    }

    @Test func `what was read and written again reads the same`() throws {
        var random = SplitMix(state: 20_261_126)
        var readCount = 0
        for _ in 0..<5_000 {
            var bytes = Self.requests[random.below(Self.requests.count)]
            random.mutate(&bytes)
            var parser = RequestParser()
            guard case .head(let head, _) = parser.parse(bytes.span) else { continue }
            readCount += 1
            var written: [UInt8] = []
            HTTPSerializer.append(
                method: head.method, target: head.target, headers: head.headers, to: &written)
            guard case .head(let again, let consumed) = parser.parse(written.span) else {
                Issue.record("not read again: \(String(decoding: written, as: UTF8.self))")
                return
            }
            #expect(consumed == written.count && again.headers == head.headers && again.host == head.host)
            #expect(again.method == head.method && again.target == head.target)
            // HTTP/1.0 is forwarded as HTTP/1.1, and the framing is the same.
            #expect(again.body == head.body)
        }
        #expect(readCount > 500)
    }

    @Test func `every proper prefix of a head is incomplete`() {
        for bytes in Self.requests {
            for length in 0..<bytes.count {
                #expect(requestOutcome(Array(bytes[..<length])) == "incomplete")
            }
        }
        for bytes in Self.responses.dropFirst() {
            for length in 0..<bytes.count {
                #expect(responseOutcome(Array(bytes[..<length])) == "incomplete")
            }
        }
        for bytes in Self.chunked {
            for length in 0..<bytes.count {
                let cut = decode(.chunked, Array(bytes[..<length]), pieces: 1)
                #expect(cut.fault == nil && cut.rest == nil)
            }
        }
    }
}
