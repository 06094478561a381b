import Text

/// Compact JSON Web Signatures (RFC 7515 §7.1): our own in `ES256` only, those of partners in what their
/// keys are for.
public enum JWS {
    /// Signs `payload`. `type` says what kind of statement it is (RFC 8725 §3.11) and must be asked for at
    /// `verify`.
    public static func sign(payload: [UInt8], key: SigningKey, type: String) throws(CryptoFault) -> String {
        var header = JSONWriter()
        header.beginObject()
        header.member("alg", algorithm)
        header.member("typ", type)
        header.member("kid", key.keyID)
        header.endObject()
        let signed = "\(Base64URL.encode(header.bytes)).\(Base64URL.encode(payload))"
        return "\(signed).\(Base64URL.encode(try key.sign(Array(signed.utf8))))"
    }

    /// The payload, when one of `keys` signed it as a statement of this type.
    ///
    /// The header must say `ES256`, the very `type`, and a `kid` that one of `keys` has; keys a header brings
    /// along are never looked at, and any `crit` is refused, since no extension is understood. Nothing in the
    /// payload, expiry for instance, is judged here.
    public static func verify(_ compact: String, type: String, keys: [VerifyingKey]) throws(JWSFault)
        -> [UInt8]
    {
        guard let parts = Parts(compact) else { throw .malformed }
        guard parts.header["alg"]?.string == algorithm else { throw .algorithm }
        guard parts.header["crit"] == nil else { throw .critical }
        guard parts.header["typ"]?.string == type else { throw .type }
        guard let keyID = parts.header["kid"]?.string, let key = keys.first(where: { $0.keyID == keyID })
        else {
            throw .unknownKey
        }
        guard key.verifies(parts.signature, over: parts.signed) else { throw .signature }
        return parts.payload
    }

    /// The payload, when one of `keys` signed it.
    ///
    /// For statements of partners (RFC 7523): the algorithm is the one of the key; a `kid` that is there
    /// must be the key's, without one every key of the algorithm is tried. `typ`, when there, must be one of
    /// `types`, in any case of letters.
    public static func verify(
        _ compact: String, types: [String], keys: [PublicKey]
    ) throws(JWSFault) -> [UInt8] {
        guard let parts = Parts(compact) else { throw .malformed }
        guard let name = parts.header["alg"]?.string, let algorithm = PublicKey.Algorithm(rawValue: name)
        else {
            throw .algorithm
        }
        guard parts.header["crit"] == nil else { throw .critical }
        if let type = parts.header["typ"] {
            guard let text = type.string?.lowercased(), types.contains(text) else { throw .type }
        }
        var candidates = keys.filter { $0.algorithm == algorithm }
        if let keyID = parts.header["kid"] {
            candidates = candidates.filter { $0.keyID != nil && $0.keyID == keyID.string }
        }
        guard !candidates.isEmpty else { throw .unknownKey }
        guard candidates.contains(where: { $0.verifies(parts.signature, over: parts.signed) }) else {
            throw .signature
        }
        return parts.payload
    }

    /// The payload of a statement nobody has verified yet: good for choosing keys and for nothing else.
    public static func peekPayload(_ compact: String) -> [UInt8]? {
        Parts(compact)?.payload
    }

    /// The key id in the header, of a signature nobody has verified yet: good for choosing keys and for
    /// nothing else.
    public static func peekKeyID(_ compact: String) -> String? {
        Parts(compact)?.header["kid"]?.string
    }

    /// The three parts of a compact signature, decoded.
    private struct Parts {
        let header: JSONNode
        let payload: [UInt8]
        let signature: [UInt8]
        /// What the signature is over.
        let signed: [UInt8]

        init?(_ compact: String) {
            guard compact.utf8.count <= byteCountMax else { return nil }
            let texts = compact.split(separator: ".", omittingEmptySubsequences: false)
            guard texts.count == 3, let headerBytes = Base64URL.decode(String(texts[0])),
                let payload = Base64URL.decode(String(texts[1])),
                let signature = Base64URL.decode(String(texts[2])),
                let header = try? JSONReader.read(headerBytes, dialect: .json, depthMax: 4),
                header.members != nil
            else { return nil }
            self.header = header
            self.payload = payload
            self.signature = signature
            signed = Array("\(texts[0]).\(texts[1])".utf8)
        }
    }

    private static let algorithm = "ES256"
    /// Statements travel in header lines.
    private static let byteCountMax = 8192
}

/// Why a signed statement is not accepted. The raw value is for logs; the statement itself never is.
public enum JWSFault: String, Error, Sendable {
    /// Not three parts of base64url with a JSON object first, or longer than 8 KiB.
    case malformed
    /// `alg` is not ES256; from partners, none of ``PublicKey/Algorithm``.
    case algorithm
    /// A statement of another kind.
    case type
    /// `crit` asks for extensions; none is understood.
    case critical
    /// None of the keys has this id, or the header names none.
    case unknownKey
    case signature
}
