import HTTP
import Testing

@Suite struct BodyDecoderTests {
    @Test(arguments: [1, 2, 3, 7, 100])
    func `bodies come out the same however they are cut`(_ size: Int) {
        let chunked = Array(
            "4\r\nWiki\r\n6;name=\"v\"\r\npedia \r\nD\r\nin\r\n\r\nchunks.\r\n0\r\nX: y\r\n\r\nNEXT".utf8)
        let outcome = decode(.chunked, chunked, pieces: size)
        #expect(String(decoding: outcome.data, as: UTF8.self) == "Wikipedia in\r\n\r\nchunks.")
        #expect(outcome.fault == nil && outcome.rest == 4)
        let fixed = decode(.length(5), Array("helloNEXT".utf8), pieces: size)
        #expect(fixed.data == Array("hello".utf8) && fixed.rest == 4)
    }

    @Test(arguments: [
        "\r\n", "g\r\n", "-1\r\n", "+1\r\n", "0x1\r\nA", " 1\r\nA", "1 \r\nA", "1\nA", "1\rA\r\n",
        "1;\n\r\nA",
        "10000000000000000\r\n", "1\r\nAB\r\n", "1\r\nA\n", "1\r\nA\rB", "0\r\n\n", "0\r\n X: y\r\n\r\n",
        "0\r\nX y\r\n\r\n",
        "1;\u{1}\r\nA",
    ])
    func `a chunk that is not to the letter is refused`(_ text: String) {
        #expect(decode(.chunked, Array(text.utf8), pieces: 100).fault != nil)
        #expect(decode(.chunked, Array(text.utf8), pieces: 1).fault != nil)
    }

    @Test func `size lines and trailers are limited`() {
        let line = { (count: Int) in "1;" + String(repeating: "x", count: count - 2) + "\r\nA\r\n0\r\n\r\n" }
        #expect(decode(.chunked, Array(line(256).utf8), pieces: 999).fault == nil)
        #expect(decode(.chunked, Array(line(257).utf8), pieces: 999).fault == .chunkSize)
        let trailers = "0\r\n" + String(repeating: "X: y\r\n", count: 2000) + "\r\n"
        #expect(decode(.chunked, Array(trailers.utf8), pieces: 999).fault == .trailer)
    }

    @Test func `only a body that runs to the end of the connection may end with it`() {
        var open = BodyDecoder(.untilClose)
        let (openEnds, openIsComplete) = (open.inputClosed(), open.isComplete)
        #expect(openEnds && openIsComplete)
        var fixed = BodyDecoder(.length(3))
        let fixedEnds = fixed.inputClosed()
        #expect(!fixedEnds)
        var chunked = BodyDecoder(.chunked)
        let chunkedEnds = chunked.inputClosed()
        #expect(!chunkedEnds)
        var none = BodyDecoder(.length(0))
        let noneEnds = none.inputClosed()
        #expect(none.isComplete && noneEnds)
    }
}

@Suite struct ResponseParserTests {
    @Test func `framing follows RFC 9112 6_3`() {
        #expect(response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")?.body == .length(3))
        #expect(response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?.body == .chunked)
        #expect(response("HTTP/1.1 200 OK\r\n\r\n")?.body == .untilClose)
        #expect(
            response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", to: "HEAD")?.body == BodyFraming.none)
        for status in [100, 101, 204, 304] {
            #expect(response("HTTP/1.1 \(status) X\r\nContent-Length: 3\r\n\r\n")?.body == BodyFraming.none)
        }
        #expect(response("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")?.keepsAlive == true)
        #expect(response("HTTP/1.1 200 OK\r\n\r\n")?.keepsAlive == false)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\nContent-Length: 1\n\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", "HTTP/1.1 200 O\u{1}K\r\n\r\n",
    ])
    func `an upstream is read as strictly`(_ text: String) {
        guard case .malformed = parseResponse(text) else {
            Issue.record("accepted")
            return
        }
    }
}

@Suite struct HeaderFieldsTests {
    @Test func `no value injects a header`() {
        var fields = HeaderFields()
        fields.add("X", "a\r\nY: b\u{0}c")
        var bytes: [UInt8] = []
        HTTPSerializer.append(ResponseHead(status: 200, headers: fields), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "HTTP/1.1 200 OK\r\nX: a  Y: b c\r\n\r\n")
    }

    @Test func `Connection takes out what it lists, but nothing protected`() {
        var fields = HeaderFields([
            ("Connection", "close, X-Mine, sekisho-assertion"), ("X-Mine", "1"), ("Sekisho-Assertion", "2"),
            ("Keep-Alive", "3"), ("Transfer-Encoding", "chunked"), ("Other", "4"),
        ])
        fields.removeHopByHop(protected: ["sekisho-assertion"])
        #expect(fields.map(\.name) == ["Sekisho-Assertion", "Other"])
    }

    @Test func `names fold as careless backends fold them`() {
        for name in ["X_Customer_Id", "x-customer.id", "X-CUSTOMER-ID"] {
            #expect(HeaderFields.foldedName(name) == "x-customer-id")
        }
    }
}

@Suite struct FormAndCookieTests {
    @Test func `forms decode, and a repeated name is no value`() throws {
        let form = try FormFields.parse(Array("a=1&b=%E3%81%82+x&c=1&c=2&d".utf8))
        #expect(
            form["a"] == "1" && form["b"] == "あ x" && form["c"] == nil && form["d"] == "" && form["e"] == nil)
        #expect(form.repeatedNames == ["c"])
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "a=%FF", "a=%00"])
    func `a broken form is refused whole`(_ body: String) {
        #expect(throws: HTTPFault.form) { _ = try FormFields.parse(Array(body.utf8)) }
    }

    @Test func `too many pairs are refused`() throws {
        let body = { (count: Int) in Array(Array(repeating: "a=1", count: count).joined(separator: "&").utf8)
        }
        #expect(try FormFields.parse(body(200)).pairs.count == 200)
        #expect(throws: HTTPFault.form) { _ = try FormFields.parse(body(201)) }
    }

    @Test func `what is encoded decodes to the same`() throws {
        let text = "あ &=+%/?\u{1F338}~-._"
        let form = try FormFields.parse(Array(FormFields.encode([("k", text)]).utf8))
        #expect(form["k"] == text)
    }

    @Test func `cookies of one name that come twice are none`() {
        let headers = HeaderFields([("Cookie", "a=1; b=2; a=3; =x; bad,name=1"), ("Cookie", "c=4")])
        #expect(Cookies.single("a", in: headers) == nil)
        #expect(Cookies.single("b", in: headers) == "2" && Cookies.single("c", in: headers) == "4")
    }

    @Test func `one's own cookies can be taken out of a request`() {
        var headers = HeaderFields([("Cookie", "mine=1; theirs=2")])
        Cookies.remove(["mine"], from: &headers)
        #expect(headers["Cookie"] == "theirs=2")
        Cookies.remove(["theirs"], from: &headers)
        #expect(headers["Cookie"] == nil)
    }

    @Test(arguments: [
        "", "/x", "//a/b", "ftp://a", "https://", "https://a b", "https://a/#f", "https://u@a/",
        "https://a\\b",
    ])
    func `what is no absolute URL is refused`(_ text: String) {
        #expect(URLReference(parsing: text) == nil)
    }

    @Test func `a URL gives its parts`() throws {
        let url = try #require(URLReference(parsing: "https://FB.localhost:8443/a?b=c"))
        #expect(
            url.origin == "https://fb.localhost:8443" && url.path == "/a" && url.query == "b=c"
                && url.port == 8443)
    }
}
