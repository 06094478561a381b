public import Identity
import Reactor
public import Settings
import Text
import X509

extension MappingRules {
    /// The rules of a configuration with the issuers' certificates from the files it names.
    /// - Throws: everything that is wrong, a line each.
    public init(reading mappings: [GatewaySettings.Mapping]) throws(MappingComplaints) {
        var complaints: [String] = []
        var issuers: [Certificate?] = []
        for mapping in mappings {
            do {
                let bytes = try Files.read(mapping.issuer)
                guard let first = try Certificate.parse(pem: bytes).first else {
                    throw CertificateFault.undecodable
                }
                issuers.append(first)
            } catch {
                complaints.append(mapping.place.complaint("\(mapping.issuer): \(error)"))
                issuers.append(nil)
            }
        }
        guard let rules = MappingRules(mappings, issuers: issuers, complaints: &complaints) else {
            throw MappingComplaints(lines: complaints)
        }
        self = rules
    }
}

/// What is wrong with mapping rules and their files.
public struct MappingComplaints: Error, Sendable, CustomStringConvertible {
    public let lines: [String]

    public var description: String { lines.joined(separator: "\n") }
}
