import Crypto
import Pages
import Reactor
import Testing
import Text
import X509

@testable import Gateway

@Suite struct LoginNoteTests {
    private let key = SealingKey()
    private let now = WallTime(seconds: 1_800_000_000)
    private let code = SupportCode()

    private func opened(
        _ text: String, for browser: String = "browser", after seconds: Int64 = 0
    ) -> LoginNote? {
        LoginNote(opening: text, for: browser, with: key, at: now.adding(seconds: seconds))
    }

    @Test(arguments: LoginResult.allCases)
    func `what a login came to travels as it was`(result: LoginResult) throws {
        for until in [nil, now.adding(seconds: 1800)] {
            for code in [nil, code] {
                let text = LoginNote(result, code, until: until).sealed(for: "browser", with: key, at: now)
                let note = try #require(opened(text))
                #expect(note.result == result && note.code == code && note.until == until)
            }
        }
    }

    @Test func `it opens for its own browser, for half an hour`() {
        let text = LoginNote(.paused, code).sealed(for: "browser", with: key, at: now)
        #expect(opened(text, for: "other") == nil)
        #expect(opened(text, after: 1800) != nil)
        #expect(opened(text, after: 1801) == nil)
        #expect(opened(text, after: -60) != nil)
        #expect(opened(text, after: -61) == nil)
    }

    @Test func `altered or cut anywhere, or sealed as something else, it does not open`() throws {
        let text = Array(LoginNote(.paused, code).sealed(for: "browser", with: key, at: now).utf8)
        for index in text.indices {
            var altered = text
            altered[index] = altered[index] == 0x41 ? 0x42 : 0x41
            #expect(opened(String(decoding: altered, as: UTF8.self)) == nil)
            #expect(opened(String(decoding: text[..<index], as: UTF8.self)) == nil)
        }
        let continuation = try #require(Continuation(to: "/a")).sealed(for: "browser", with: key, at: now)
        #expect(opened(continuation) == nil)
        #expect(
            Continuation(
                opening: String(decoding: text, as: UTF8.self), for: "browser", with: key, at: now) == nil)
    }
}

@Suite struct LoginMessageTests {
    private static let all: [LoginMessage] =
        LoginResult.allCases.map { $0.message(until: WallTime(seconds: 1_800_000_000)) }
        + RefusalReason.allCases.map { LoginMessage.certificateRefused($0, leaf: nil) }
        + [404, 503, 400].map { LoginMessage.status($0) }
        + [
            .certificateAbsent, .supersededCertificate, .badPassword, .slowed, .expired, .superseded, .busy,
            .outsideHours(opensAt: WallTime(seconds: 1_800_000_000)),
            .maintenance(until: WallTime(seconds: 1_800_000_000)),
        ]

    @Test func `every state has its id and says in both languages what it is and what to do next`() {
        for message in Self.all {
            #expect(message.id.wholeMatch(of: #/APL-1\d{3}/#) != nil)
            // 利用停止 says whom to ask in its one sentence.
            #expect(!message.steps.isEmpty || message.id == "APL-1203", "\(message.id)")
            for text in [message.text] + message.explanation + message.steps {
                #expect(text.japanese.unicodeScalars.contains { $0.value > 0x3000 }, "\(text.japanese)")
                #expect(!text.english.unicodeScalars.contains { $0.value > 0x3000 }, "\(text.english)")
                #expect(!text.english.isEmpty)
            }
        }
    }

    @Test func `an id means one state`() {
        var texts: [String: String] = [:]
        for message in Self.all where message.id != "APL-1201" {  // with and without an ID to mistype
            let known = texts.updateValue(message.text.japanese, forKey: message.id)
            #expect(known == nil || known == message.text.japanese, "\(message.id)")
        }
    }
}

@Suite struct RecentPostsTests {
    private let posts = RecentPosts(countMax: 2)
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)

    private func state(_ body: UInt8, after milliseconds: Int = 0) -> String {
        let key = RecentPosts.key("cookie", "/path", [body])
        switch posts.find(key, at: start.adding(milliseconds: milliseconds)) {
        case .new: return "new"
        case .underWay: return "under way"
        case .done(.opened(let token)): return token
        case .done: return "done"
        }
    }

    private func finish(_ body: UInt8, _ outcome: LoginDesk.Outcome) {
        posts.finish(RecentPosts.key("cookie", "/path", [body]), outcome, at: start)
    }

    @Test func `the second of two equal posts gets the outcome of the first, for three seconds`() {
        #expect(state(1) == "new")
        #expect(state(1) == "under way")
        #expect(state(2) == "new")
        finish(1, .opened(token: "token"))
        #expect(state(1) == "token")
        #expect(state(1, after: 2999) == "token")
        #expect(state(1, after: 3000) == "new")
    }

    @Test func `what was not done is new again`() {
        #expect(state(1) == "new")
        finish(1, .unavailable)
        #expect(state(1) == "new")
        posts.forget(RecentPosts.key("cookie", "/path", [1]))
        #expect(state(1) == "new")
    }

    @Test func `posts of another browser, path or body are others`() {
        let keys = [
            RecentPosts.key("a", "/b", [1]), RecentPosts.key("b", "/b", [1]), RecentPosts.key("a", "/c", [1]),
            RecentPosts.key("a", "/b", [2]), RecentPosts.key("a", "/b", []),
        ]
        #expect(Set(keys).count == keys.count)
    }

    @Test func `with too many under way everything is new, and nothing is kept`() {
        #expect(state(1) == "new" && state(2) == "new")
        #expect(state(3) == "new" && state(3) == "new")
        finish(3, .opened(token: "token"))
        #expect(state(3) == "new")
        #expect(state(3, after: 60_000) == "new")
        #expect(state(3, after: 60_000) == "under way")
    }
}
