import HTTP
import Reactor
import Serving
import TLS
import Text

/// Why the bank gave no token or no accounts; nothing secret in it.
struct BankFault: Error {
    let description: String

    init(_ description: String) { self.description = description }
}

struct BankAccount: Sendable {
    let name: String
    let balance: String
}

/// Speaks with the bank's token and API endpoints under the partner's own certificate (RFC 8705).
struct BankClient: Sendable {
    private let settings: PartnerSettings
    private let context: ClientContext

    init(_ settings: PartnerSettings, context: ClientContext) {
        self.settings = settings
        self.context = context
    }

    func token(for code: String, verifier: String) throws(BankFault) -> String {
        let form = FormFields.encode([
            ("grant_type", "authorization_code"), ("client_id", settings.clientID), ("code", code),
            ("redirect_uri", settings.redirectURI), ("code_verifier", verifier),
        ])
        let headers = [("Content-Type", "application/x-www-form-urlencoded")]
        let answer = try send("POST", "/token", headers, Array(form.utf8))
        guard let token = answer["access_token"]?.string else { throw BankFault("no access_token") }
        return token
    }

    /// Every account, with its balance if the bank tells it.
    func accounts(with token: String) throws(BankFault) -> [BankAccount] {
        let authorization = [("Authorization", "Bearer \(token)")]
        let answer = try send("GET", "/api/v1/accounts", authorization, [])
        guard let list = answer["accounts"]?.array else { throw BankFault("no accounts") }
        return list.prefix(Self.accountsMax).compactMap { account in
            guard let id = account["id"]?.string else { return nil }
            let balance = try? send("GET", "/api/v1/accounts/\(id)/balance", authorization, [])
            return BankAccount(
                name: ["branch_name", "type", "number"].compactMap { account[$0]?.string }.joined(
                    separator: " "),
                balance: balance?["balance"]?.integer.map { "\($0)円" } ?? "-")
        }
    }

    private static let accountsMax = 200

    private func send(
        _ method: String, _ target: String, _ headers: [(String, String)], _ body: [UInt8]
    ) throws(BankFault) -> JSONNode {
        let client: BlockingClient
        do throws(SystemFault) {
            // The bank's API host is on this machine (RFC 6761 §6.3); this sample knows no other.
            client = try BlockingClient(
                to: .tcp(address: "127.0.0.1", port: settings.api.port), tls: (context, settings.api.host))
        } catch {
            throw BankFault("\(error)")
        }
        let response: ClientResponse
        do throws(ClientFailure) {
            response = try client.send(
                method, target, headers: HeaderFields([("Host", settings.api.authority)] + headers),
                body: body)
        } catch {
            throw BankFault("\(method) \(target): \(error.code)")
        }
        let answer = try? JSONReader.read(response.body, dialect: .json)
        guard response.head.status == 200, let answer else {
            throw BankFault("\(method) \(target): \(response.head.status) \(answer?["error"]?.string ?? "")")
        }
        return answer
    }
}
