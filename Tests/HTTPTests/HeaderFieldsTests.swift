import HTTP
import Testing

@Suite struct HeaderFieldValueTests {
    @Test func `no name, value, method or target starts another line`() {
        var fields = HeaderFields()
        fields.add("X\r\nY: z", "a\r\n\r\nb\u{1}\u{7F}")
        fields.add("", " \tc\t ")
        fields.set("X", "\nd")
        fields.set("X", "e\r\nF: g")
        var bytes: [UInt8] = []
        HTTPSerializer.append(
            method: "GET / HTTP/1.1\r\n", target: "/a b\r\nX: \u{0}ü", headers: fields, to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "GET___HTTP_1.1__ /a%20b%0D%0AX:%20%00%C3%BC HTTP/1.1\r\n"
                + "X__Y__z: a    b\r\n_: c\r\nX: e  F: g\r\n\r\n")
        bytes = []
        HTTPSerializer.append(method: "GET", target: "", headers: HeaderFields(), to: &bytes)
        #expect(bytes == Array("GET / HTTP/1.1\r\n\r\n".utf8))
    }

    @Test func `fields keep their order, and names their spelling`() {
        var fields = HeaderFields([("a", "1"), ("B", "2"), ("A", "3"), ("c", "4")])
        #expect(fields["A"] == "1" && fields["b"] == "2" && fields["d"] == nil && fields.count == 4)
        #expect(fields.values(of: "a") == ["1", "3"])
        fields.set("A", "5")
        #expect(lines(fields) == "a: 5\nB: 2\nc: 4")
        #expect(fields.remove("C") == 1 && fields.remove("C") == 0)
        #expect(fields.removeAll { name in name.folds(onto: "b".utf8.span) } == 1)
        #expect(fields.removeAll { name in name.isEmpty } == 0)
        fields.set("New", "6")
        #expect(lines(fields) == "a: 5\nNew: 6")
        #expect(fields == HeaderFields([("a", "5"), ("New", "6")]) && fields != HeaderFields([("A", "5")]))
    }

    @Test func `what is changed in a copy stays as it was in the other`() {
        let original = HeaderFields([("a", "1"), ("b", "2"), ("A", "3"), ("c", "4")])
        var copy = original
        copy.reserve(fields: 2, bytes: 100)
        #expect(copy == original)
        copy.remove("a")
        copy.set("b", "22")
        copy.add("d", "5")
        #expect(lines(copy) == "b: 22\nc: 4\nd: 5")
        #expect(lines(original) == "a: 1\nb: 2\nA: 3\nc: 4")
    }

    @Test(arguments: 0...0xFF)
    func `a control character in a value becomes a space, wherever it stands`(_ byte: Int) throws {
        let scalar = try #require(Unicode.Scalar(UInt32(byte)))
        let isControl = byte < 0x20 && byte != 0x09 || byte == 0x7F
        for place in [0, 1, 30, 31, 32, 33, 63] {
            let front = String(repeating: "x", count: place + 1)
            let fields = HeaderFields([("a", "\(front)\(scalar)y")])
            #expect(fields["a"] == "\(front)\(isControl ? " " : String(Character(scalar)))y")
        }
    }

    @Test func `a description shows no values`() {
        let fields = HeaderFields([("Cookie", "secret"), ("X", "y")])
        var dumped = ""
        dump(fields, to: &dumped)
        #expect("\(fields)" == "[Cookie, X]" && !dumped.contains("secret") && !"\(fields)".contains("y"))
    }

    @Test func `an upstream's value passes byte for byte`() throws {
        let shiftJIS: [UInt8] = [0x96, 0xBE, 0x8D, 0xD7]
        let head = Array("HTTP/1.1 200 OK\r\nContent-Disposition: filename=".utf8) + shiftJIS
        let bytes = head + Array("\r\n\r\n".utf8)
        var parser = ResponseParser(requestMethod: "GET")
        guard case .head(let response, _) = parser.parse(bytes.span) else {
            Issue.record("refused")
            return
        }
        var written: [UInt8] = []
        HTTPSerializer.append(response, to: &written)
        #expect(written == bytes)
    }

    @Test func `the content type is one, and compared without case and parameters`() {
        let form = "application/x-www-form-urlencoded"
        let isForm = { (values: [String]) in
            HeaderFields(values.map { ("Content-Type", $0) }).hasContentType(form)
        }
        #expect(!isForm([]) && !isForm([form, form]) && !isForm(["text/plain"]) && !isForm(["x" + form]))
        #expect(!isForm([form + "x"]) && !isForm(["text/plain; \(form)"]))
        #expect(isForm([form]) && isForm(["Application/X-WWW-Form-urlencoded ; charset=UTF-8"]))
    }

    @Test func `an empty chunk is not written, for it would end the body`() {
        var bytes: [UInt8] = []
        let none: [UInt8] = []
        HTTPSerializer.appendChunk(none.span, to: &bytes)
        #expect(bytes.isEmpty)
        let data = [UInt8](repeating: 0x41, count: 26)
        HTTPSerializer.appendChunk(data.span, to: &bytes)
        bytes += HTTPSerializer.lastChunk
        #expect(decode(.chunked, bytes, pieces: 3).data == data && bytes.starts(with: "1a\r\n".utf8))
    }
}
