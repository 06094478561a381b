import HTTP
import Testing

@Suite struct CookieAndFormTests {
    @Test func `no part of a cookie adds an attribute or another header`() {
        let cookie = SetCookie("a;b", "1; Domain=evil\r\nX: y, \\ü", path: "/;x", domain: "a;b", maxAge: 0)
        #expect(
            cookie.headerValue
                == "a%3Bb=1%3B%20Domain=evil%0D%0AX:%20y%2C%20%5C%C3%BC; Path=/%3Bx; Domain=a%3Bb; "
                + "Max-Age=0; Secure; HttpOnly; SameSite=Lax")
        #expect(
            SetCookie("__Host-session", "abc-_", sameSite: .strict).headerValue
                == "__Host-session=abc-_; Path=/; Secure; HttpOnly; SameSite=Strict")
    }

    @Test(arguments: ["", ";", ";;", "a", "=b", " = ", "a b=c", "a=b c", "a=b,c", "a=b\\c", "a=\u{3B1}"])
    func `a broken pair is skipped`(_ value: String) {
        #expect(Cookies.parse(HeaderFields([("Cookie", value)])).isEmpty)
    }

    @Test func `pairs are read in order, of all Cookie fields`() {
        let headers = HeaderFields([("Cookie", "a=1;b=\"2\";  c=x=y ;d="), ("X", "e=5"), ("cookie", "f=6")])
        let cookies = Cookies.parse(headers)
        #expect(cookies.map(\.name) == ["a", "b", "c", "d", "f"])
        #expect(cookies.map(\.value) == ["1", "\"2\"", "x=y", "", "6"])
    }

    @Test func `taking out one's own leaves unusual ones as they were`() {
        let theirs = "json={\"a\": 1, \"b\"}; flag; =x; ü=ä"
        var headers = HeaderFields([
            ("Cookie", "mine=1; \(theirs)"), ("Accept", "*/*"), ("Cookie", "mine = a b; mine; last=1"),
        ])
        Cookies.remove(["mine"], from: &headers)
        #expect(headers.values(of: "cookie") == ["\(theirs); last=1"])
        let before = headers
        Cookies.remove(["mine", "absent"], from: &headers)
        #expect(headers == before)
    }

    @Test(arguments: ["a=b c", "a=\u{7F}", "a=\n", "a=ü", "a=%C3", "a=%ED%A0%80", "a=%C0%80", "%00=b"])
    func `what no browser writes is refused`(_ body: String) {
        #expect(throws: HTTPFault.form) { _ = try FormFields.parse(Array(body.utf8)) }
    }

    @Test func `parts without name or value are read as browsers mean them`() throws {
        let form = try FormFields.parse(Array("&a&&b==c&=d&e=%0D%0A".utf8))
        #expect(form.pairs.map(\.name) == ["a", "b", "", "e"])
        #expect(form.pairs.map(\.value) == ["", "=c", "d", "\r\n"])
    }

    @Test func `a query is read like a form`() throws {
        let query = try QueryParameters(parsing: "a=1&b=2&b=3&c=x%20y+z|{}")
        #expect(query.single("a") == "1" && query.single("b") == nil && query.single("c") == "x y z|{}")
        #expect(query.repeatedNames == ["b"] && query.pairs.count == 4)
        #expect(try QueryParameters(parsing: nil).pairs.isEmpty)
        #expect(throws: HTTPFault.form) { _ = try QueryParameters(parsing: "a=%2") }
    }

    @Test func `percent-encoding is undone to the letter`() {
        #expect(PercentCoding.decode("a%2fb+%E3") == [0x61, 0x2F, 0x62, 0x2B, 0xE3])
        for text in ["%", "%2", "%2g", "%g2", "%%20", "% 2"] { #expect(PercentCoding.decode(text) == nil) }
        let all = String(decoding: 1...127 as ClosedRange<UInt8>, as: UTF8.self) + "あ"
        #expect(PercentCoding.decode(PercentCoding.encode(all)) == Array(all.utf8))
        #expect(PercentCoding.encode("aZ0-._~ /+") == "aZ0-._~%20%2F%2B")
    }

    @Test func `an origin leaves out the usual port only`() throws {
        let origin = { (text: String) in URLReference(parsing: text)?.origin }
        #expect(origin("https://a:443/x") == "https://a" && origin("https://a:80/") == "https://a:80")
        #expect(origin("http://A") == "http://a" && origin("http://a:80") == "http://a")
        let url = try #require(URLReference(parsing: "https://a:443?x=1?y"))
        #expect(
            url.authority == "a:443" && url.path == "/" && url.query == "x=1?y" && url.target == "/?x=1?y")
    }

    @Test func `path and query part at the first question mark`() {
        let head = RequestHead(method: "GET", target: "/a?b?c", host: "a")
        #expect(head.path == "/a" && head.query == "b?c")
        #expect(RequestHead(method: "GET", target: "/a", host: "a").query == nil)
        #expect(RequestHead(method: "GET", target: "/a?", host: "a").query == "")
    }

    @Test func `only a client that speaks HTTP 1_1 and sends a body waits to continue`() {
        let waits = { (version: String, fields: String) in
            parsedHead("POST / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n")?.expectsContinue
        }
        #expect(waits("1.1", "Expect: 100-Continue\r\nContent-Length: 1\r\n") == true)
        #expect(waits("1.0", "Expect: 100-continue\r\nContent-Length: 1\r\n") == false)
        #expect(waits("1.1", "Expect: 100-continue\r\nContent-Length: 0\r\n") == false)
        #expect(waits("1.1", "Content-Length: 1\r\n") == false)
    }
}
