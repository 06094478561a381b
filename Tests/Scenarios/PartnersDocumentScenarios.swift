import Foundation
import HTTP
import Journey
import Testing
import Text

/// What partners' developers are told to type, typed as it is printed but for the ports.
@Suite(.serialized) struct PartnersDocumentScenarios {
    private let deployment: Deployment
    private let document: String

    init() throws {
        deployment = try Deployment()
        let file = DevelopmentPKI.package.appending(path: "Sources/Consent/Consent.docc/Partners.md")
        document = try String(contentsOf: file, encoding: .utf8)
            .replacing("8443", with: "\(deployment.port)").replacing(
                "8444", with: "\(deployment.partnerPort)")
    }

    @Test func `every command of the partners' document does what is printed beside it`() throws {
        let blocks = blocks("sh")
        try #require(blocks.count == 7)
        let setting = blocks[0] + "\n"
        try deployment.folder.write(try #require(self.blocks("json5").first), to: "kaikei.json5")
        #expect(try shell(blocks[1]).contains("partner kaikei: added"))

        let pushed = try shell(setting + blocks[2] + "\necho; echo \"$VERIFIER\"").split(separator: "\n")
        try #require(pushed.count == 2, "\(pushed)")
        let uri = try #require(answer(pushed[0], as: blocks[2])["request_uri"]?.string)
        let code = "VERIFIER=\(pushed[1]) CODE=\(try code(for: uri))\n"
        let tokens = try answer(shell(setting + code + blocks[3]), as: blocks[3])
        let access = try #require(tokens["access_token"]?.string)
        let refresh = try #require(tokens["refresh_token"]?.string)
        let held = setting + "TOKEN=\(access) REFRESH=\(refresh)\n"

        let read = try commands(blocks[4]).map { try json(shell(held + $0)) }
        #expect(read[0]["accounts"]?.array?.count == 4)
        #expect(read[1]["balance"]?.integer != nil)
        #expect(read[2]["entries"]?.array?.count == 30)

        let last = try commands(blocks[5]).map { try shell(held + $0) }
        #expect(try json(last[0])["access_token"]?.string != nil)
        #expect(try json(last[1])["active"]?.bool == true)
        #expect(last[2].isEmpty)
        #expect(try shell(held + commands(blocks[4])[0]).contains("invalid_token"))

        #expect(try shell(blocks[6]).contains("partner kaikei: updated"))
    }

    // MARK: The document

    /// What stands between fences of a language, without the indentation of a list.
    private func blocks(_ language: String) -> [String] {
        var blocks: [String] = []
        var block: [Substring]?
        for line in document.split(separator: "\n", omittingEmptySubsequences: false) {
            let text = line.drop { $0 == " " }
            if text == "```\(language)" {
                block = []
            } else if text.hasPrefix("```"), let lines = block {
                blocks.append(lines.joined(separator: "\n"))
                block = nil
            } else {
                block?.append(text)
            }
        }
        return blocks
    }

    /// The commands of a block; one may go over several lines.
    private func commands(_ block: String) -> [String] {
        block.replacing("\\\n", with: "").split(separator: "\n").map(String.init)
    }

    /// An answer that must have the members, and where nothing is left out the values, that the comment behind
    /// the command shows.
    private func answer(_ text: some StringProtocol, as block: String) throws -> JSONNode {
        let comment = try #require(block.split(separator: "\n").last { $0.hasPrefix("# ") })
        let shown = try json(comment.drop { $0 != "{" })
        let answer = try json(text)
        let members = try #require(shown.members)
        #expect(answer.members?.map(\.key) == members.map(\.key))
        for member in members where member.node.string?.contains("…") != true {
            let value = answer[member.key]
            // A moment is only shown.
            let isMoment = (member.node.integer ?? 0) > 1_000_000_000
            #expect(value?.string == member.node.string)
            #expect(value?.integer == member.node.integer || isMoment && value?.integer ?? 0 > 1_000_000_000)
        }
        return answer
    }

    private func json(_ text: some StringProtocol) throws -> JSONNode {
        try JSONReader.read(Array(text.utf8), dialect: .json)
    }

    // MARK: Who does it

    /// In the folder of the deployment, with our programs at hand. curl's progress is for terminals.
    private func shell(_ text: String) throws -> String {
        let programs = DevelopmentPKI.package.appending(path: ".build/debug").path
        return try ChildProcess.run(
            "bash",
            [
                "-c",
                "set -eu; cd '\(deployment.folder.url.path)'; PATH=\(programs):$PATH; exec 2> errors\n\(text)",
            ])
    }

    /// The customer logs in where the document sends the browser, registers PINs and presses 許可.
    private func code(for uri: String) throws -> String {
        let query = FormFields.encode([("client_id", "sample-partner"), ("request_uri", uri)])
        let visitor = try deployment.visitor("general")
        let login = try visitor.open("\(deployment.login)/authorize?\(query)")
        let certificate = try visitor.open(try #require(login.link("電子証明書ログイン")))
        let form = try #require(certificate.form(to: "/.sekisho/certificate"))
        let first = try visitor.submit(form, on: certificate, [("password", "Sakura2026")])
        let accounts = ["001-1-2000002", "202-1-1111111", "202-1-2222222", "456-1-1000314"]
        let walk = ConsentWalk(
            pins: Dictionary(uniqueKeysWithValues: accounts.map { ($0, "9\($0.suffix(3))") }))
        let (page, _) = try walk.toConsent(visitor, from: first)
        let consent = try #require(page.form(to: "/consent"))
        let granted = try visitor.request(
            "POST", "\(page.url.origin)/consent", headers: [("Origin", page.url.origin)],
            form: consent.hidden + [("decision", "allow"), ("agree", "yes")])
        let location = try #require(granted.headers["Location"])
        let start = try #require(location.firstIndex(of: "?"))
        let answer = try QueryParameters(parsing: String(location[location.index(after: start)...]))
        #expect(answer.single("state") == "a1b2" && answer.single("iss") == deployment.login)
        return try #require(answer.single("code"))
    }
}
