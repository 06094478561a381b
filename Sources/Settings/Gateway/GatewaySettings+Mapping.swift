public import Text

extension GatewaySettings {
    /// How certificates of one issuing CA lead to customers.
    public struct Mapping: Sendable, Hashable {
        /// PEM file of the issuing CA.
        public var issuer: String
        public var issuerMatching: IssuerMatching
        public var by: MappingMethod
        /// What makes an enrolled certificate the enrolled one; has no meaning for `by: subject`.
        public var enrolledBy: EnrolmentKey
        /// Which value of the certificate is the customer ID; has no meaning for enrolled certificates.
        public var attribute: NameSource
        public var pattern: IDPattern?
        public var letterCase: LetterCase
        public var supersede: Supersede
        /// Where the file says so.
        public internal(set) var place = SettingPlace()

        public init(
            issuer: String, issuerMatching: IssuerMatching = .exact, by: MappingMethod,
            enrolledBy: EnrolmentKey = .issuerSerial, attribute: NameSource = .commonName,
            pattern: IDPattern? = nil, letterCase: LetterCase = .exact, supersede: Supersede = .never
        ) {
            self.issuer = issuer
            self.issuerMatching = issuerMatching
            self.by = by
            self.enrolledBy = enrolledBy
            self.attribute = attribute
            self.pattern = pattern
            self.letterCase = letterCase
            self.supersede = supersede
        }

        static let schema = Schema(
            Mapping.init,
            Key("issuer", .path, "PEM file of the CA that issued the certificates this entry is about."),
            Key(
                "issuerMatching", .choice(IssuerMatching.self), default: "exact",
                "When a certificate's issuer is this one: the name is the same byte by byte (`exact`), or"
                    + " the same but for string types, ASCII case and blanks (`normalised`), for a CA that"
                    + " changes how it encodes its name."),
            Key(
                "by", .choice(MappingMethod.self),
                "`enrolled`: the certificate itself is registered for a customer; `subject`: a value in it"
                    + " is the customer ID."),
            Key(
                "enrolledBy", .choice(EnrolmentKey.self), default: "issuerSerial",
                "What makes a certificate the registered one: its issuer's name together with its serial"
                    + " number, or the SHA-256 of the whole (`fingerprint`)."),
            Key(
                "attribute", .choice(NameSource.self), default: "CN",
                "The value that is the customer ID: an attribute of the subject, or a name of subjectAltName"
                    + " (`SAN.…`). It must be there exactly once, as UTF8String, PrintableString or"
                    + " IA5String without control characters."),
            Key(
                "pattern", optional: .idPattern,
                "The shape of the whole value: literal characters, classes such as `[A-Z0-9]`, and"
                    + " repetitions `{n}` and `{n,m}`. Parentheses mark the customer ID when it is only a"
                    + " part. Without it, the value is the ID."),
            Key(
                "case", .choice(LetterCase.self), default: "exact",
                "Whether customer IDs differ by upper and lower case (`exact`), or a to z are read as A to"
                    + " Z (`fold`)."),
            Key(
                "supersede", .supersede, default: "never",
                "What becomes of a customer's older certificate once a newer one of the same issuer has"
                    + " logged in: it stays good (`never`), is refused (`onNewLogin`), or is refused so many"
                    + " days later (`afterDays 14`)."),
            rules: [
                Rule("`attribute`, `pattern` and `case` are for `by: \"subject\"`.") { mapping, reading in
                    reading.refuse(["attribute", "pattern", "case"], in: mapping, unlessBy: .subject)
                },
                Rule("`enrolledBy` is for `by: \"enrolled\"`.") { mapping, reading in
                    reading.refuse(["enrolledBy"], in: mapping, unlessBy: .enrolled)
                },
            ])
    }

    public enum IssuerMatching: String, Sendable, CaseIterable {
        case exact, normalised
    }

    /// Where the link from certificate to customer comes from.
    public enum MappingMethod: String, Sendable, CaseIterable {
        case subject, enrolled
    }

    /// A serial number alone is none: two CAs may both use it.
    public enum EnrolmentKey: String, Sendable, CaseIterable {
        case issuerSerial, fingerprint
    }

    /// A value of a certificate that may hold a customer ID.
    public enum NameSource: String, Sendable, CaseIterable {
        case commonName = "CN"
        /// The attribute of the subject; not the certificate's serial number.
        case serialNumber
        case userID = "UID"
        case emailAddress
        case dnQualifier
        case alternativeEmail = "SAN.email"
        case alternativeURI = "SAN.URI"
        /// Microsoft's otherName.
        case alternativeUPN = "SAN.UPN"
    }

    public enum LetterCase: String, Sendable, CaseIterable {
        case exact, fold
    }

    /// What becomes of older certificates.
    public enum Supersede: Sendable, Hashable {
        case never, onNewLogin
        case afterDays(Int)
    }
}

extension Reading {
    fileprivate mutating func refuse(
        _ keys: [String], in mapping: Cursor, unlessBy method: GatewaySettings.MappingMethod
    ) {
        guard let by = mapping["by"]?.string, by != method.rawValue else { return }
        for key in keys {
            guard let value = mapping[key] else { continue }
            complain("for by: “\(method.rawValue)” only", at: value)
        }
    }
}

extension Kind where Value == IDPattern {
    fileprivate static let idPattern = Kind(
        string: StringShape(
            phrase: "a pattern of literal characters, classes [A-Z] and repetitions {n,m}",
            lengthMax: IDPattern.lengthMax)
    ) { text throws(Expectation) in
        do throws(IDPatternFault) {
            return try IDPattern(text)
        } catch {
            throw Expectation("at character \(error.character) \(error.expected)")
        }
    }
}

extension Kind where Value == GatewaySettings.Supersede {
    fileprivate static let supersede = Kind(
        string: StringShape(
            phrase: "“never”, “onNewLogin” or “afterDays N” (N from 1 to 400)",
            pattern: "^(never|onNewLogin|afterDays [1-9][0-9]{0,2})$")
    ) { text throws(Expectation) in
        switch text {
        case "never": return .never
        case "onNewLogin": return .onNewLogin
        default:
            let words = text.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, words[0] == "afterDays", let days = Int(words[1]),
                String(days) == words[1], 1...400 ~= days
            else { throw Expectation("“never”, “onNewLogin” or “afterDays N” (N from 1 to 400)") }
            return .afterDays(days)
        }
    }
}
