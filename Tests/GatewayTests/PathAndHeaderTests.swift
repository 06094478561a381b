import Crypto
import HTTP
import Testing

@testable import Gateway

@Suite struct TargetPathTests {
    /// Whatever takes the short way must be what the long way makes of it.
    @Test func `a path that needs no resolving is the same as one that was resolved`() {
        let parts = [
            "/", "/", "a", ".", "..", "%2e", "%2F", "%41", ";", ";x", "\\", " ", "\u{7F}", "é", "*", "~", "?",
        ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50_000 {
            var path = Bool.random(using: &generator) ? "/" : ""
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                path += parts.randomElement(using: &generator) ?? ""
            }
            #expect(TargetPath.decoded(path) == TargetPath.resolved(path), "\(path)")
        }
    }

    @Test(arguments: [
        "", "a", "a/b", "**", "//", "//a", "/a//b", "/a//", "/.", "/..", "/./a", "/../a", "/a/.", "/a/..",
        "/a/../b", "/a/%2e", "/a/%2E%2e/b", "/a/.%2e/b", "/%2e%2e", "/a/..;/b", "/a/.;x=y/b", "/a/..;",
        "/;/a",
        "/a/%2e%2e;x/b", "/a/..%3bx/b", "/a%2fb", "/a%2Fb", "/a%5cb", "/a%5Cb", "/a\\b", "/..\\a", "/a%25b",
        "/a%252fb",
        "/a%00", "/a%0a", "/a%1f", "/a%7f", "/%", "/a%", "/a%2", "/a%2g", "/a%g2", "/a%%41",
    ])
    func `a path that two readers could take for different ones is refused`(path: String) {
        #expect(TargetPath.decoded(path) == nil)
    }

    @Test(arguments: [
        ("/", "/"), ("/a", "/a"), ("/a/", "/a/"), ("/a/b.c", "/a/b.c"), ("/a/...", "/a/..."),
        ("/.well-known/x", "/.well-known/x"),
        ("/..a", "/..a"), ("/a;v=1/b", "/a;v=1/b"), ("*", "*"), ("/%61ccount", "/account"),
        ("/a%2Db", "/a-b"),
        ("/%e3%81%82", "/あ"),
    ])
    func `any other path is read as backends read it`(path: String, decoded: String) {
        #expect(TargetPath.decoded(path) == decoded)
    }
}

@Suite struct HostPolicyTests {
    private func host(_ role: HostPolicy.Role) -> HostPolicy {
        HostPolicy(name: "cert.bank.example", role: role, cookieDomain: "bank.example", routes: [])
    }

    @Test(arguments: [
        "", "example", "bank.example", ".cert.bank.example", "a.b.cert.bank.example", "acert.bank.example",
        "cert.bank.example.evil.example", "cert.bank.example.",
    ])
    func `a certificate host does not cover other names`(name: String) {
        #expect(!host(.certificate(loginHost: 0, trustStore: "")).covers(name))
    }

    @Test func `only a certificate host covers a label in front of its name`() {
        #expect(host(.certificate(loginHost: 0, trustStore: "")).covers("x1.cert.bank.example"))
        #expect(!host(.login(certificateHost: nil)).covers("x1.cert.bank.example"))
        #expect(!host(.partner(trustStore: "")).covers("x1.cert.bank.example"))
        for role in [HostPolicy.Role.login(certificateHost: nil), .partner(trustStore: "")] {
            #expect(host(role).covers("cert.bank.example"))
        }
    }

    @Test(arguments: [("/a", "/ab"), ("/a", "/"), ("/a", "/A"), ("/a/", "/a"), ("/a/b", "/a")])
    func `a route does not cover paths beside it`(path: String, requested: String) {
        #expect(!Route(path: path, upstream: "u", access: .customer).covers(requested))
    }

    @Test(arguments: [
        ("/a", "/a"), ("/a", "/a/"), ("/a", "/a/b"), ("/a/", "/a/b"), ("/a/", "/a/"), ("/", "/x/y"),
    ])
    func `a route covers its path and what is below it`(path: String, requested: String) {
        #expect(Route(path: path, upstream: "u", access: .customer).covers(requested))
    }
}

/// Threats rows 44 and 45.
@Suite struct ReservedHeaderTests {
    @Test(arguments: [
        "Sekisho-Assertion", "sekisho_assertion", "SEKISHO.ASSERTION", "Sekisho-Anything",
        "X-Sekisho-Customer",
        "Client-Cert", "client_cert", "CLIENT.CERT", "Client-Cert-Chain", "X-Customer-Id", "X_Customer_Id",
        "X.Customer.Id", "x-CUSTOMER_id", "X-Forwarded-For", "X_Forwarded_Host", "X-Forwarded-Client-Cert",
        "Forwarded", "X-Real-IP", "X-SSL-Client-Verify", "SSL_CLIENT_CERT", "X-Client-Cert", "Remote-User",
        "Remote_User", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-Request-Id", "Proxy",
    ])
    func `a name that speaks of identity is taken out however it is written, every time`(name: String) {
        var fields = HeaderFields([("Accept", "a"), (name, "1"), ("X-Mine", "b"), (name.lowercased(), "2")])
        #expect(ReservedHeaders.strip(&fields) == 2)
        #expect(fields.map(\.name) == ["Accept", "X-Mine"])
    }

    @Test func `every reserved name goes, in any case and with any separators`() {
        let names = (ReservedHeaders.exact + ReservedHeaders.prefixes.map { $0 + Array("x".utf8) })
            .map { String(decoding: $0, as: UTF8.self) }
        #expect(names.count == 28)
        for name in names {
            for separator in ["-", "_", "."] {
                let spelled = name.split(separator: "-", omittingEmptySubsequences: false)
                    .joined(separator: separator)
                var fields = HeaderFields([(spelled, "1"), (spelled.uppercased(), "2"), ("a" + spelled, "3")])
                #expect(ReservedHeaders.strip(&fields) == 2, "\(spelled)")
                #expect(fields.map(\.name) == ["a" + spelled])
            }
        }
    }

    @Test(arguments: ["Accept", "Cookie", "Authorization", "X-Clients", "Sekishoten", "Host", "Content-Type"])
    func `other names stay`(name: String) {
        var fields = HeaderFields([(name, "1")])
        #expect(ReservedHeaders.strip(&fields) == 0)
        #expect(fields[name] == "1")
    }
}

@Suite struct SupportCodeTests {
    @Test func `a support code is ten letters that nobody mistakes, in two halves, and never twice`() {
        let codes = (0..<1000).map { _ in SupportCode().text }
        #expect(Set(codes).count == 1000)
        for code in codes {
            let halves = code.split(separator: "-")
            #expect(halves.map(\.count) == [5, 5])
            #expect(halves.joined().allSatisfy { "0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains($0) })
        }
        #expect(Set(codes.joined()).count == 33, "every letter turns up, and the hyphen")
    }
}
