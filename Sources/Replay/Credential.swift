import Text

/// A certificate and its key, made for one client of a trace.
public struct Credential: Sendable {
    public let key: CredentialKey
    /// DER.
    public let certificate: [UInt8]
    /// Names of the authorities' certificates that are presented behind it, in this order.
    public let issuers: [String]
    /// The private key's numbers as a JSON Web Key names them (RFC 7518 §6), big-endian.
    public let numbers: [(name: String, bytes: [UInt8])]

    public init(
        key: CredentialKey, certificate: [UInt8], issuers: [String],
        numbers: [(name: String, bytes: [UInt8])]
    ) {
        self.key = key
        self.certificate = certificate
        self.issuers = issuers
        self.numbers = numbers
    }
}

/// Printing or dumping one shows whose it is, never its key.
extension Credential: CustomStringConvertible, CustomReflectable {
    public var description: String { "Credential(\(key.customer))" }
    public var customMirror: Mirror { Mirror(self, children: ["key": key]) }
}

/// A file of credentials, one JSON object a line: first the authorities by name, then the clients.
public enum CredentialFile {
    public enum Entry: Sendable {
        case authority(name: String, certificate: [UInt8])
        case client(Credential)
    }

    public static func line(ofAuthority name: String, _ certificate: [UInt8]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("authority", name)
        json.member("certificate", Base64.encode(certificate))
        json.endObject()
        return json.bytes + [0x0A]
    }

    public static func line(of credential: Credential) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("customer", credential.key.customer)
        json.member("key", credential.key.key)
        json.member("chain", Int64(credential.key.chainCount))
        json.member("defect", credential.key.defect.name)
        json.member("certificate", Base64.encode(credential.certificate))
        json.key("issuers")
        json.beginArray()
        for issuer in credential.issuers { json.string(issuer) }
        json.endArray()
        json.key("private")
        json.beginObject()
        for (name, bytes) in credential.numbers { json.member(name, Base64URL.encode(bytes)) }
        json.endObject()
        json.endObject()
        return json.bytes + [0x0A]
    }

    /// Reads one line, without its LF; nil when it is none.
    public static func entry(_ line: [UInt8]) -> Entry? {
        guard let node = try? JSONReader.read(line, dialect: .json, depthMax: 4),
            let certificate = node["certificate"]?.string.flatMap(Base64.decode)
        else { return nil }
        if let name = node["authority"]?.string { return .authority(name: name, certificate: certificate) }
        guard let customer = node["customer"]?.string, let key = node["key"]?.string,
            let chain = node["chain"]?.integer,
            let defect = node["defect"]?.string.flatMap(CredentialDefect.init),
            let issuers = node["issuers"]?.array?.compactMap(\.string), let members = node["private"]?.members
        else { return nil }
        let numbers = members.compactMap { member in
            member.node.string.flatMap(Base64URL.decode).map { (name: member.key, bytes: $0) }
        }
        guard numbers.count == members.count, numbers.contains(where: { $0.name == "d" }) else { return nil }
        return .client(
            Credential(
                key: CredentialKey(
                    customer: customer, key: key, chainCount: Int(clamping: chain), defect: defect),
                certificate: certificate, issuers: issuers, numbers: numbers))
    }
}
