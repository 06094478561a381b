import Text

/// Why a token is no token of ours. The token itself is never part of it.
public enum JWSFault: String, Error, Sendable {
    case malformed, algorithm, type, critical, unknownKey, signature
}

/// Compact JWS (RFC 7515), ES256 and nothing else.
public enum JWS {
    /// - Parameter type: The `typ` header, so that a token made for one purpose serves no other (RFC 8725
    /// §3.11).
    public static func sign(payload: [UInt8], key: SigningKey, type: String) throws(CryptoFault) -> String {
        var header = JSONWriter()
        header.beginObject()
        header.member("alg", "ES256")
        header.member("typ", type)
        header.member("kid", key.keyID)
        header.endObject()
        let signed = "\(Base64URL.encode(header.bytes)).\(Base64URL.encode(payload))"
        return "\(signed).\(Base64URL.encode(try key.sign(Array(signed.utf8))))"
    }

    /// The payload, once the signature holds under the key that the header names.
    public static func verify(
        _ compact: String, type: String, keys: [VerifyingKey]
    ) throws(JWSFault) -> [UInt8] {
        let parts = try parts(compact)
        let header = try header(parts[0])
        guard header["alg"]?.string == "ES256" else { throw .algorithm }
        guard header["typ"]?.string == type else { throw .type }
        guard header["crit"] == nil else { throw .critical }
        guard let keyID = header["kid"]?.string, let key = keys.first(where: { $0.keyID == keyID }) else {
            throw .unknownKey
        }
        guard let payload = Base64URL.decode(String(parts[1])),
            let signature = Base64URL.decode(String(parts[2]))
        else { throw .malformed }
        guard key.verifies(signature, over: Array("\(parts[0]).\(parts[1])".utf8)) else { throw .signature }
        return payload
    }

    /// The `kid` of a token that is not verified yet: to fetch keys by, for nothing else.
    public static func peekKeyID(_ compact: String) -> String? {
        guard let parts = try? parts(compact), let header = try? header(parts[0]) else { return nil }
        return header["kid"]?.string
    }

    private static func parts(_ compact: String) throws(JWSFault) -> [Substring] {
        guard compact.utf8.count <= lengthMax else { throw .malformed }
        let parts = compact.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed }
        return parts
    }

    private static func header(_ part: Substring) throws(JWSFault) -> JSONNode {
        guard let bytes = Base64URL.decode(String(part)),
            let header = try? JSONReader.read(bytes, dialect: .json)
        else {
            throw .malformed
        }
        return header
    }

    private static let lengthMax = 8192
}

/// A JSON Web Key Set (RFC 7517) of P-256 keys.
public enum JWKSet {
    public static func encode(_ keys: [VerifyingKey]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("keys")
        json.beginArray()
        for key in keys {
            json.beginObject()
            json.member("kty", "EC")
            json.member("crv", "P-256")
            json.member("use", "sig")
            json.member("alg", "ES256")
            json.member("kid", key.keyID)
            json.member("x", Base64URL.encode(key.x))
            json.member("y", Base64URL.encode(key.y))
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// Keys of other kinds are passed over, as RFC 7517 §5 asks; a broken one of this kind is a fault.
    public static func decode(_ bytes: [UInt8]) throws(CryptoFault) -> [VerifyingKey] {
        guard let set = try? JSONReader.read(bytes, dialect: .json), let members = set["keys"]?.array else {
            throw .malformed("key set")
        }
        var keys: [VerifyingKey] = []
        for member in members where member["kty"]?.string == "EC" && member["crv"]?.string == "P-256" {
            guard let x = member["x"]?.string.flatMap(Base64URL.decode),
                let y = member["y"]?.string.flatMap(Base64URL.decode)
            else { throw .malformed("key set") }
            keys.append(try VerifyingKey(jwkX: x, jwkY: y))
        }
        return keys
    }
}
