import HTTP
import Testing

/// Fields that only the gateway may write (envoy #6038, GHSA-7r4p-vjf4-gxv4, CVE-2024-10039,
/// GHSA-f59h-q822-g45g).
@Suite struct ReservedHeaderTests {
    static let reserved: Set<String> = ["x-customer-id", "sekisho-assertion"]

    @Test func `a reserved name is removed in every spelling, and only that`() {
        var fields = HeaderFields([
            ("X-Customer-Id", "1"), ("x-customer-id", "2"), ("X_Customer_Id", "3"), ("X.Customer.Id", "4"),
            ("X-CUSTOMER_ID", "5"), ("Sekisho_Assertion", "6"), ("sekisho.assertion", "7"),
            ("X-Customer-Id", "8"), ("X-Customer-Ids", "9"), ("XCustomerId", "10"), ("Accept", "11"),
        ])
        #expect(fields.removeAll(folding: Self.reserved) == 8)
        #expect(fields.map(\.value) == ["9", "10", "11"])
        #expect(fields.removeAll(folding: Self.reserved) == 0)
    }

    @Test(arguments: [
        "X-Customer-Id ", "X-Customer-Id\t", " X-Customer-Id", "X-Customer-Id\u{0}", "X-Customer-Id\u{7F}",
    ])
    func `a reserved name with something at its end is no name`(_ name: String) {
        #expect(fault("GET / HTTP/1.1\r\nHost: a\r\n\(name): 1\r\n\r\n") != nil)
    }

    @Test(arguments: ["x-customer-id", "X-Customer-Id, close", "a , X-CUSTOMER-ID"])
    func `Connection does not take out what is protected`(_ value: String) {
        var fields = HeaderFields([("X-Customer-Id", "gateway's"), ("Connection", value), ("Accept", "*/*")])
        fields.removeHopByHop(protected: Self.reserved)
        #expect(fields.map(\.name) == ["X-Customer-Id", "Accept"])
    }

    @Test func `Connection does not take out host and length`() {
        var fields = HeaderFields([
            ("Host", "a"), ("Content-Length", "5"), ("Connection", "Host, content-length"),
            ("Connection", "X"),
            ("X", "1"),
        ])
        #expect(fields.removeHopByHop() == 3)
        #expect(fields.map(\.name) == ["Host", "Content-Length"])
    }

    @Test func `fields of one connection go in every spelling`() {
        let names = [
            "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Proxy",
            "Proxy-Authorization",
            "Proxy-Authenticate", "Proxy-Connection", "Keep_Alive", "proxy.connection", "KEEP-ALIVE",
        ]
        var fields = HeaderFields(names.map { ($0, "x") } + [("Proxied", "x"), ("Tea", "x")])
        #expect(fields.removeHopByHop() == names.count)
        #expect(fields.map(\.name) == ["Proxied", "Tea"])
    }

    @Test func `one request leaves nothing for the next`() {
        let first = "GET / HTTP/1.1\r\nHost: a\r\nX-Customer-Id: 1\r\n\r\n"
        var parser = RequestParser()
        var heads: [RequestHead] = []
        for text in [first, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
            if case .head(let head, _) = parser.parse(Array(text.utf8).span) { heads.append(head) }
        }
        #expect(heads.count == 2 && heads[1].headers.map(\.name) == ["Host"])
    }
}
