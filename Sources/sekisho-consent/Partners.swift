import Authorization
import Command
import Consent
import Logs
import Reactor
import Settings
import Storage
import Text

/// `sekisho-consent partners …`: which API連携先 there are, while the backend runs.
enum Partners {
    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let options = try Options(arguments.dropFirst(), named: ["--config"], usage: usage.message)
        let settings = try Program.settings(options.required("--config"))
        let desk = PartnersDesk(settings, store: try settings.consentStore())
        switch (arguments.first, options.words.count) {
        case ("list", 0): Console.print(try desk.list())
        case ("show", 1): Console.print(try desk.show(options.words[0]))
        case ("add", 1):
            try change(settings) { () throws(CommandFault) in
                try desk.save(file(options.words[0]), replaces: false)
            }
        case ("update", 1):
            try change(settings) { () throws(CommandFault) in
                try desk.save(file(options.words[0]), replaces: true)
            }
        case ("remove", 1):
            try change(settings) { () throws(CommandFault) in
                try desk.remove(options.words[0])
            }
        case ("history", 0): Console.print(try desk.history(nil))
        case ("history", 1): Console.print(try desk.history(options.words[0]))
        default: throw usage
        }
    }

    /// Makes a change, says what it was, and writes it to the audit log.
    private static func change(
        _ settings: ConsentSettings, _ body: () throws(CommandFault) -> PartnersDesk.Change
    ) throws(CommandFault) {
        let audit = try OperatorAudit(settings.logs)
        let change = try body()
        try audit.record("partner.\(change.verb)") { record in
            record.add("partner", change.partner)
            for (name, value) in change.details { record.add(name, value) }
        }
        Console.print(change.sentence)
    }

    /// A partner as it stands in a file, with the keys it names beside it.
    private static func file(_ path: String) throws(CommandFault) -> ConsentSettings.Partner {
        var partner = try SettingsFile.read(path) {
            ConsentSettings.Partner.read(text: $0, file: $1, folder: $2)
        }
        if case .keysFile(let keysPath) = partner.authentication {
            let text: [UInt8]
            do throws(SystemFault) {
                text = try Files.read(keysPath, bytesMax: 64 * 1024)
            } catch {
                throw CommandFault("\(path): keysFile: \(error)")
            }
            guard let keys = ConsentSettings.PartnerKey.list(inKeySet: text) else {
                throw CommandFault("\(keysPath): not a JSON Web Key Set (RFC 7517 §5)")
            }
            partner.authentication = .keys(keys)
        }
        if let fault = PartnerFault.one(in: partner) { throw CommandFault("\(path): \(fault)") }
        return partner
    }

    static let usage = CommandFault(
        usage: """
            usage: sekisho-consent partners COMMAND --config FILE

              add PARTNER.json5      register a partner, written like one in the configuration's `partners`
              update PARTNER.json5   put this in the place of the partner with its id
              remove ID              let the partner in no more; its grants stay on record
              list                   every partner, where it stands and how it proves itself
              show ID                the whole partner, fit to be edited and given to `update`
              history [ID]           who changed what, the newest first

            The running backend goes by a change within a second.
            """)
}
