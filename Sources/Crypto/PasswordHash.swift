import COpenSSL
import Text

/// A password as it is kept: scrypt (RFC 7914) with a salt of its own, as one PHC text,
/// `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, salt and hash in base 64 without padding.
///
/// scrypt takes NUL bytes at the end of a password (of less than 64 bytes) for nothing, as HMAC does with its
/// key.
public struct PasswordHash: Sendable, Hashable {
    public let parameters: ScryptParameters
    private let salt: [UInt8]
    private let hash: [UInt8]

    /// Reads the PHC text. Strict: parameters in that order, in plain decimal, within `ScryptParameters`'
    /// bounds; salt of 8 to 64 bytes, hash of 16 to 64.
    public init(parsing text: String) throws(CryptoFault) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt",
            let numbers = Self.numbers(in: parts[2]),
            let salt = Self.decoded(parts[3]), 8...64 ~= salt.count,
            let hash = Self.decoded(parts[4]), 16...64 ~= hash.count
        else { throw .malformed("password hash") }
        guard
            let parameters = ScryptParameters(
                costLog2: numbers[0], blockSize: numbers[1], parallelism: numbers[2])
        else { throw .outOfRange("password hash") }
        self.parameters = parameters
        self.salt = salt
        self.hash = hash
    }

    /// Hashes a password with a new random salt. Takes the time and memory of the parameters: never on an
    /// event loop.
    public static func make(
        of password: [UInt8], parameters: ScryptParameters = .standard
    ) throws(CryptoFault) -> PasswordHash {
        let salt = SecureRandom.bytes(saltByteCount)
        guard let hash = scrypt(password, salt: salt, parameters, byteCount: hashByteCount) else {
            throw .failed("scrypt")
        }
        return PasswordHash(parameters: parameters, salt: salt, hash: hash)
    }

    /// Verified for an unknown ID, so that it takes as long as a known one. No password matches it.
    public static let decoy = PasswordHash(
        parameters: .standard, salt: SecureRandom.bytes(saltByteCount),
        hash: SecureRandom.bytes(hashByteCount))

    /// Whether this is the hash of `password`. Takes time and memory like `make`. A hash that is found right
    /// is not told apart, in time, from one that is found wrong.
    public func matches(_ password: [UInt8]) throws(CryptoFault) -> Bool {
        guard var candidate = scrypt(password, salt: salt, parameters, byteCount: hash.count) else {
            throw .failed("scrypt")
        }
        defer { wipe(&candidate) }
        return ConstantTime.equal(candidate, hash)
    }

    /// Whether it was made with other parameters than these, and should be made anew at the next right
    /// password.
    public func needsRehash(for parameters: ScryptParameters = .standard) -> Bool {
        self.parameters != parameters
    }

    /// The PHC text.
    public var encoded: String {
        let numbers = "ln=\(parameters.costLog2),r=\(parameters.blockSize),p=\(parameters.parallelism)"
        return "$scrypt$\(numbers)$\(Self.unpadded(salt))$\(Self.unpadded(hash))"
    }

    private init(parameters: ScryptParameters, salt: [UInt8], hash: [UInt8]) {
        self.parameters = parameters
        self.salt = salt
        self.hash = hash
    }

    private static func numbers(in text: Substring) -> [Int]? {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 3 else { return nil }
        var numbers: [Int] = []
        for (field, name) in zip(fields, ["ln=", "r=", "p="]) {
            let digits = field.dropFirst(name.count)
            guard field.hasPrefix(name), let number = Int(digits), String(number) == digits else {
                return nil
            }
            numbers.append(number)
        }
        return numbers
    }

    private static func decoded(_ text: Substring) -> [UInt8]? {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return text.contains("=") ? nil : Base64.decode(text + padding)
    }

    private static func unpadded(_ bytes: [UInt8]) -> String {
        String(Base64.encode(bytes).prefix { $0 != "=" })
    }

    private static let saltByteCount = 16
    private static let hashByteCount = 32
}

/// nil when libcrypto cannot get the memory.
func scrypt(_ password: [UInt8], salt: [UInt8], _ parameters: ScryptParameters, byteCount: Int) -> [UInt8]? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    var output = [UInt8](repeating: 0, count: byteCount)
    // An empty array may have no address, and to libcrypto a password without an address asks for a dry run.
    let passwordBytes = password.isEmpty ? [0] : password
    let outcome = unsafe passwordBytes.withUnsafeBytes { bytes in
        unsafe EVP_PBE_scrypt(
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count,
            UInt64(1) << UInt64(parameters.costLog2), UInt64(parameters.blockSize),
            UInt64(parameters.parallelism),
            UInt64(parameters.memoryByteCount), &output, output.count)
    }
    return outcome == 1 ? output : nil
}
