import Command
import Crypto
import Identity
import Reactor
import Settings
import Storage
import Text

/// `sekisho customers …`: who may log in.
enum Customers {
    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let options = try Options(arguments.dropFirst(), named: ["--config"], usage: usage.message)
        switch arguments.first {
        case "seed":
            guard let file = options.words.first, options.words.count == 1 else { throw usage }
            try seed(file, try store(options))
        case "count":
            let store = try store(options)
            do throws(StoreFault) { Console.print("\(try store.count())") } catch {
                throw CommandFault("\(error)")
            }
        default: throw usage
        }
    }

    /// All of the list or nothing.
    private static func seed(_ file: String, _ store: CustomerStore) throws(CommandFault) {
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
        guard let password = entry["password"]?.string, !password.isEmpty else {
            throw fault("password: expected a text")
        }
        do throws(CryptoFault) {
            return Customer(
                id: id, displayName: name, role: role, method: method, status: status,
                passwordHash: try PasswordHash.make(of: Array(password.utf8)).encoded)
        } catch {
            throw CommandFault("\(error)")
        }
    }

    private static func store(_ options: Options) throws(CommandFault) -> CustomerStore {
        CustomerStore(try GatewaySettings.read(options.required("--config")).database())
    }

    private static let usage = CommandFault(
        usage: "usage: sekisho customers seed FILE --config FILE | count --config FILE")
}
