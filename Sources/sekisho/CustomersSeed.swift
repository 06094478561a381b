import Command
import Crypto
import Identity
import Logs
import Reactor
import Storage
import Text

/// `sekisho customers seed`: the sample customers, from a JSON list.
enum CustomersSeed {
    /// All of the list or nothing.
    static func run(_ options: Options) throws(CommandFault) {
        let office = try CustomerOffice(options)
        let (file, store) = (options.words[0], office.store)
        let audit = try OperatorAudit(office.settings)
        let text: [UInt8]
        do throws(SystemFault) { text = try Files.read(file) } catch { throw CommandFault("\(error)") }
        let list: JSONNode
        do throws(JSONFault) {
            list = try JSONReader.read(text, dialect: .json)
        } catch {
            throw CommandFault("\(file):\(error)")
        }
        guard let entries = list.array else { throw CommandFault("\(file): expected a list of customers") }
        var customers: [Customer] = []
        for entry in entries { customers.append(try customer(entry, file)) }
        do throws(StoreFault) { try store.save(customers) } catch { throw CommandFault("\(error)") }
        try audit.record("customers.imported") { record in
            record.add("file", file)
            record.add("count", customers.count)
        }
        Console.print("\(customers.count) customers")
    }

    private static func customer(_ entry: JSONNode, _ file: String) throws(CommandFault) -> Customer {
        func fault(_ what: String) -> CommandFault { CommandFault("\(file):\(entry.position): \(what)") }
        guard let id = entry["id"]?.string.flatMap(CustomerID.init) else {
            throw fault("id: expected 1 to 64 printable ASCII characters")
        }
        guard let name = entry["name"]?.string else { throw fault("name: expected a text") }
        guard let role = entry["role"]?.string.flatMap(CustomerRole.init) else {
            throw fault("role: expected master, administrator or general")
        }
        guard let method = entry["method"]?.string.flatMap(AuthenticationMethod.init) else {
            throw fault("method: expected certificate, password or either")
        }
        guard let status = entry["status"]?.string.flatMap(CustomerStatus.init) else {
            throw fault("status: expected active, stopped or closed")
        }
        var duty: CustomerDuty?
        if let text = entry["duty"] {
            guard let known = text.string.flatMap(CustomerDuty.init) else {
                throw fault("duty: expected changePassword, finishSetup or readNotice")
            }
            duty = known
        }
        guard let password = entry["password"]?.string, !password.isEmpty else {
            throw fault("password: expected a text")
        }
        do throws(CryptoFault) {
            return Customer(
                id: id, displayName: name, role: role, method: method, status: status,
                passwordHash: try PasswordHash.make(of: Array(password.utf8)).encoded, duty: duty)
        } catch {
            throw CommandFault("\(error)")
        }
    }
}
