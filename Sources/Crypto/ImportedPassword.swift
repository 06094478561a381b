import Text

/// A password hash as another system wrote it, before it may be stored.
///
/// Understood are our own texts (`PasswordHash`), passlib's and Django's PBKDF2
/// (`$pbkdf2-sha256$29000$salt$hash`, `pbkdf2_sha256$260000$salt$hash`), and OpenLDAP's `{SHA256}` and
/// `{SSHA256}` (base 64 of digest and salt).
public enum ImportedPassword: Sendable {
    /// Strong enough to be kept as it is, until the next right password makes it anew.
    case ready(PasswordHash)
    /// Must not lie in a store: `harden` puts scrypt over it.
    case weak(WeakPassword)

    /// - Throws: `malformed` for any other text, `outOfRange` for parameters nobody should compute.
    public init(parsing text: String) throws(CryptoFault) {
        if text.hasPrefix("{") {
            self = .weak(try Self.directory(text))
        } else if let (iterations, salt, hash) = try Self.pbkdf2(text) {
            let digest = try PasswordHash.pbkdf2(iterations, salt: salt)
            guard hash.count == LegacyDigest.byteCount else { throw .malformed("password hash") }
            self.init(digest, hash)
        } else {
            let hash = try PasswordHash(parsing: text)
            if case .pbkdf2(let digest) = hash.form {
                self.init(digest, hash.hash)
            } else {
                self = .ready(hash)
            }
        }
    }

    /// PBKDF2 with fewer iterations than this, or a shorter salt, is weak.
    public static let iterationsMin = 100_000
    private static let saltByteCountMin = 8

    private init(_ digest: LegacyDigest, _ hash: [UInt8]) {
        guard case .pbkdf2(let iterations) = digest.kind, iterations >= Self.iterationsMin,
            digest.salt.count >= Self.saltByteCountMin
        else {
            self = .weak(WeakPassword(kind: digest, digest: hash))
            return
        }
        self = .ready(PasswordHash(.pbkdf2(digest), hash: hash))
    }

    private static func directory(_ text: String) throws(CryptoFault) -> WeakPassword {
        for (prefix, isSalted) in [("{SSHA256}", true), ("{SHA256}", false)] where text.hasPrefix(prefix) {
            guard let bytes = Base64.decode(String(text.dropFirst(prefix.count))),
                isSalted ? 33...96 ~= bytes.count : bytes.count == 32
            else { break }
            let kind = LegacyDigest(kind: .sha256, salt: Array(bytes[32...]))
            return WeakPassword(kind: kind, digest: Array(bytes[..<32]))
        }
        throw .malformed("password hash")
    }

    /// What passlib and Django write; nil for another text.
    private static func pbkdf2(
        _ text: String
    ) throws(CryptoFault) -> (iterations: Int, salt: [UInt8], hash: [UInt8])? {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        if parts.count == 4, parts[0] == "pbkdf2_sha256" {
            // Django takes the letters of the salt for its bytes, and pads base 64.
            guard let hash = Base64.decode(String(parts[3])), 1...64 ~= parts[2].utf8.count else {
                throw .malformed("password hash")
            }
            return (try PasswordHash.numbers(in: parts[1], [""])[0], Array(parts[2].utf8), hash)
        }
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "pbkdf2-sha256", !parts[2].hasPrefix("i=")
        else {
            return nil
        }
        // passlib writes “.” where base 64 has “+”.
        guard let salt = PasswordHash.decoded(parts[3].replacing(".", with: "+")), salt.count <= 64,
            let hash = PasswordHash.decoded(parts[4].replacing(".", with: "+"))
        else { throw .malformed("password hash") }
        return (try PasswordHash.numbers(in: parts[2], [""])[0], salt, hash)
    }
}

/// A digest that must not be stored by itself.
public struct WeakPassword: Sendable {
    let kind: LegacyDigest
    let digest: [UInt8]

    /// scrypt over the digest: as much work to guess as any other, and the password need not be known. Takes
    /// the time of `PasswordHash.make`.
    public func harden(_ parameters: ScryptParameters = .standard) throws(CryptoFault) -> PasswordHash {
        try PasswordHash.make(of: digest, over: kind, parameters)
    }
}
