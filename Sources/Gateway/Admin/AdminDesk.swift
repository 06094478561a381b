import HTTP
import Reactor
import Serving
import Text

/// Takes operators' commands: who asks, what for, and who answers. Every command is written to the audit log
/// before it is carried out, and its outcome after.
struct AdminDesk: WebApplication {
    let routes: [AdminRoute]
    let logs: GatewayLogs
    /// Accounts whose commands are taken.
    let userIDs: Set<UInt32>

    func answer(_ request: WebRequest) -> WebResponse {
        guard let credentials = request.credentials else { return Self.plain(403) }
        let caller = AdminCaller(userID: credentials.userID, name: Account.name(of: credentials.userID))
        guard userIDs.contains(credentials.userID) else {
            logs.adminRefused(caller, request.head.path, reason: "account")
            return response(
                AdminRefusal(status: 403, code: "account", "commands are taken from the owner alone"))
        }
        let matching = routes.compactMap { route in
            route.parameters(in: request.head.path).map { (route: route, parameters: $0) }
        }
        guard let (route, parameters) = matching.first(where: { $0.route.method == request.head.method })
        else {
            logs.adminRefused(caller, request.head.path, reason: "unknownCommand")
            return response(
                AdminRefusal(
                    status: matching.isEmpty ? 404 : 405, code: "unknownCommand",
                    "this gateway knows no such command"))
        }
        // What can't be audited does not happen.
        guard logs.adminAsked(caller, route.command, request.head.path) else {
            return response(
                AdminRefusal(status: 503, code: "auditUnavailable", "the audit log takes no record"))
        }
        let outcome: WebResponse
        let word: String
        do throws(AdminRefusal) {
            let answer = try route.answer(
                AdminRequest(
                    caller: caller, parameters: parameters, body: request.body,
                    at: WallTime(seconds: Clock.wall())))
            outcome = .json(answer.body)
            word = "done"
        } catch {
            outcome = response(error)
            word = error.code
        }
        logs.adminAnswered(caller, route.command, request.head.path, outcome: word)
        return outcome
    }

    private func response(_ refusal: AdminRefusal) -> WebResponse {
        let answer = AdminAnswer { json in
            json.member("error", refusal.code)
            json.member("message", refusal.message)
            refusal.details?(&json)
        }
        return .json(answer.body, status: refusal.status)
    }

    private static func plain(_ status: Int) -> WebResponse { .text("\(status)\n", status: status) }
}
