import Command
import Identity
import Settings
import Storage

/// `sekisho customers …`: who may log in.
enum Customers {
    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let rest = arguments.dropFirst()
        switch arguments.first {
        case "seed": try CustomersSeed.run(try options(rest, words: 1))
        case "count":
            let office = try CustomerOffice(try options(rest, words: 0))
            Console.print("\(try office.answer { (store) throws(StoreFault) in try store.count() })")
        case "import":
            try CustomersTransfer.importList(try options(rest, words: 1, flags: ["--hash-passwords"]))
        case "export": try CustomersTransfer.exportList(try options(rest, words: 1))
        case "explain": try CustomersExplain.run(try options(rest, words: 1, flags: ["--json"]))
        case "add":
            try CustomersAccounts.add(
                try options(rest, words: 1, values: ["--name", "--role", "--method"]))
        case "show": try CustomersAccounts.show(try options(rest, words: 1))
        case "suspend": try CustomersAccounts.set(.stopped, try options(rest, words: 1))
        case "resume": try CustomersAccounts.set(.active, try options(rest, words: 1))
        case "close": try CustomersAccounts.set(.closed, try options(rest, words: 1))
        case "set-duty": try CustomersAccounts.setDuty(try options(rest, words: 2))
        case "set-password": try CustomersAccounts.setPassword(try options(rest, words: 1))
        case "enroll": try CustomersCertificates.enroll(try options(rest, words: 2))
        case "unenroll": try CustomersCertificates.unenroll(try options(rest, words: 2))
        default: throw CommandFault(usage: usage)
        }
    }

    private static func options(
        _ arguments: ArraySlice<String>, words: Int, values: Set<String> = [], flags: Set<String> = []
    ) throws(CommandFault) -> Options {
        let options = try Options(
            arguments, named: values.union(["--config"]), flags: flags, usage: usage)
        guard options.words.count == words else { throw CommandFault(usage: usage) }
        return options
    }

    static let usage = """
        sekisho customers COMMAND … --config FILE

          import FILE.csv [--hash-passwords]
              add the customers of a list, or replace those with the same ID: all of them or none. Columns:
              id, name, role, method, status and password_changed_at (optional), and password_hash or
              password. Hashes are ours,
              PBKDF2-SHA256, {SSHA256} or {SHA256}; weak ones and passwords need --hash-passwords
              (others' hashes are made anew at the first login; until then the time that a refusal takes
              tells such an ID from one that nobody has)
          export FILE.csv            all customers with their password hashes, readable by you alone
          explain CERT.pem [--json]  which customer a certificate leads to, rule by rule
          add ID --name NAME --role master|administrator|general --method certificate|password|either
          show ID
          suspend ID                 利用停止; live sessions end within a second
          resume ID                  lift 利用停止, and clear the failure counters
          close ID                   解約
          set-duty ID none|changePassword|finishSetup|readNotice
              what must be done in the internet banking before the next login
          set-password ID            asked for on the terminal, or read from standard input
          enroll ID CERT.pem         register a certificate, for issuers with by: "enrolled"
          unenroll ID CERT.pem       end that; its live sessions end within a second
          count
          seed FILE.json             the sample customers
        """
}

/// The customer store and the audit log of a configuration.
struct CustomerOffice {
    let settings: GatewaySettings
    let store: CustomerStore

    /// - Parameter server: How the store is used, where it is a server.
    init(_ options: Options, server: PostgresOptions = PostgresOptions()) throws(CommandFault) {
        settings = try GatewaySettings.read(options.required("--config"))
        store = CustomerStore(try settings.database(server: server))
    }

    /// Asks the store, with what goes wrong in words.
    func answer<Value>(_ ask: (CustomerStore) throws(StoreFault) -> Value) throws(CommandFault) -> Value {
        do throws(StoreFault) { return try ask(store) } catch { throw CommandFault("\(error)") }
    }

    static func id(_ text: String) throws(CommandFault) -> CustomerID {
        guard let id = CustomerID(text) else {
            throw CommandFault("expected a customer ID (1 to 64 printable ASCII characters), not “\(text)”")
        }
        return id
    }
}
