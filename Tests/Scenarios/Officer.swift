import Crypto
import HTTP
import Reactor
import Serving
import TLS
import Text

/// Somebody who changes trust over the admin socket, faster than a command line could.
final class Officer {
    private let client: BlockingClient
    private let store: String

    init(_ deployment: Deployment, store: String) throws {
        var limits = ClientLimits()
        limits.responseSeconds = 600
        client = try BlockingClient(to: .unix(path: deployment.folder.path("admin.sock")), limits: limits)
        self.store = store
    }

    /// Stages and commits, whomever it locks out.
    func put(anchors: [UInt8], intermediates: [UInt8]?, crl: [UInt8]? = nil) throws {
        var parts: [(kind: String, bytes: [UInt8])] = [("anchors", anchors)]
        if let intermediates { parts.append(("intermediates", intermediates)) }
        if let crl { parts.append(("crl", crl)) }
        try stage(parts)
        try send("commit", #"{"allowLockout":1000000}"#)
    }

    func stage(_ parts: [(kind: String, bytes: [UInt8])]) throws {
        var json = JSONWriter()
        json.beginObject()
        json.key("parts")
        json.beginArray()
        for part in parts {
            json.beginObject()
            json.member("kind", part.kind)
            json.member("name", part.kind)
            json.member("bytes", Int64(part.bytes.count))
            json.member("sha256", SHA256Digest(of: part.bytes).hex)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        var body = json.bytes + [0x0A]
        for part in parts { body += part.bytes }
        try send("stage", body)
    }

    func send(_ command: String, _ body: String) throws { try send(command, Array(body.utf8)) }

    private func send(_ command: String, _ body: [UInt8]) throws {
        let response = try client.send(
            "POST", "/trust/\(store)/\(command)", headers: HeaderFields([("Host", "sekisho")]), body: body)
        guard response.head.status == 200 else { throw ScenarioFault("\(command): \(response.text)") }
    }
}

extension Deployment {
    func identity(_ name: String) throws -> ClientIdentity {
        ClientIdentity(chainPEM: try bytes("\(name).pem"), keyPEM: try bytes("\(name).key"))
    }

    func client(to host: String, as identity: ClientIdentity?) throws -> BlockingClient {
        let context = try ClientContext(anchorsPEM: bytes("server-ca.pem"), identity: identity)
        return try BlockingClient(to: .tcp(address: "127.0.0.1", port: port), tls: (context, host))
    }

    /// Of a request that the backend answers for whoever is trusted.
    func status(_ client: BlockingClient, _ host: String) throws -> Int {
        try client.send("GET", "/nothing", headers: HeaderFields([("Host", "\(host):\(port)")])).head.status
    }
}
