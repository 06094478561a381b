import Settings
import Testing

@Suite struct ValueTests {
    @Test(arguments: [
        "", "https", "https://", "https:///x", "ftp://a.example", "//a.example", "https:/a.example",
        "https://a b",
        "https://user@a.example", "https://a.example#f", "https://a.example:", "https://a.example:0",
        "https://a.example:65536", "https://a.example:x", "https://a_b.example", "https://1.2.3",
        "https://[::1",
        "https://[::g]", "https://関所.example", "https://a.example/%4", "https://a.example/%zz",
        "https://a.example/\n",
        "https://a.example/a\\b", "https://*.example",
    ])
    func `text that is no URL of the web is refused`(_ text: String) {
        #expect(WebURL(text) == nil)
    }

    @Test func `a URL is taken apart and keeps its text`() throws {
        let url = try #require(WebURL("HTTPS://FB.Example.JP:8443/a%20b/?q=/x?y"))
        #expect(url.text == "HTTPS://FB.Example.JP:8443/a%20b/?q=/x?y")
        #expect(url.scheme == .https)
        #expect(url.host == "fb.example.jp")
        #expect(url.port == 8443)
        #expect(url.path == "/a%20b/")
        #expect(url.query == "q=/x?y")
        #expect(url.origin == "https://fb.example.jp:8443")
        #expect(!url.isLoopback)
    }

    @Test(arguments: [
        ("https://fb.example.jp:443/x", "https://fb.example.jp", false),
        ("http://fb.example.jp:80", "http://fb.example.jp", false),
        ("http://fb.example.jp:443?q", "http://fb.example.jp:443", false),
        ("http://localhost:9000/cb", "http://localhost:9000", true),
        ("http://127.8.9.1", "http://127.8.9.1", true),
        ("http://[::1]:9000", "http://[::1]:9000", true),
        ("http://127.example.jp", "http://127.example.jp", false),
    ])
    func `the origin leaves out the port of the scheme`(_ text: String, _ origin: String, _ isLoopback: Bool)
        throws
    {
        let url = try #require(WebURL(text))
        #expect(url.origin == origin)
        #expect(url.isLoopback == isLoopback)
    }

    @Test(arguments: [
        "", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:080", "127.0.0.1:+80",
        "127.0.0:80",
        "127.0.0.01:80", "127.0.0.256:80", "127.0.0.1.1:80", "localhost:80", "::1:80", "[::1]", "[::1]80",
        "[:1]:80",
        "[::1::]:80", "[1:2:3:4:5:6:7]:80", "[1:2:3:4:5:6:7:8:9]:80", "[::1:2:3:4:5:6:7:8]:80",
        "[12345::]:80",
        "[fe80::1%eth0]:80", "[1.2.3.4::]:80", "[::1.2.3]:80", "[]:80", "[:::]:80", "unix:", "unix:a\u{0}b",
    ])
    func `text that is no endpoint is refused`(_ text: String) {
        #expect(EndpointSetting(text) == nil)
    }

    @Test(arguments: [
        "127.0.0.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[::]:443", "[::1]:80", "[1:2:3:4:5:6:7:8]:80",
        "[1::8]:80", "[1:2:3:4:5:6:7::]:80", "[::ffff:192.0.2.1]:80", "[64:ff9b::192.0.2.33]:1",
        "unix:/run/a.sock",
        "unix:a.sock",
    ])
    func `an endpoint is printed as it is read`(_ text: String) {
        #expect(EndpointSetting(text)?.description == text)
    }

    @Test func `a socket's path is as long as the system allows`() {
        #expect(EndpointSetting("unix:" + String(repeating: "x", count: 107)) != nil)
        #expect(EndpointSetting("unix:" + String(repeating: "x", count: 108)) == nil)
        let path = "unix:" + String(repeating: "x", count: 107 - "/etc/sekisho/".count)
        let fits = minimalGateway.replacing("unix:consent.sock", with: path)
        #expect(readGateway(fits).complaints.isEmpty)
        #expect(readGateway(fits.replacing(path, with: path + "x")).complaints.count == 1)
    }

    @Test(arguments: [
        ("a", true), ("a.b-c.jp", true), ("1a.jp", true), ("1.2.3.4", false), ("a.1", false),
        ("-a.jp", false),
        ("a-.jp", false), ("a..jp", false), (".jp", false), ("a.jp.", false), ("a_b.jp", false),
        ("関.jp", false),
        (String(repeating: "a", count: 63) + ".jp", true), (String(repeating: "a", count: 64) + ".jp", false),
        (String(repeating: "a.", count: 126) + "a", true),
        (String(repeating: "a.", count: 126) + "aa", false),
    ])
    func `host names are letters, digits and hyphens between dots`(_ name: String, _ isAccepted: Bool) {
        let text = minimalGateway.replacing(
            "role: \"login\",", with: "role: 'login', cookieDomain: '\(name)',")
        let isNamed = readGateway(text).complaints.contains {
            $0.contains("cookieDomain: expected a host name")
        }
        #expect(isNamed == !isAccepted)
    }
}
