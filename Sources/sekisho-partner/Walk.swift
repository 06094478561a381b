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

    init(_ options: Options) throws(CommandFault) {
        pki = try options.required("--pki")
        partner = try options.required("--partner")
        authorizationServer = try options.required("--authorization-server")
        api = try options.required("--api")
        anchors = try Self.file("\(pki)/server-ca.pem")
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
            Step(name: "a certificate customer logs in with master.p12 and allows") { () throws(VisitFault) in
                try finish(with: certificateLogin("master"), pressing: "allow", expecting: "連携が完了しました")
            },
            Step(name: "a customer with an ECDSA certificate and Japanese names logs in") {
                () throws(VisitFault) in
                try finish(with: certificateLogin("general"), pressing: "allow", expecting: "連携が完了しました")
            },
            Step(name: "a customer without certificate logs in with ID and password") {
                () throws(VisitFault) in
                try finish(
                    with: passwordLogin("IDUSER0003", "Sakura2026"), pressing: "allow", expecting: "連携が完了しました"
                )
            },
            Step(name: "拒否 goes back to the partner with access_denied") { () throws(VisitFault) in
                try finish(
                    with: passwordLogin("IDUSER0003", "Sakura2026"), pressing: "deny",
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
                let page = try Visitor(trusting: anchors).open("\(api)/api/v1/accounts")
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
        let visitor = try Visitor(trusting: anchors)
        let page = try arrive(visitor)
        guard let form = page.form(to: "/.sekisho/password") else {
            throw VisitFault("no ログインID on the login page")
        }
        return (visitor, try visitor.submit(form, on: page, [("id", id), ("password", password)]))
    }

    /// From the consent page back to the partner.
    private func finish(
        with login: (visitor: Visitor, page: VisitedPage), pressing decision: String, expecting title: String
    ) throws(VisitFault) {
        guard login.page.title == "API連携認証（情報アクセス許可）（利用登録）", let form = login.page.forms.first else {
            throw VisitFault("not the consent page but \(login.page.status) \(login.page.title)")
        }
        let fields = [("decision", decision), ("agree", "yes")]
        let end = try login.visitor.submit(form, on: login.page, fields)
        guard end.title == title else { throw VisitFault("the partner shows \(end.status) \(end.title)") }
    }

    private func refused(_ certificate: String?, _ id: String) throws(VisitFault) {
        let visitor = if let certificate { try visitor(certificate) } else { try Visitor(trusting: anchors) }
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
            do throws(VisitFault) { return try Visitor(trusting: anchors, identity: identity) } catch {
                throw CommandFault(error.description)
            }
        } catch {
            throw VisitFault(error.message)
        }
    }

    private static func file(_ path: String) throws(CommandFault) -> [UInt8] {
        do throws(SystemFault) { return try Files.read(path) } catch { throw CommandFault("\(error)") }
    }
}
