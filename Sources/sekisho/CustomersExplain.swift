import Command
import Customers
import Identity
import Reactor
import Settings
import Text

/// `sekisho customers explain CERT.pem`.
enum CustomersExplain {
    static func run(_ options: Options) throws(CommandFault) {
        let office = try CustomerOffice(options)
        let certificate = try CustomersCertificates.certificate(options.words[0])
        let rules: MappingRules
        do throws(MappingComplaints) {
            rules = try MappingRules(reading: office.settings.mapping)
        } catch {
            throw CommandFault(error.description)
        }
        let explanation = try office.answer { (store) throws(StoreFault) in
            try MappingExplanation(
                certificate, rules: rules, mappings: office.settings.mapping, store: store,
                at: WallTime(seconds: Clock.wall()))
        }
        Console.print(options.has("--json") ? explanation.json : explanation.text)
    }
}
