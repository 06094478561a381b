import Crypto
import Foundation
import HTTP
import Journey
import Reactor
import Serving
import Text

/// The consent backend without a gateway before it.
final class BackendAlone: Sendable {
    static let customersCount = 400
    let socket: Endpoint
    let gateway: GatewayStandIn
    private let folder: TemporaryFolder

    /// - Parameter customers: Whom it knows, as it imports them; without any, ``customersCount`` who have no PIN
    ///   registered yet.
    init(store: String, customers: [UInt8] = BackendAlone.unregistered) throws {
        Signals.ignoreBrokenPipe()
        folder = try TemporaryFolder()
        socket = .unix(path: folder.path("consent.sock"))
        gateway = try GatewayStandIn(issuer: "https://gate.example", partnerSubject: "CN=p")
        try Data(gateway.keySet).write(to: URL(filePath: folder.path("jwks.json")))
        try folder.write(
            """
            {
                listen: ["unix:consent.sock"], issuer: "https://fb.example",
                institution: { name: "都島信用組合", service: "都島信用組合ＦＢサービス" },
                store: "\(store)",
                assertion: { issuer: "https://gate.example", jwksFile: "jwks.json" },
                partners: [{
                    id: "p", name: "P", company: "P", redirectURIs: ["\(Self.callback)"],
                    certificateSubject: "CN=p", scopes: ["balance"], scopeSelection: "fixed",
                }],
            }
            """, to: "consent.json5")
        try Data(customers).write(to: URL(filePath: folder.path("customers.json")))
        try ChildProcess.run(
            Deployment.program("sekisho-consent"),
            [
                "customers", "import", folder.path("customers.json"), "--config",
                folder.path("consent.json5"),
            ])
    }

    private static var unregistered: [UInt8] {
        let customers = (0..<Self.customersCount).map { number in
            let accounts = Self.accounts(number).map { account in
                """
                { "branch": "001", "branchName": "本店", "kind": "ordinary", "number": "\(account)" }
                """
            }
            return
                "{ \"id\": \"\(Self.customer(number))\", \"accounts\": [\(accounts.joined(separator: ", "))] }"
        }
        return Array("[\(customers.joined(separator: ",\n"))]".utf8)
    }

    static let callback = "https://p.example/cb"

    static func customer(_ number: Int) -> String { "C\(number)" }

    /// Two each, whose PINs on file are those of ``SampleCoreBanking``.
    static func accounts(_ number: Int) -> [String] {
        (0...1).map { String("0000000\(2 * number + $0)".suffix(7)) }
    }

    static func accounts(of customer: String) -> [String] { accounts(Int(customer.dropFirst()) ?? 0) }

    /// Runs it until it answers.
    func start() throws -> ChildProcess {
        let backend = try ChildProcess(
            Deployment.program("sekisho-consent"), ["serve", "--config", folder.path("consent.json5")],
            errorLog: folder.url.appending(path: "consent.log"))
        for _ in 0..<6000 {
            if let visit = try? BackendVisit(self), (try? visit.refresh("x"))?.head.status == 400 {
                return backend
            }
            usleep(5_000)
        }
        throw ScenarioFault("the backend does not answer after half a minute")
    }
}

/// A request that got no answer: the backend was killed, or is not there yet.
struct CutOff: Error {}

/// A customer's browser and the partner's program before the backend alone. One thread uses it.
final class BackendVisit {
    private let client: BlockingClient
    private let bank: BackendAlone
    private let partner: String
    private let program: BackendVisitor

    init(_ bank: BackendAlone) throws {
        self.bank = bank
        client = try BlockingClient(to: bank.socket)
        partner = try bank.gateway.partner()
        program = try BackendVisitor(
            to: bank.socket, gateway: bank.gateway, partnerID: "p", redirectURI: BackendAlone.callback)
    }

    // MARK: The customer

    /// Registers both PINs when that is asked for, and allows. What gets no answer is sent again until it gets
    /// one; 許可 is pressed twice, and must give the same code.
    func consent(_ customer: String, onCut: () -> Void, onRegistered: () -> Void) throws -> String {
        let assertion = try bank.gateway.customer(customer)
        let address = try answered(onCut) { try begin(assertion) }
        for _ in 0..<Self.pagesMax {
            let (form, title) = try answered(onCut) { try page(address, assertion) }
            let fields = form.hidden + fields(title, customer)
            let location = try answered(onCut) { try submit(fields, assertion) }
            if title == Self.pinsTitle { onRegistered() }
            guard location.hasPrefix(BackendAlone.callback) else { continue }
            let again = try answered(onCut) { try submit(fields, assertion) }
            guard again == location else { throw ScenarioFault("許可 pressed again gives another answer") }
            return try Self.code(in: location)
        }
        throw ScenarioFault("the pages have no end")
    }

    private func answered<Value>(_ onCut: () -> Void, _ body: () throws -> Value) throws -> Value {
        for _ in 0..<Self.attemptsMax {
            do { return try body() } catch is CutOff { onCut() }
        }
        throw ScenarioFault("the backend does not come back")
    }

    /// How many accounts are 未登録, as 照会用暗証番号登録 shows them; none when it is skipped.
    func unregisteredAccounts(of customer: String) throws -> Int {
        let assertion = try bank.gateway.customer(customer)
        let answer = try send("GET", try begin(assertion), assertion)
        return answer.text.split(separator: "未登録</span>", omittingEmptySubsequences: false).count - 1
    }

    private func begin(_ assertion: String) throws -> String {
        let query = FormFields.encode([
            ("response_type", "code"), ("client_id", "p"), ("redirect_uri", BackendAlone.callback),
            ("state", "s"), ("scope", "balance"), ("code_challenge_method", "S256"),
            ("code_challenge", SHA256Digest(of: Array(Self.verifier.utf8)).base64URL),
        ])
        let answer = try send("GET", "/authorize?\(query)", assertion)
        guard let location = answer.head.headers["Location"] else {
            throw ScenarioFault("\(answer.head.status): \(answer.text.prefix(500))")
        }
        return location
    }

    private func page(_ target: String, _ assertion: String) throws -> (PageForm, title: String) {
        let answer = try send("GET", target, assertion)
        guard let url = URLReference(parsing: "http://backend\(target)") else { throw ScenarioFault(target) }
        let page = VisitedPage(
            url: url, status: answer.head.status, headers: answer.head.headers, text: answer.text)
        guard let form = page.form(to: "/consent") else {
            throw ScenarioFault("no form: \(page.status) \(page.title)")
        }
        return (form, page.title)
    }

    /// Where the answer to a form leads.
    private func submit(_ fields: [(String, String)], _ assertion: String) throws -> String {
        let answer = try send("POST", "/consent", assertion, fields)
        guard answer.head.status == 303, let location = answer.head.headers["Location"] else {
            throw ScenarioFault("\(answer.head.status): \(answer.text.prefix(500))")
        }
        return location
    }

    private func fields(_ title: String, _ customer: String) -> [(String, String)] {
        switch title {
        case Self.pinsTitle:
            BackendAlone.accounts(of: customer).flatMap {
                [("select-001-1-\($0)", "yes"), ("pin-001-1-\($0)", "9\($0.suffix(3))")]
            } + [("decision", "register")]
        case "API連携認証（照会用暗証番号登録結果）": [("decision", "confirm")]
        default: [("decision", "allow"), ("agree", "yes")]
        }
    }

    private static func code(in location: String) throws -> String {
        let query = location.firstIndex(of: "?").map { String(location[location.index(after: $0)...]) }
        guard let code = try QueryParameters(parsing: query).single("code") else {
            throw ScenarioFault("no code: \(location)")
        }
        return code
    }

    // MARK: The partner

    func redeem(_ code: String) throws -> ClientResponse {
        do throws(VisitFault) { return try program.redeem(code) } catch { throw CutOff() }
    }

    func refresh(_ token: String) throws -> ClientResponse {
        do throws(VisitFault) { return try program.refresh(token) } catch { throw CutOff() }
    }

    func tokens(in answer: ClientResponse) throws -> (access: String, refresh: String) {
        let document = try JSONReader.read(answer.body, dialect: .json)
        guard let access = document["access_token"]?.string, let refresh = document["refresh_token"]?.string
        else { throw ScenarioFault(answer.text) }
        return (access, refresh)
    }

    /// Of the customer's first account.
    func balance(of customer: String, _ token: String) throws -> ClientResponse {
        try send(
            "GET", "/api/v1/accounts/001-1-\(BackendAlone.accounts(of: customer)[0])/balance", partner,
            token: token)
    }

    // MARK: Parts

    private func send(
        _ method: String, _ target: String, _ assertion: String, _ form: [(String, String)] = [],
        token: String? = nil
    ) throws -> ClientResponse {
        var headers = HeaderFields([("Host", "backend"), ("Sekisho-Assertion", assertion)])
        if method == "POST" { headers.set("Content-Type", "application/x-www-form-urlencoded") }
        if let token { headers.set("Authorization", "Bearer \(token)") }
        do throws(ClientFailure) {
            return try client.send(
                method, target, headers: headers,
                body: form.isEmpty ? [] : Array(FormFields.encode(form).utf8))
        } catch {
            throw CutOff()
        }
    }

    private static let pinsTitle = "API連携認証（照会用暗証番号登録）（利用登録）"
    private static let pagesMax = 10
    /// With a pause each.
    private static let attemptsMax = 1000
    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
}
