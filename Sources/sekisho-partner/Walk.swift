import Command
import HTTP
import Journey
import Reactor
import TLS

/// `sekisho-partner walk`: walks the whole journey as customers would, with real certificates, and prints
/// each step.
struct Walk {
    private let pki: String
    private let partner: String
    private let authorizationServer: String
    private let api: String
    private let anchors: [UInt8]
    /// The addresses of the bank's gateways, which requests go round.
    private let nodes: [String]

    init(_ options: Options) throws(CommandFault) {
        pki = try options.required("--pki")
        partner = try options.required("--partner")
        authorizationServer = try options.required("--authorization-server")
        api = try options.required("--api")
        anchors = try Self.file("\(pki)/server-ca.pem")
        nodes = options.value("--nodes")?.split(separator: ",").map(String.init) ?? ["127.0.0.1"]
        Signals.ignoreBrokenPipe()
    }

    /// True when every step came out as it should.
    func run() -> Bool {
        var isGood = true
        for step in steps {
            let began = Clock.monotonic()
            let problem = problem(of: step)
            let milliseconds = Clock.monotonic().microseconds(since: began) / 1000
            print("\(problem == nil ? "ok  " : "FAIL") \(step.name) (\(milliseconds) ms)")
            if let problem {
                print("     \(problem)")
                isGood = false
            }
        }
        print(isGood ? "The whole journey works." : "The journey is broken.")
        return isGood
    }

    private struct Step {
        let name: String
        let check: () throws(VisitFault) -> Void
    }

    private func problem(of step: Step) -> String? {
        do throws(VisitFault) {
            try step.check()
            return nil
        } catch {
            return error.description
        }
    }

    private var steps: [Step] {
        [
            Step(name: "a certificate customer whose accounts are all registered chooses and allows") {
                () throws(VisitFault) in
                try finish(
                    with: certificateLogin("master"), over: ["認可業務選択"], pressing: "allow",
                    expecting: "連携が完了しました")
            },
            Step(name: "a customer with an ECDSA certificate registers 照会用暗証番号 and allows") {
                () throws(VisitFault) in
                try finish(
                    with: certificateLogin("general"), over: ["認可業務選択", "照会用暗証番号登録", "照会用暗証番号登録結果"],
                    pressing: "allow", expecting: "連携が完了しました")
            },
            Step(name: "a customer at a new place answers a question, with ID and password") {
                () throws(VisitFault) in
                try finish(
                    with: passwordLogin("IDUSER0003", "Sakura2026"), over: ["追加認証", "認可業務選択"],
                    pressing: "allow", expecting: "連携が完了しました")
            },
            Step(name: "the same place is familiar, and so are the registered accounts") {
                () throws(VisitFault) in
                try finish(
                    with: passwordLogin("IDUSER0003", "Sakura2026"), over: ["認可業務選択"], pressing: "allow",
                    expecting: "連携が完了しました")
                try finish(
                    with: certificateLogin("general"), over: ["認可業務選択", "照会用暗証番号登録", "照会用暗証番号登録結果"],
                    pressing: "allow", expecting: "連携が完了しました")
            },
            Step(name: "a customer without questions, and one without accounts, are told so") {
                () throws(VisitFault) in
                try expect(certificateLogin("no-questions").page, "APL-1302")
                try expect(certificateLogin("no-accounts").page, "APL-1505")
            },
            Step(name: "拒否 goes back to the partner with access_denied") { () throws(VisitFault) in
                try finish(
                    with: passwordLogin("IDUSER0003", "Sakura2026"), over: ["認可業務選択"], pressing: "deny",
                    expecting: "連携は行われませんでした")
            },
            Step(name: "a wrong password is refused") { () throws(VisitFault) in
                try expect(passwordLogin("IDUSER0003", "Sakura2025").page, "APL-1201")
            },
            Step(name: "a certificate customer without the certificate is refused with the same words") {
                () throws(VisitFault) in
                try expect(passwordLogin("TSUSER0015", "Sakura2026").page, "APL-1201")
            },
            Step(name: "no certificate gives a page") { () throws(VisitFault) in
                try refused(nil, "APL-1101")
            },
            Step(name: "an expired certificate gives a page with its date") { () throws(VisitFault) in
                try refused("expired", "APL-1102")
            },
            Step(name: "a certificate that is not yet valid gives a page") { () throws(VisitFault) in
                try refused("not-yet-valid", "APL-1105")
            },
            Step(name: "a certificate of another CA gives a page") { () throws(VisitFault) in
                try refused("foreign", "APL-1104")
            },
            Step(name: "a certificate for another purpose gives a page") { () throws(VisitFault) in
                try refused("wrong-purpose", "APL-1104")
            },
            Step(name: "a good certificate of nobody gives a page") { () throws(VisitFault) in
                try refused("unknown", "APL-1104")
            },
            Step(name: "a partner without a certificate is refused") { () throws(VisitFault) in
                let page = try visitor().open("\(api)/api/v1/accounts")
                guard page.status == 401 else { throw VisitFault("status \(page.status)") }
            },
            Step(name: "a customer's certificate opens nothing for partners") { () throws(VisitFault) in
                let page = try visitor("master").open("\(api)/api/v1/accounts")
                guard page.status == 401 else { throw VisitFault("status \(page.status)") }
            },
        ]
    }

    // MARK: Parts of the way

    /// From the partner's page to the login page.
    private func arrive(_ visitor: Visitor) throws(VisitFault) -> VisitedPage {
        let start = try visitor.open("\(partner)/")
        guard let form = start.form(to: "/connect") else { throw VisitFault("no 連携する on the partner's page") }
        let login = try visitor.submit(form, on: start, [])
        guard login.title == "API連携認証（利用登録）" else {
            throw VisitFault("not the login page but \(login.status) \(login.title)")
        }
        return login
    }

    private func certificatePage(_ visitor: Visitor) throws(VisitFault) -> VisitedPage {
        guard let link = try arrive(visitor).link("電子証明書ログイン") else { throw VisitFault("no 電子証明書ログイン") }
        return try visitor.open(link)
    }

    private func certificateLogin(_ name: String) throws(VisitFault) -> (visitor: Visitor, page: VisitedPage)
    {
        let visitor = try visitor(name)
        let page = try certificatePage(visitor)
        guard let form = page.form(to: "/.sekisho/certificate") else {
            throw VisitFault("no password is asked for: \(page.status) \(page.title)")
        }
        return (visitor, try visitor.submit(form, on: page, [("password", "Sakura2026")]))
    }

    private func passwordLogin(
        _ id: String, _ password: String
    ) throws(VisitFault) -> (visitor: Visitor, page: VisitedPage) {
        let visitor = try visitor()
        let page = try arrive(visitor)
        guard let form = page.form(to: "/.sekisho/password") else {
            throw VisitFault("no ログインID on the login page")
        }
        return (visitor, try visitor.submit(form, on: page, [("id", id), ("password", password)]))
    }

    /// Over these steps to the consent page and back to the partner.
    private func finish(
        with login: (visitor: Visitor, page: VisitedPage), over steps: [String],
        pressing decision: String, expecting title: String
    ) throws(VisitFault) {
        let (page, titles) = try Self.walk.toConsent(login.visitor, from: login.page)
        let expected = (steps + ["情報アクセス許可"]).map { step in
            step == "照会用暗証番号登録結果" ? "API連携認証（\(step)）" : "API連携認証（\(step)）（利用登録）"
        }
        guard titles == expected, let form = page.form(to: "/consent") else {
            throw VisitFault("the way was \(titles.joined(separator: ", "))")
        }
        let fields = [("decision", decision), ("agree", "yes")]
        let end = try login.visitor.submit(form, on: page, fields)
        guard end.title == title else { throw VisitFault("the partner shows \(end.status) \(end.title)") }
    }

    /// What the sample customers know (certs/accounts.json).
    private static let walk = ConsentWalk(
        answers: ["初めて飼ったペットの名前は？": "たま", "卒業した小学校の名前は？": "都島小学校", "母の旧姓は？": "佐藤"],
        pins: ["001-1-2000002": "9002", "456-1-1000314": "9314"])

    private func refused(_ certificate: String?, _ id: String) throws(VisitFault) {
        let visitor = if let certificate { try visitor(certificate) } else { try visitor() }
        try expect(try certificatePage(visitor), id)
    }

    private func expect(_ page: VisitedPage, _ id: String) throws(VisitFault) {
        guard page.text.contains(id) else {
            throw VisitFault("no \(id) on the page: \(page.status) \(page.title)")
        }
        guard page.supportCode != nil else { throw VisitFault("no 受付番号 on the page") }
    }

    private func visitor(_ name: String) throws(VisitFault) -> Visitor {
        do throws(CommandFault) {
            let identity = ClientIdentity(
                chainPEM: try Self.file("\(pki)/customers/\(name).pem"),
                keyPEM: try Self.file("\(pki)/customers/\(name).key"))
            do throws(VisitFault) { return try visitor(identity) } catch {
                throw CommandFault(error.description)
            }
        } catch {
            throw VisitFault(error.message)
        }
    }

    private func visitor(_ identity: ClientIdentity? = nil) throws(VisitFault) -> Visitor {
        let visitor = try Visitor(trusting: anchors, identity: identity)
        visitor.nodes = nodes
        return visitor
    }

    private static func file(_ path: String) throws(CommandFault) -> [UInt8] {
        do throws(SystemFault) { return try Files.read(path) } catch { throw CommandFault("\(error)") }
    }
}
