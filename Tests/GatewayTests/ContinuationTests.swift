import Crypto
import Testing
import Text

@testable import Gateway

@Suite struct ContinuationTests {
    private let key = SealingKey()
    private let now = WallTime(seconds: 1_800_000_000)

    private func sealed(_ target: String = "/a?b=c") throws -> String {
        try #require(Continuation(to: target)).sealed(for: "browser", with: key, at: now)
    }

    private func opened(
        _ text: String, for browser: String = "browser", with key: SealingKey? = nil, after seconds: Int64 = 0
    ) -> String? {
        Continuation(opening: text, for: browser, with: key ?? self.key, at: now.adding(seconds: seconds))?
            .target
    }

    @Test(arguments: [
        "", "a", "https://evil.example/", "http:a", "//evil.example", "//", "/\\evil.example",
        "\\/evil.example",
        " /a", "javascript:alert(1)",
    ])
    func `what could lead to another site is no target`(target: String) {
        #expect(Continuation(to: target) == nil)
    }

    @Test(arguments: ["/\tevil", "/a\r\nSet-Cookie: b", "/a\u{0}", "/a\n", "/\t/evil.example", "/あ"])
    func `what a browser would read in another way is no target`(target: String) {
        #expect(Continuation(to: target) == nil)
    }

    @Test func `a target travels as it was`() throws {
        for target in ["/", "/a?b=c&d=%2F#", "/a//b", "/" + String(repeating: "a", count: 4095)] {
            #expect(try opened(sealed(target)) == target)
        }
        #expect(Continuation(to: "/" + String(repeating: "a", count: 4096)) == nil)
    }

    @Test func `it opens in the browser it was made for and in no other`() throws {
        let text = try sealed()
        #expect(opened(text, for: "other") == nil)
        #expect(opened(text, for: "") == nil)
        #expect(opened(text, with: SealingKey()) == nil)
        #expect(opened(text) == "/a?b=c")
    }

    @Test func `it opens for half an hour, and before it was made only for a clock a minute behind`() throws {
        let text = try sealed()
        #expect(opened(text, after: -60) == "/a?b=c")
        #expect(opened(text, after: -61) == nil)
        #expect(opened(text, after: Continuation.lifetimeSeconds) == "/a?b=c")
        #expect(opened(text, after: Continuation.lifetimeSeconds + 1) == nil)
    }

    @Test func `altered or cut anywhere, it does not open`() throws {
        let text = Array(try sealed().utf8)
        for index in text.indices {
            var altered = text
            altered[index] = altered[index] == 0x41 ? 0x42 : 0x41
            #expect(opened(String(decoding: altered, as: UTF8.self)) == nil)
            #expect(opened(String(decoding: text[..<index], as: UTF8.self)) == nil)
        }
        #expect(opened(String(repeating: "A", count: 9000)) == nil)
    }
}
