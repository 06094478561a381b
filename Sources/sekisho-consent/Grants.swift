import Authorization
import Command
import Consent
import Logs
import Settings
import Storage
import Text

/// `sekisho-consent grants …`: what customers have allowed, for auditors, and its end by the institution.
enum Grants {
    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let options = try Options(
            arguments.dropFirst(), named: ["--config", "--customer", "--certificate"], usage: usage.message)
        guard options.words.isEmpty else { throw usage }
        let settings = try SettingsFile.read(options.required("--config")) {
            ConsentSettings.read(text: $0, file: $1, folder: $2)
        }
        switch (arguments.first, options.value("--customer"), options.value("--certificate")) {
        case ("export", nil, nil): try export(try settings.consentStore())
        case ("end", let customer?, nil):
            let store = try settings.consentStore()
            try end(settings) { () throws(ConsentStoreFault) in try store.endGrants(of: customer) }
        case ("end", nil, let certificate?):
            guard let fingerprint = Hex.decode(certificate), fingerprint.count == 32 else {
                throw CommandFault("--certificate: expected the SHA-256 of a certificate in hexadecimal")
            }
            let store = try settings.consentStore()
            try end(settings) { () throws(ConsentStoreFault) in
                try store.endGrants(restingOn: fingerprint)
            }
        default: throw usage
        }
    }

    /// One JSON object a line, the oldest first.
    private static func export(_ store: ConsentStore) throws(CommandFault) {
        do throws(ConsentStoreFault) {
            var grants = try store.grants(after: nil, countMax: 500)
            while let last = grants.last {
                for grant in grants { Console.print(grant.auditLine) }
                grants = try store.grants(after: last, countMax: 500)
            }
        } catch {
            throw CommandFault("\(error)")
        }
    }

    /// Writes each grant that has ended to the audit log, with who ended it.
    private static func end(
        _ settings: ConsentSettings, _ end: () throws(ConsentStoreFault) -> [Grant]
    ) throws(CommandFault) {
        let audit = try OperatorAudit(settings.logs)
        let ended: [Grant]
        do throws(ConsentStoreFault) { ended = try end() } catch { throw CommandFault("\(error)") }
        for grant in ended {
            try audit.record("grant.ended") { record in
                record.add("grant", grant.id.text)
                record.add("partner", grant.partner)
                record.add("customer", grant.customer)
                record.add("status", grant.status.rawValue)
            }
            Console.print(grant.id.text)
        }
        Console.print("\(ended.count) ended")
    }

    private static let usage = CommandFault(
        usage: """
            usage: sekisho-consent grants export --config FILE
                   sekisho-consent grants end --customer ID --config FILE
                   sekisho-consent grants end --certificate SHA256 --config FILE
            """)
}
