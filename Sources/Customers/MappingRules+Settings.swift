public import Identity
public import Settings
import Text
public import X509

extension MappingRules {
    /// The rules of a configuration, or everything that is wrong with them, each where it stands.
    ///
    /// - Parameter issuers: The certificate of each entry's issuing CA, in the same order. Nil where it could
    ///   not be read, which the caller has complained about; then there are no rules.
    public init?(
        _ mappings: [GatewaySettings.Mapping], issuers: [Certificate?], complaints: inout [String]
    ) {
        let read = issuers.compactMap { $0 }
        guard read.count == mappings.count else { return nil }
        do throws(MappingFaults) {
            try self.init(zip(mappings, read).map(MappingRule.init))
        } catch {
            complaints += error.faults.map { $0.complaint(about: mappings) }
            return nil
        }
    }
}

extension MappingRule {
    fileprivate init(_ mapping: GatewaySettings.Mapping, issuer: Certificate) {
        self.init(
            issuer: IssuerName(issuer.subject),
            issuerMatching: mapping.issuerMatching == .exact ? .exact : .normalised,
            mode: Mode(mapping), supersession: Supersession(mapping.supersede))
    }
}

extension MappingRule.Mode {
    fileprivate init(_ mapping: GatewaySettings.Mapping) {
        switch mapping.by {
        case .enrolled: self = .enrolled(byFingerprint: mapping.enrolledBy == .fingerprint)
        case .subject:
            self = .subject(
                MappingRule.Source(mapping.attribute), pattern: mapping.pattern,
                foldsCase: mapping.letterCase == .fold)
        }
    }
}

extension MappingRule.Source {
    fileprivate init(_ source: GatewaySettings.NameSource) {
        switch source {
        case .commonName: self = .attribute(oid: "2.5.4.3")
        case .serialNumber: self = .attribute(oid: "2.5.4.5")
        case .dnQualifier: self = .attribute(oid: "2.5.4.46")
        case .userID: self = .attribute(oid: "0.9.2342.19200300.100.1.1")
        case .emailAddress: self = .attribute(oid: "1.2.840.113549.1.9.1")
        case .alternativeEmail: self = .alternativeName(.email)
        case .alternativeURI: self = .alternativeName(.uri)
        case .alternativeUPN: self = .alternativeName(.userPrincipalName)
        }
    }
}

extension Supersession {
    fileprivate init(_ supersede: GatewaySettings.Supersede) {
        switch supersede {
        case .never: self = .never
        case .onNewLogin: self = .onNewLogin
        case .afterDays(let days): self = .afterDays(days)
        }
    }
}

extension MappingFault {
    fileprivate func complaint(about mappings: [GatewaySettings.Mapping]) -> String {
        mappings[rule].place.complaint(message(source: mappings[rule].attribute.rawValue))
    }

    private func message(source: String) -> String {
        switch kind {
        case .repeated: "says the same as mapping[\(earlier)]"
        case .unreachable:
            "never reached: mapping[\(earlier)] decides about every certificate that this one could"
        case .overlaps(let example):
            "ambiguous: the \(source) “\(example)” would fit this one and mapping[\(earlier)]"
        case .differs:
            "expected the same supersede and issuerMatching as in mapping[\(earlier)], which is about the"
                + " same issuer"
        case .issuerUnreadable: "the issuer's name can't be normalised: not all of it is readable text"
        case .fitsNothing: "with case: “fold” no value can fit the pattern, which asks for lower case"
        }
    }
}
