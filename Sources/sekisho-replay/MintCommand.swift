import Command
import Mint
import Reactor
import Replay
import Text
import Traces

/// `sekisho-replay mint`.
enum MintCommand {
    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let options = try Options(arguments, named: ["--out", "--days", "--rsa-keys"], usage: usage)
        guard options.words.count == 1 else { throw CommandFault(usage: usage) }
        let folder = try options.required("--out")
        let days = try options.number("--days", 1...3650) ?? 90
        let rsaKeyCount = try options.number("--rsa-keys", 1...10_000) ?? 16
        let began = Clock.monotonic()
        var cast = Cast()
        try TraceFile.read(options.words[0]) { number, line in cast.add(line, number) }
        if let (number, fault) = cast.firstProblem {
            Console.error("\(cast.problemCount) lines have no certificate; the first, \(number): \(fault)")
        }
        guard !cast.keys.isEmpty else { throw CommandFault("nobody in this trace has a certificate") }
        let count: TestBankPKI.Count
        do throws(MintFault) {
            let pki = try TestBankPKI(
                in: folder, for: cast.keys, rsaKeyCount: rsaKeyCount, at: WallTime(seconds: Clock.wall()),
                days: days)
            count = try pki.write(threadCount: System.coreCount) { done, total in
                Terminal.status("\(done) of \(total) certificates")
            }
        } catch {
            Terminal.status("")
            throw CommandFault(error.description)
        }
        Terminal.status("")
        let seconds = Decimal.text(Double(Clock.monotonic().microseconds(since: began)) / 1e6, digits: 1)
        Console.print(
            "\(count.clients) certificates for \(count.customers) customers in \(seconds) s;"
                + " \(folder)/gateway.json5 says what a test gateway needs")
        if count.clientsWithRSA > 0 {
            Console.print(
                "\(count.clientsWithRSA) of them share \(count.rsaKeys) RSA keys; --rsa-keys makes more")
        }
    }

    private static let usage = "usage: sekisho-replay mint TRACE --out FOLDER [--days N] [--rsa-keys N]"
}
