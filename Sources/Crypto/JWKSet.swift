import Text

/// Sets of public keys as JSON (RFC 7517 §5).
public enum JWKSet {
    /// Writes keys with `kid`, `use` and `alg`.
    public static func encode(_ keys: [VerifyingKey]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("keys")
        writer.beginArray()
        for key in keys {
            writer.beginObject()
            writer.member("kty", "EC")
            writer.member("crv", "P-256")
            writer.member("use", "sig")
            writer.member("alg", "ES256")
            writer.member("kid", key.keyID)
            writer.member("x", Base64URL.encode(key.x))
            writer.member("y", Base64URL.encode(key.y))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// The P-256 signature keys of a set, by their `kid` or else their thumbprint. Keys of other kinds and
    /// for other uses are passed over (RFC 7517 §5).
    ///
    /// Throws `.malformed` for what is no key set, has more than 100 keys, gives one key id to two keys, or
    /// contains a private key, and for a P-256 key that is not on the curve.
    public static func decode(_ bytes: [UInt8]) throws(CryptoFault) -> [VerifyingKey] {
        guard let set = try? JSONReader.read(bytes, dialect: .json, depthMax: 8),
            let nodes = set["keys"]?.array,
            nodes.count <= keyCountMax
        else { throw .malformed("key set") }
        var keys: [VerifyingKey] = []
        for node in nodes {
            guard node.members != nil, node["d"] == nil else { throw .malformed("key set") }
            guard isForSignatures(node) else { continue }
            let key = try key(of: node)
            guard !keys.contains(where: { $0.keyID == key.keyID }) else { throw .malformed("key set") }
            keys.append(key)
        }
        return keys
    }

    private static func isForSignatures(_ node: JSONNode) -> Bool {
        func allows(_ member: String, _ value: String) -> Bool {
            node[member].map { $0.string == value } ?? true
        }
        return node["kty"]?.string == "EC" && node["crv"]?.string == "P-256" && allows("use", "sig")
            && allows("alg", "ES256")
    }

    private static func key(of node: JSONNode) throws(CryptoFault) -> VerifyingKey {
        guard let x = node["x"]?.string.flatMap(Base64URL.decode),
            let y = node["y"]?.string.flatMap(Base64URL.decode)
        else { throw .malformed("key set") }
        return try VerifyingKey(jwkX: x, jwkY: y, keyID: node["kid"]?.string)
    }

    private static let keyCountMax = 100
}
