import HTTP
import Testing

@Suite struct HostNameTests {
    static let label63 = String(repeating: "a", count: 63)
    static let name253 =
        Array(repeating: label63, count: 3).joined(separator: ".") + "." + label63.dropLast(2)

    @Test(arguments: [
        "", " ", ".", "..", "a..b", ".a", "a..", "a b", "a,b", "a;b", "a%2eb", "a\\b", "a?b", "a#b", "ａ",
        "a@b",
        "user:pw@a", "a:", "a:0", "a:65536", "a:+1", "a:1x", "a:1:2", "a: 1", "a:000080", ":80", "[", "[]",
        "[::1",
        "::1", "[::1]x", "[::1]:", "[:::]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1::2::3]",
        "[12345::]",
        "[g::]",
        "[::1%25eth0]", "[::1.2.3]", "[::1.2.3.256]", "[::1.2.3.04]", "[1:2:3:4:5:6:7:1.2.3.4]", "[v1.x]",
        "[1:]",
        "[:1::]", label63 + "a", name253 + "a", "a'b", "a*b", "*.a", "a!b", "a(b)",
    ])
    func `what is no host is refused`(_ host: String) {
        #expect(fault("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == .host)
    }

    @Test(arguments: [
        ("a", "a", UInt16?.none), ("A-b_c.1.", "a-b_c.1", nil), ("a:65535", "a", 65_535),
        ("a:00080", "a", 80),
        ("127.0.0.1:8080", "127.0.0.1", 8080), ("[::]", "[::]", nil), ("[::1]:443", "[::1]", 443),
        ("[2001:DB8::1]", "[2001:db8::1]", nil), ("[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]", nil),
        ("[1::]", "[1::]", nil),
        ("[1:2:3:4:5:6:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", nil),
        ("[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", nil),
        (label63, label63, nil), (name253, name253, nil), (name253 + ".", name253, nil),
    ])
    func `a host loses case and trailing dot, and keeps its port apart`(
        _ sent: String, _ host: String, _ port: UInt16?
    ) {
        let head = parsedHead("GET / HTTP/1.1\r\nHost: \(sent)\r\n\r\n")
        #expect(head?.host == host && head?.hostPort == port)
    }

    @Test(arguments: [
        "http://a", "https://a/", "HTTP://A./x", "http://a?q", "https://a/?q=http://b/",
    ])
    func `an absolute target that names the host is taken`(_ target: String) {
        #expect(parsedHead("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")?.target.hasPrefix("/") == true)
    }

    @Test(arguments: [
        "http://b/", "http://a:80/", "http://a.b/", "http://u@a/", "http:///x", "http:/a", "http:a", "//a",
        "a", "a:80",
        "htt://a/", "httpss://a/", "http://", "https://", "ws://a/", "http://a\\@b/", "http://a%2f/", "*x",
        "**",
    ])
    func `an absolute target that names another, or none, is refused`(_ target: String) {
        let text = "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"
        // `//a` is a path, and forwarded as one.
        if target.hasPrefix("/") {
            #expect(parsedHead(text)?.target == target)
        } else {
            #expect(fault(text) != nil)
        }
    }

    @Test func `options of the whole server stay that`() {
        #expect(parsedHead("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n")?.target == "*")
        #expect(parsedHead("OPTIONS http://a/ HTTP/1.1\r\nHost: a\r\n\r\n")?.target == "/")
        #expect(fault("options * HTTP/1.1\r\nHost: a\r\n\r\n") == .target)
    }
}
