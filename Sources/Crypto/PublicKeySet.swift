import Text

/// Key sets that others register with us (RFC 7517 §5), with every algorithm of ``PublicKey``.
public enum PublicKeySet {
    /// The signature keys of a set.
    ///
    /// Keys of other kinds and for other uses are passed over. Throws `.malformed`, with words for the
    /// operator, for what is no key set, has more than 20 keys, gives one key id to two keys, contains a
    /// private or symmetric key, has an RSA key below 2048 bits, or has no key to verify signatures with.
    public static func decode(_ bytes: [UInt8]) throws(CryptoFault) -> [PublicKey] {
        let set: JSONNode
        do throws(JSONFault) {
            set = try JSONReader.read(bytes, dialect: .json, depthMax: 8)
        } catch {
            throw .malformed("key set: \(error)")
        }
        guard let nodes = set["keys"]?.array else { throw .malformed("key set: “keys” is no list") }
        guard nodes.count <= keyCountMax else {
            throw .malformed("key set: \(nodes.count) keys; at most \(keyCountMax) are accepted")
        }
        var keys: [PublicKey] = []
        for (index, node) in nodes.enumerated() {
            guard let key = try key(of: node, place: "key set: keys[\(index)]") else { continue }
            guard key.keyID == nil || !keys.contains(where: { $0.keyID == key.keyID }) else {
                throw .malformed("key set: keys[\(index)]: another key has this “kid”")
            }
            keys.append(key)
        }
        guard !keys.isEmpty else {
            throw .malformed("key set: no key for ES256, PS256 or EdDSA signatures")
        }
        return keys
    }

    private static func key(of node: JSONNode, place: String) throws(CryptoFault) -> PublicKey? {
        guard node.members != nil else { throw .malformed("\(place): not an object") }
        guard node["d"] == nil, node["k"] == nil else {
            throw .malformed("\(place): a secret key; register the public half only")
        }
        func bytes(_ member: String) throws(CryptoFault) -> [UInt8] {
            guard let bytes = node[member]?.string.flatMap(Base64URL.decode) else {
                throw .malformed("\(place): “\(member)” is no base64url")
            }
            return bytes
        }
        guard isFree(node, "use", or: "sig") else { return nil }
        let keyID = node["kid"]?.string
        do throws(CryptoFault) {
            switch (node["kty"]?.string, node["crv"]?.string) {
            case ("EC", "P-256") where isFree(node, "alg", or: "ES256"):
                return try PublicKey(p256X: bytes("x"), y: bytes("y"), keyID: keyID)
            case ("RSA", _) where isFree(node, "alg", or: "PS256"):
                return try PublicKey(rsaModulus: bytes("n"), exponent: bytes("e"), keyID: keyID)
            case ("OKP", "Ed25519") where isFree(node, "alg", or: "EdDSA"):
                return try PublicKey(ed25519: bytes("x"), keyID: keyID)
            default: return nil
            }
        } catch {
            guard case .malformed(let detail) = error else { throw error }
            throw .malformed(detail.hasPrefix(place) ? detail : "\(place): \(detail)")
        }
    }

    private static func isFree(_ node: JSONNode, _ member: String, or value: String) -> Bool {
        node[member].map { $0.string == value } ?? true
    }

    private static let keyCountMax = 20
}
