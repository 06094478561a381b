import Command
import Customers
import Identity
import Logs
import Reactor
import Storage
import Text

/// `sekisho customers import` and `export`.
enum CustomersTransfer {
    static func importList(_ options: Options) throws(CommandFault) {
        let office = try CustomerOffice(options, server: .patient)
        let audit = try OperatorAudit(office.settings)
        let path = options.words[0]
        let file: FileReading
        do throws(SystemFault) { file = try FileReading(path) } catch { throw CommandFault("\(error)") }
        let hashes = options.has("--hash-passwords")
        if hashes {
            Console.error("hashing passwords takes about 80 ms of a core each: a million of them, a day")
        }
        let began = Clock.monotonic()
        let outcome: CustomerImport.Outcome
        do throws(CustomerTransferFault<SystemFault>) {
            outcome = try CustomerImport(into: office.store, hashes: hashes).run(
                next: { () throws(SystemFault) in try file.next() },
                progress: { bytes, rows in showProgress(bytes, of: file.byteCount, rows) })
        } catch {
            Terminal.status("")
            throw CommandFault(error)
        }
        Terminal.status("")
        switch outcome {
        case .refused(let faults):
            let lines = faults.map { "\(path):\($0)" }
            let end = faults.count >= CustomerImport.faultsMax ? "\nand perhaps more" : ""
            throw CommandFault("\(lines.joined(separator: "\n"))\(end)\nnothing was imported")
        case .imported(let count, let known):
            try audit.record("customers.imported") { record in
                record.add("file", path)
                record.add("count", count)
                record.add("replaced", known)
            }
            let milliseconds = Clock.monotonic().microseconds(since: began) / 1000
            Console.print("\(count) customers, \(known) of them known before, in \(milliseconds) ms")
        }
    }

    static func exportList(_ options: Options) throws(CommandFault) {
        let office = try CustomerOffice(options)
        let audit = try OperatorAudit(office.settings)
        let path = options.words[0]
        let count: Int
        do throws(CustomerTransferFault<SystemFault>) {
            count = try write(office.store, to: path)
        } catch {
            Terminal.status("")
            throw CommandFault(error)
        }
        Terminal.status("")
        try audit.record("customers.exported") { record in
            record.add("file", path)
            record.add("count", count)
        }
        Console.print("\(count) customers")
    }

    private static func write(
        _ store: CustomerStore, to path: String
    ) throws(CustomerTransferFault<SystemFault>) -> Int {
        let file: FileWriting
        do throws(SystemFault) { file = try FileWriting(path) } catch { throw .file(error) }
        let count = try CustomerExport(of: store).run(
            write: { (bytes) throws(SystemFault) in try file.write(bytes) },
            progress: { Terminal.status("\($0) customers") })
        do throws(SystemFault) { try file.finish() } catch { throw .file(error) }
        return count
    }

    private static func showProgress(_ bytes: Int, of byteCount: Int?, _ rows: Int) {
        guard let byteCount, byteCount > 0 else { return Terminal.status("\(rows) customers") }
        let share = min(1, Double(bytes) / Double(byteCount))
        let filled = Int(share * 30)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        let rest = bytes >= byteCount ? ", taking them over" : ""
        Terminal.status("\(bar) \(Int(share * 100))%  \(rows) customers\(rest)")
    }
}

extension CommandFault {
    fileprivate init(_ fault: CustomerTransferFault<SystemFault>) {
        switch fault {
        case .store(let fault): self.init("\(fault)")
        case .file(let fault): self.init("\(fault)")
        }
    }
}
