import Command
import HTTP
import Reactor
import Serving
import Settings
import Text

/// The gateway's admin socket, from the operator's side.
struct AdminClient {
    struct Answer {
        let status: Int
        let text: String
        let json: JSONNode
        var isGood: Bool { status == 200 }
    }

    private let path: String
    private let client: BlockingClient

    /// The socket that is named, or the one of the configuration.
    init(_ options: Options) throws(CommandFault) {
        if let socket = options.value("--socket") {
            path = socket
        } else {
            guard let admin = try GatewaySettings.read(options.required("--config")).admin else {
                throw CommandFault("the configuration has no admin.socket; name the socket with --socket")
            }
            path = admin.socket
        }
        Signals.ignoreBrokenPipe()
        var limits = ClientLimits()
        limits.responseSeconds = 3600  // a review judges every certificate lately seen
        do throws(SystemFault) {
            client = try BlockingClient(to: .unix(path: path), limits: limits)
        } catch {
            throw CommandFault("\(error)")
        }
        client.bodyBytesMax = 64 << 20
    }

    func get(_ target: String) throws(CommandFault) -> Answer { try send("GET", target, []) }

    func post(_ target: String, _ body: [UInt8] = []) throws(CommandFault) -> Answer {
        try send("POST", target, body)
    }

    private func send(_ method: String, _ target: String, _ body: [UInt8]) throws(CommandFault) -> Answer {
        let response: ClientResponse
        do throws(ClientFailure) {
            response = try client.send(
                method, target, headers: HeaderFields([("Host", "sekisho")]), body: body)
        } catch {
            throw CommandFault("the gateway does not answer at \(path): \(error.code)")
        }
        do throws(JSONFault) {
            let json = try JSONReader.read(response.body, dialect: .json)
            return Answer(status: response.head.status, text: response.text, json: json)
        } catch {
            throw CommandFault("the gateway at \(path) answers \(response.head.status), and no JSON")
        }
    }
}
