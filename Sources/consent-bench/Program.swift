import Command
import Journey
import Reactor

/// Loads a consent backend as the gateway in front of it would; `scripts/bench-consent` starts both.
@main
struct Program {
    static func main() {
        Console.main(run)
    }

    private static func run(_ arguments: [String]) throws(CommandFault) {
        let options = try Options(
            arguments, named: ["--store", "--workers", "--clients", "--seconds"], usage: usage)
        guard options.words.count == 1, let folder = options.words.first else {
            throw CommandFault(usage: usage)
        }
        Signals.ignoreBrokenPipe()
        let gateway: GatewayStandIn
        do throws(VisitFault) {
            gateway = try GatewayStandIn(issuer: "https://gate.example", partnerSubject: "CN=p")
        } catch {
            throw CommandFault("\(error)")
        }
        let clients = try number(options, "--clients")
        // No two clients have a customer in common.
        let customers = MadeUpCustomers(count: clients * 100)
        try write(gateway.keySet, to: "\(folder)/jwks.json")
        try write(customers.file, to: "\(folder)/customers.json")
        let settings = configuration(
            store: try options.required("--store"), workers: try options.required("--workers"))
        try write(Array(settings.utf8), to: "\(folder)/consent.json5")
        Console.print("bench: waiting for the backend")
        try Load(
            to: .unix(path: "\(folder)/consent.sock"), gateway: gateway, customers: customers,
            clients: clients, seconds: try number(options, "--seconds")
        ).run()
    }

    private static func number(_ options: Options, _ name: String) throws(CommandFault) -> Int {
        guard let number = Int(try options.required(name)), number > 0 else {
            throw CommandFault(usage: "\(name) takes a number\n\n\(usage)")
        }
        return number
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(CommandFault) {
        do throws(SystemFault) {
            try Files.replace(path, with: bytes, isPrivate: true)
        } catch {
            throw CommandFault("\(error)")
        }
    }

    private static func configuration(store: String, workers: String) -> String {
        """
        {
            listen: ["unix:consent.sock"], issuer: "https://fb.example",
            institution: { name: "都島信用組合", service: "都島信用組合ＦＢサービス" },
            store: "\(store)",
            assertion: { issuer: "https://gate.example", jwksFile: "jwks.json" },
            partners: [{
                id: "p", name: "サンプル会計", company: "株式会社サンプル会計",
                redirectURIs: ["https://p.example/cb"], certificateSubject: "CN=p",
                scopes: ["balance", "movements"],
            }],
            limits: { workers: \(workers) },
            logs: { auditFile: "audit.log" },
        }
        """
    }

    private static let usage = """
        usage: consent-bench FOLDER --store URL --workers N --clients N --seconds N

        Writes FOLDER/customers.json for `sekisho-consent customers import` and FOLDER/consent.json5 for
        `sekisho-consent serve`, waits for it, and loads it.
        """
}
