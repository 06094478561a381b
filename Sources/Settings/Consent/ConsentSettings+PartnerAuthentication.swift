public import Text

extension ConsentSettings {
    /// How a partner is known (RFC 8705 §2.1.2, RFC 7523 §2.2).
    public enum PartnerAuthentication: Sendable, Hashable {
        case subject(SubjectName)
        /// In lower case.
        case dns(String)
        case uri(String)
        /// 4 or 16 bytes.
        case address([UInt8])
        case email(String)
        /// 32 bytes: the SHA-256 of the DER.
        case fingerprint([UInt8])
        case keys([PartnerKey])
        /// Path of a JSON Web Key Set.
        case keysFile(String)
    }

    /// A public key as a JSON Web Key (RFC 7517 §4), by its text; whether it is one shows when it is used.
    public struct PartnerKey: Sendable, Hashable {
        public var type: String
        public var curve: String?
        public var x: String?
        public var y: String?
        public var modulus: String?
        public var exponent: String?
        public var id: String?
        public var use: String?
        public var algorithm: String?

        public init(
            type: String, curve: String? = nil, x: String? = nil, y: String? = nil, modulus: String? = nil,
            exponent: String? = nil, id: String? = nil, use: String? = nil, algorithm: String? = nil
        ) {
            self.type = type
            self.curve = curve
            self.x = x
            self.y = y
            self.modulus = modulus
            self.exponent = exponent
            self.id = id
            self.use = use
            self.algorithm = algorithm
        }

        static let schema = Schema(
            PartnerKey.init,
            Key("kty", .text(lengthMax: 10), "`EC`, `RSA` or `OKP`."),
            Key("crv", optional: .text(lengthMax: 20), "`P-256` or `Ed25519`; RSA keys have none."),
            Key("x", optional: .text(lengthMax: 100), "First coordinate, or the key itself."),
            Key("y", optional: .text(lengthMax: 100), "Second coordinate of the point."),
            Key("n", optional: .text(lengthMax: 2000), "Modulus, of 2048 bits or more."),
            Key("e", optional: .text(lengthMax: 20), "Exponent of an RSA key."),
            Key("kid", optional: .text(), "What signatures name the key by."),
            Key("use", optional: .text(lengthMax: 10), "`sig`, for signatures."),
            Key("alg", optional: .text(lengthMax: 10), "`ES256`, `PS256` or `EdDSA`."))

        /// The members of a JSON Web Key Set as far as they are of use; nil when it is none.
        public static func list(inKeySet text: [UInt8]) -> [PartnerKey]? {
            guard let nodes = (try? JSONReader.read(text, dialect: .json, depthMax: 8))?["keys"]?.array else {
                return nil
            }
            return nodes.compactMap { node in
                node["kty"]?.string.map { type in
                    PartnerKey(
                        type: type, curve: node["crv"]?.string, x: node["x"]?.string, y: node["y"]?.string,
                        modulus: node["n"]?.string, exponent: node["e"]?.string, id: node["kid"]?.string,
                        use: node["use"]?.string, algorithm: node["alg"]?.string)
                }
            }
        }

        /// The keys as a JSON Web Key Set.
        public static func keySet(_ keys: [PartnerKey]) -> [UInt8] {
            var json = JSONWriter()
            json.beginObject()
            json.key("keys")
            json.keys(keys)
            json.endObject()
            return json.bytes
        }
    }
}

extension JSONWriter {
    mutating func keys(_ keys: [ConsentSettings.PartnerKey]) {
        beginArray()
        for key in keys {
            beginObject()
            for case (let name, let value?) in [
                ("kty", key.type), ("crv", key.curve), ("x", key.x), ("y", key.y), ("n", key.modulus),
                ("e", key.exponent), ("kid", key.id), ("use", key.use), ("alg", key.algorithm),
            ] {
                member(name, value)
            }
            endObject()
        }
        endArray()
    }
}

extension Kind where Value == [UInt8] {
    /// An IPv4 or IPv6 address, as 4 or 16 bytes.
    static let address = Kind(string: StringShape(phrase: "an IPv4 or IPv6 address", lengthMax: 45)) {
        text throws(Expectation) in
        guard let bytes = addressBytes(text) else { throw Expectation("an IPv4 or IPv6 address") }
        return bytes
    }
}

extension Kind where Value == String {
    static let certificateURI = Kind(
        string: StringShape(
            phrase: "a URI (“urn:partner:kaikei”, “https://kaikei.example/id”)", lengthMax: 2000,
            pattern: "^[A-Za-z][A-Za-z0-9+.-]*:")
    ) { text throws(Expectation) in
        let scheme = text.prefix { $0 != ":" }
        let isURI =
            (1...2000).contains(text.utf8.count) && scheme.utf8.count < text.utf8.count
            && scheme.utf8.first.map { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A } == true
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isURI else { throw Expectation("a URI (“urn:partner:kaikei”, “https://kaikei.example/id”)") }
        return text
    }

    static let mailbox = Kind(
        string: StringShape(
            phrase: "a mail address (“api@kaikei.example”)", lengthMax: 254, pattern: "^[^@]+@[^@]+$")
    ) { text throws(Expectation) in
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, isHostName(parts[1].lowercased()),
            text.utf8.count <= 254, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw Expectation("a mail address (“api@kaikei.example”)") }
        return text
    }
}
