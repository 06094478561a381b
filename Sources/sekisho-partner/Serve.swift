import Command
import HTTP
import Reactor
import Serving
import TLS

/// `sekisho-partner serve`: runs the sample site until SIGTERM or SIGINT.
enum Serve {
    static func run(_ options: Options) throws(CommandFault) {
        guard let endpoint = Endpoint(parsing: try options.required("--listen")) else {
            throw CommandFault("sekisho-partner: --listen takes ADDRESS:PORT")
        }
        let redirect = try url("--redirect-uri", options)
        let settings = PartnerSettings(
            authorizationServer: try url("--authorization-server", options), api: try url("--api", options),
            clientID: try options.required("--client-id"), redirectURI: try options.required("--redirect-uri")
        )
        let identity = ClientIdentity(
            chainPEM: try file("--client-certificate", options), keyPEM: try file("--client-key", options))
        let host = ServerHost(
            names: [redirect.host], chainPEM: try file("--certificate", options),
            keyPEM: try file("--key", options),
            clientCertificate: .none, isStrictest: true)
        let inherited = try Daemon.prepare()
        let context: ClientContext
        let anchors = try file("--anchors", options)
        do throws(TLSFault) {
            context = try ClientContext(anchorsPEM: anchors, identity: identity)
        } catch {
            throw CommandFault("\(error)")
        }
        let server: WebServer
        do throws(WebServerFault) {
            server = try WebServer(
                PartnerSite(settings, context: context), on: [endpoint], tls: [host], inherited: inherited)
        } catch {
            throw CommandFault("sekisho-partner: \(error)")
        }
        let duties = DaemonDuties(
            stop: { server.stop(drainSeconds: 2, gently: $0) }, sockets: { server.sockets })
        try Daemon.run(duties, inherited: inherited)
    }

    private static func url(_ name: String, _ options: Options) throws(CommandFault) -> URLReference {
        guard let url = URLReference(parsing: try options.required(name)) else {
            throw CommandFault("sekisho-partner: \(name) takes a URL")
        }
        return url
    }

    private static func file(_ name: String, _ options: Options) throws(CommandFault) -> [UInt8] {
        let path = try options.required(name)
        do throws(SystemFault) {
            return try Files.read(path)
        } catch {
            throw CommandFault("\(error)")
        }
    }
}
