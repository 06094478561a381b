import Glibc
import Load
import Reactor
import TLS

/// Loads one server from one core, for `scripts/bench`: see `usage`.
@main struct Program {
    static func main() {
        Signals.ignoreBrokenPipe()
        do {
            try LoadRun(Options(Array(CommandLine.arguments.dropFirst()))).run()
        } catch let error as Options.Fault {
            print("sekisho-bench: \(error.text)\n\n\(usage)")
            exit(2)
        } catch {
            print("sekisho-bench: \(error)")
            exit(1)
        }
    }
}

let usage = """
    usage: sekisho-bench --to ADDRESS:PORT --name SERVER --anchor FILE [options]

      --certificate FILE --key FILE   shown to the server
      --tls 1.2|1.3                   (1.3)
      --path PATH                     (/)
      --header LINE                   sent with each request
      --clients N                     connected at once (16)
      --requests N                    on each connection (1)
      --seconds N                     counted after a warm-up of a third of that, at most 0.5 (3)
      --resume                        each connection resumes the session of the one before
      --latencies FILE                one line for each connection: when it was begun and how long its first
                                      response took, in microseconds of CLOCK_MONOTONIC
      --hold                          connect all clients and stay silent until a line comes
      --at-once N                     with --hold: so many handshakes at a time (all)

    Warms up, prints "warm", waits for a line on standard input, runs, prints one JSON object.
    """

/// The command line.
struct Options {
    struct Fault: Error { let text: String }

    var endpoint = Endpoint.tcp(address: "127.0.0.1", port: 443)
    var values: [String: String] = [:]
    var resumes = false
    var holds = false

    init(_ arguments: [String]) throws(Fault) {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            switch option {
            case "--resume": resumes = true
            case "--hold": holds = true
            case "--to", "--name", "--anchor", "--certificate", "--key", "--tls", "--path", "--clients",
                "--requests", "--seconds", "--latencies", "--header", "--at-once":
                guard let value = rest.popFirst() else { throw Fault(text: "\(option) needs a value") }
                values[option] = value
            default: throw Fault(text: "\(option) is no option")
            }
        }
        guard let to = values["--to"].flatMap({ Endpoint(parsing: $0) }) else {
            throw Fault(text: "--to needs an address and a port")
        }
        endpoint = to
    }

    func text(_ option: String) throws(Fault) -> String {
        guard let value = values[option] else { throw Fault(text: "\(option) is missing") }
        return value
    }

    func seconds(_ option: String, default standard: Double) throws(Fault) -> Double {
        guard let value = values[option] else { return standard }
        guard let number = Double(value), number > 0, number <= 86_400 else {
            throw Fault(text: "\(option) needs a number of seconds")
        }
        return number
    }

    func number(_ option: String, default standard: Int) throws(Fault) -> Int {
        guard let value = values[option] else { return standard }
        guard let number = Int(value), number > 0 else { throw Fault(text: "\(option) needs a number") }
        return number
    }
}
