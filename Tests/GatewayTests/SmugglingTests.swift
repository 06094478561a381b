import HTTP
import Serving
import Settings
import TLS
import TestPKI
import Testing
import X509

@testable import Gateway

/// Each trick that has ever made two readers see different requests, over real TLS: it is refused, the
/// connection ends, and neither it nor what stands behind it reaches the backend.
@Suite struct SmugglingTests {
    private let running: RunningBank
    private let host = TestBank.login

    init() throws { running = try RunningBank() }

    /// - Parameter text: With `{h}` for the host's name.
    private func check(_ text: String, _ status: Set<String> = ["400"]) throws {
        let client = try RawTLS(to: running.endpoint, running.context(), serverName: host)
        try client.send(text.replacing("{h}", with: host))
        try? client.send("GET /public/smuggled HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        let all = try client.receiveAll()
        #expect(all.hasPrefix("HTTP/1.1 ") && status.contains(String(all.dropFirst(9).prefix(3))), "\(all)")
        #expect(all.contains("\r\nConnection: close\r\n"))
        #expect(!all.dropFirst().contains("HTTP/1.1 "), "one answer")
        #expect(running.backend.requests.isEmpty)
    }

    @Test(arguments: [
        "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 0\r\nTransfer-Encoding: chunked", "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\ncontent-length: 6", "Content-Length: 5, 5", "Content-Length: 5,",
        "Content-Length: ",
        "Content-Length:", "Content-Length: +5", "Content-Length: -5", "Content-Length: 0x5",
        "Content-Length: 5.0", "Content-Length: 5e0", "Content-Length: 5 5", "Content-Length: \"5\"",
        "Content-Length: 18446744073709551621", "Content-Length: 5\u{B}", "Content-Length: 5\u{0}",
        "Content-Length : 5", "Content-Length\t: 5", " Content-Length: 5", "Content_Length: 5",
        "content.length: 5", "Content-Length\u{0}: 5",
    ])
    func `threats row 49, a length that could be read twice`(field: String) throws {
        try check("POST /public HTTP/1.1\r\nHost: {h}\r\n\(field)\r\n\r\nhello")
    }

    @Test(arguments: [
        "chunked, chunked", "chunked, identity", "identity, chunked", "chunked,", ",chunked",
        "chunked chunked",
        "chunked;q=1", "\"chunked\"", "xchunked", "chunke", "\u{B}chunked", "chunked\u{0}",
        "chunked\r\nTransfer-Encoding: chunked", "x\r\nTransfer-Encoding: chunked", "gzip", "gzip, chunked",
        "identity", "", "\r\n chunked",
    ])
    func `threats row 49, a transfer coding that could be overlooked`(value: String) throws {
        try check(
            "POST /public HTTP/1.1\r\nHost: {h}\r\nTransfer-Encoding: \(value)\r\n\r\n0\r\n\r\n",
            ["400", "501"])
    }

    @Test(arguments: [
        "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", " Transfer-Encoding: chunked",
        "\tTransfer-Encoding: chunked", "Transfer_Encoding: chunked", "transfer.encoding: chunked",
        "Transfer-Encoding\u{0}: chunked", "X: y\r\n Transfer-Encoding: chunked",
        "X: y\r\n\tTransfer-Encoding: chunked", "X: y\nTransfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked", "X: y\r\n\r", "X: y\n", "X: \u{0}", "X: \u{7F}", ": y", "X",
        "X Y: z",
        "X\u{0}: y", "X\u{7F}: y", "(X): y", "X@: y", "X[0]: y", "\"X\": y", "X\r: y", "Ｘ: y", "X:y\r\n :z",
    ])
    func `threats row 49, a line or a name that ends where one likes`(field: String) throws {
        try check("POST /public HTTP/1.1\r\nHost: {h}\r\n\(field)\r\n\r\n0\r\n\r\n")
    }

    @Test(arguments: [
        "5\nhello\r\n0\r\n\r\n", "5;a=\n\r\nhello\r\n0\r\n\r\n", "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "5;\u{0}\r\nhello\r\n0\r\n\r\n", "05x\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n", "-1\r\nhello\r\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "\r\n5\r\nhello\r\n0\r\n\r\n", "fffffffffffffffff\r\n", "5\r\nhello\r\n0\r\nX : y\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n", "5\r\nhello\r\n0\r\nX: y\n\r\n", "5\r\nhello\r\n0\n\n",
        "5,5\r\nhello",
        "5;\(String(repeating: "a", count: 300))\r\nhello\r\n0\r\n\r\n",
    ])
    func `threats row 49, a chunk whose end is in doubt`(body: String) throws {
        try check("POST /public HTTP/1.1\r\nHost: {h}\r\nTransfer-Encoding: chunked\r\n\r\n\(body)")
    }

    @Test(arguments: [
        "GET  /public HTTP/1.1", "GET /public  HTTP/1.1", "GET\t/public HTTP/1.1", "GET /public HTTP/1.1 ",
        " GET /public HTTP/1.1", "GET /public", "GET", "GET /public http/1.1", "GET /public HTTP/1.1x",
        "GET /public HTTP/11", "GET /public HTTP/01.1", "GET /public HTTP/1.10", "GET /public HTTP/1.2",
        "GET /public HTTP/2.0", "GET /public HTTP/0.9", "G(ET /public HTTP/1.1", "\"GET\" /public HTTP/1.1",
        "GET /pub lic HTTP/1.1", "GET /pub\u{0}lic HTTP/1.1", "GET /public\u{7F} HTTP/1.1",
        "GET /public#x HTTP/1.1", "GET /public\\x HTTP/1.1", "GET public HTTP/1.1", "GET ?x HTTP/1.1",
        "GET * HTTP/1.1", "GET http://evil.example/public HTTP/1.1", "GET http://u@{h}/public HTTP/1.1",
        "GET ftp://{h}/public HTTP/1.1", "GET http:/public HTTP/1.1", "GET http:///public HTTP/1.1",
        "GET https://{h}:1x/public HTTP/1.1", "CONNECT {h}:443 HTTP/1.1", "TRACE /public HTTP/1.1",
        "connect {h}:443 HTTP/1.1", "PRI * HTTP/2.0", "\r\n\r\nGET /public HTTP/1.1", "GET /público HTTP/1.1",
        "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1",
    ])
    func `threats row 49, a request line with two readings`(line: String) throws {
        try check("\(line)\r\nHost: {h}\r\n\r\n", ["400", "414", "501", "505"])
    }

    @Test(arguments: ["\n", "\r", "\r\r\n", "\n\r\n", "\u{0}\r\n", "\r\n ", "\r\n\t"])
    func `threats row 49, a request line that ends otherwise`(ending: String) throws {
        try check("GET /public HTTP/1.1\(ending)Host: {h}\r\n\r\n")
    }

    @Test(arguments: [
        "X: y", "Host: {h}\r\nHost: {h}", "Host: {h}\r\nhost: evil.example", "Host:", "Host: ",
        "Host: {h}/public",
        "Host: {h}?x", "Host: {h}#x", "Host: user@{h}", "Host: {h}:", "Host: {h}:99999", "Host: {h}:-1",
        "Host: {h}:443:443", "Host: {h} evil.example", "Host: {h}, evil.example", "Host: http://{h}",
        "Host: [::1", "Host: {h}\u{0}", "Host: {h}\\evil", "Host : {h}", "Host: %6Cogin.bank.example",
        "Host: \"{h}\"", "Host: {h}\r\n .evil.example", "Host_: {h}", "Host: {h};x",
    ])
    func `threats row 49, a Host that names nobody or two`(field: String) throws {
        try check("GET /public HTTP/1.1\r\n\(field)\r\n\r\n")
    }

    @Test func `threats row 49, HTTP 1_0 has no chunks`() throws {
        try check("POST /public HTTP/1.0\r\nHost: {h}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    }

    @Test(arguments: [
        String(repeating: "X: y\r\n", count: 100_000),
        "X: " + String(repeating: "y", count: 1_000_000) + "\r\n",
        String(repeating: "y", count: 1_000_000) + ": x\r\n",
    ])
    func `threats row 51, headers without end are a 431 as soon as they are too many`(fields: String) throws {
        let client = try RawTLS(to: running.endpoint, running.context(), serverName: host)
        try client.send("GET /public HTTP/1.1\r\nHost: \(host)\r\n")
        // The gateway hangs up before all of it is sent.
        try? client.send(fields)
        let all = (try? client.receiveAll()) ?? "HTTP/1.1 431 and reset"
        #expect(all.hasPrefix("HTTP/1.1 431 "))
        #expect(running.backend.requests.isEmpty)
    }

    @Test func `threats row 52, an upgrade nobody allowed is left out and the request served as it is`()
        throws
    {
        for protocols in ["TLS/1.0, HTTP/1.1", "h2c", "websocket"] {
            let client = try RawTLS(to: running.endpoint, running.context(), serverName: host)
            try client.send(
                """
                GET /public HTTP/1.1\r\nHost: \(host)\r\nUpgrade: \(protocols)\r\n\
                Connection: Upgrade, HTTP2-Settings, close\r\nHTTP2-Settings: AAMA\r\n\r\n
                """)
            #expect(try client.receiveAll().hasPrefix("HTTP/1.1 200 "))
            let seen = try #require(running.backend.requests.last).head.headers
            #expect(seen["Upgrade"] == nil && seen["HTTP2-Settings"] == nil)
        }
    }

    @Test
    func `threats row 48, a large body beside a large certificate arrives with its headers or is refused`()
        throws
    {
        let backend = try Backend(bodyBytesMax: 16 << 20)
        defer { backend.stop() }
        let running = try RunningBank {
            $0.settings.upstreams["bank"] = .init(endpoint: .tcp(address: "127.0.0.1", port: backend.port))
        }
        let body = [UInt8](repeating: 0x78, count: 10 << 20)
        // The header is a third longer than the certificate: under the backend's 16 KiB for a line, then over.
        for (nameCount, status) in [(250, 200), (600, 431)] {
            let names = (0..<nameCount).map { "DNS:a-rather-long-label-\($0).partner.example" }
            let identity = running.bank.partners.issue("api.partner.example", san: names)
            let client = try running.client(to: TestBank.partner, as: identity)
            let response = try client.send("POST", "/", headers: headers(TestBank.partner), body: body)
            #expect(response.head.status == status, "\(identity.certificate.der.count) bytes of certificate")
            guard status == 200 else { continue }
            let seen = try #require(backend.requests.last)
            #expect(seen.body.count == body.count)
            #expect(seen.head.headers["Client-Cert"]?.utf8.count ?? 0 > 12_000)
            #expect(seen.head.headers["Sekisho-Assertion"] != nil)
        }
        #expect(backend.requests.count == 1)
    }
}
