/// A password as it is kept, as one PHC text:
///
///     $scrypt$ln=15,r=8,p=1$<salt>$<hash>
///     $pbkdf2-sha256$i=600000$<salt>$<hash>
///     $scrypt-sha256$ln=15,r=8,p=1$<salt of the digest>$<salt>$<hash>
///     $scrypt-pbkdf2-sha256$i=1000,ln=15,r=8,p=1$<salt of the digest>$<salt>$<hash>
///
/// The first, scrypt (RFC 7914) with a salt of its own, is what we make. The others are imported: PBKDF2 that
/// is strong enough as it is, and scrypt over the digest that another system kept, when that was weak. Salts
/// and hashes are in base 64 without padding.
///
/// scrypt and PBKDF2 take NUL bytes at the end of a password (of less than 64 bytes) for nothing, as HMAC
/// does with its key.
public struct PasswordHash: Sendable, Hashable {
    enum Form: Sendable, Hashable {
        case scrypt(ScryptParameters, salt: [UInt8], over: LegacyDigest?)
        case pbkdf2(LegacyDigest)
    }

    let form: Form
    let hash: [UInt8]

    init(_ form: Form, hash: [UInt8]) {
        self.form = form
        self.hash = hash
    }

    /// Hashes a password with a new random salt. Takes the time and memory of the parameters: never on an
    /// event loop.
    public static func make(
        of password: [UInt8], parameters: ScryptParameters = .standard
    ) throws(CryptoFault) -> PasswordHash {
        try make(of: password, over: nil, parameters)
    }

    /// scrypt over what `over` made of the password.
    static func make(
        of input: [UInt8], over legacy: LegacyDigest?, _ parameters: ScryptParameters
    ) throws(CryptoFault) -> PasswordHash {
        let salt = SecureRandom.bytes(saltByteCount)
        guard let hash = scrypt(input, salt: salt, parameters, byteCount: hashByteCount) else {
            throw .failed("scrypt")
        }
        return PasswordHash(.scrypt(parameters, salt: salt, over: legacy), hash: hash)
    }

    /// Verified for an unknown ID, so that it takes as long as a known one. No password matches it.
    public static func decoy(_ parameters: ScryptParameters = .standard) -> PasswordHash {
        PasswordHash(
            .scrypt(parameters, salt: SecureRandom.bytes(saltByteCount), over: nil),
            hash: SecureRandom.bytes(hashByteCount))
    }

    /// Whether this is the hash of `password`. Takes time and memory like `make`; an imported one takes that
    /// of its digest besides. A hash that is found right is not told apart, in time, from one that is found
    /// wrong.
    public func matches(_ password: [UInt8]) throws(CryptoFault) -> Bool {
        guard var candidate = candidate(for: password) else { throw .failed("password hash") }
        defer { wipe(&candidate) }
        return ConstantTime.equal(candidate, hash)
    }

    /// Whether it should be made anew at the next right password: it takes less work to guess at than it
    /// would with these parameters, or it is an imported one.
    public func needsRehash(for parameters: ScryptParameters = .standard) -> Bool {
        guard case .scrypt(let own, _, nil) = form else { return true }
        return own.work < parameters.work
    }

    private func candidate(for password: [UInt8]) -> [UInt8]? {
        switch form {
        case .pbkdf2(let digest): return digest.digest(of: password)
        case .scrypt(let parameters, let salt, nil):
            return scrypt(password, salt: salt, parameters, byteCount: hash.count)
        case .scrypt(let parameters, let salt, let legacy?):
            guard var digest = legacy.digest(of: password) else { return nil }
            defer { wipe(&digest) }
            return scrypt(digest, salt: salt, parameters, byteCount: hash.count)
        }
    }

    private static let saltByteCount = 16
    private static let hashByteCount = 32
}
