import Authorization
import Command
import Consent
import Logs
import Reactor
import Settings
import Storage
import Text

/// `sekisho-consent customers …`: accounts, questions and permissions of customers.
enum Customers {
    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let options = try Options(arguments.dropFirst(), named: ["--config"], usage: usage.message)
        let settings = try SettingsFile.read(options.required("--config")) {
            ConsentSettings.read(text: $0, file: $1, folder: $2)
        }
        switch (arguments.first, options.words.count) {
        case ("import", 1): try take(options.words[0], settings)
        case ("unlock", 1): try unlock(options.words[0], settings)
        default: throw usage
        }
    }

    /// All of the file or nothing.
    private static func take(_ file: String, _ settings: ConsentSettings) throws(CommandFault) {
        let text: [UInt8]
        do throws(SystemFault) { text = try Files.read(file) } catch { throw CommandFault("\(error)") }
        let list: JSONNode
        do throws(JSONFault) { list = try JSONReader.read(text, dialect: .json) } catch {
            throw CommandFault("\(file):\(error)")
        }
        let store = try settings.consentStore(server: .patient)
        let key = try settings.pinKey(for: store)
        let audit = try OperatorAudit(settings.logs)
        let customers: CustomerFile
        do throws(CustomerFileFault) {
            customers = try CustomerFile(list, pinKey: key)
        } catch {
            throw CommandFault("\(file):\(error)")
        }
        do throws(ConsentStoreFault) {
            try store.replace(
                customers.customers, familiar: customers.traces, at: WallTime(seconds: Clock.wall()))
        } catch {
            throw CommandFault("\(error)")
        }
        try audit.record("customers.imported") { $0.add("count", customers.customers.count) }
        Console.print("\(customers.customers.count) customers")
    }

    /// Ends 追加認証利用停止.
    private static func unlock(_ id: String, _ settings: ConsentSettings) throws(CommandFault) {
        let store = try settings.consentStore()
        let audit = try OperatorAudit(settings.logs)
        let isKnown: Bool
        do throws(ConsentStoreFault) { isKnown = try store.allowAnswers(of: id) } catch {
            throw CommandFault("\(error)")
        }
        guard isKnown else { throw CommandFault("\(id) is not known here") }
        try audit.record("challenge.unlocked") { $0.add("customer", id) }
        Console.print("\(id): may answer again")
    }

    private static let usage = CommandFault(
        usage: """
            usage: sekisho-consent customers import FILE --config FILE   take over accounts and questions
                   sekisho-consent customers unlock ID --config FILE     end 追加認証利用停止
            """)
}
