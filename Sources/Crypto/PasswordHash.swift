import COpenSSL
import Text

/// Cost of one scrypt hash (RFC 7914): memory is 128 · blockSize · 2^costLog2 bytes.
public struct ScryptParameters: Sendable, Hashable {
    public let costLog2: Int
    public let blockSize: Int
    public let parallelism: Int

    /// Nil outside of 2^10…2^20, 1…32, 1…16, or above 256 MiB: a stored hash can't ask for more.
    public init?(costLog2: Int, blockSize: Int = 8, parallelism: Int = 1) {
        guard 10...20 ~= costLog2, 1...32 ~= blockSize, 1...16 ~= parallelism,
            128 * blockSize << costLog2 <= 256 << 20
        else { return nil }
        self.init(valid: costLog2, blockSize, parallelism)
    }

    private init(valid costLog2: Int, _ blockSize: Int, _ parallelism: Int) {
        self.costLog2 = costLog2
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    /// 32 MiB and some 80 ms of one core.
    public static let standard = ScryptParameters(valid: 15, 8, 1)
}

/// A password's scrypt hash in PHC form: `$scrypt$ln=15,r=8,p=1$salt$hash`, base 64 without padding.
public struct PasswordHash: Sendable {
    public let parameters: ScryptParameters
    private let salt: [UInt8]
    private let hash: [UInt8]

    public init(parsing text: String) throws(CryptoFault) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else {
            throw .malformed("password hash")
        }
        let numbers = parts[2].split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
        guard numbers.count == 3, numbers.allSatisfy({ $0.count == 2 }),
            numbers[0][0] == "ln", numbers[1][0] == "r", numbers[2][0] == "p",
            let cost = Int(numbers[0][1]), let block = Int(numbers[1][1]),
            let parallelism = Int(numbers[2][1]),
            let salt = Self.decode(parts[3]), let hash = Self.decode(parts[4]),
            8...64 ~= salt.count, 16...64 ~= hash.count
        else { throw .malformed("password hash") }
        guard let parameters = ScryptParameters(costLog2: cost, blockSize: block, parallelism: parallelism)
        else {
            throw .outOfRange("password hash")
        }
        self.init(parameters, salt, hash)
    }

    private init(_ parameters: ScryptParameters, _ salt: [UInt8], _ hash: [UInt8]) {
        self.parameters = parameters
        self.salt = salt
        self.hash = hash
    }

    /// Hashes a new password under a random salt.
    public static func make(
        of password: [UInt8], parameters: ScryptParameters = .standard
    ) throws(CryptoFault) -> PasswordHash {
        let salt = SecureRandom.bytes(16)
        return PasswordHash(parameters, salt, try derive(password, salt, parameters, count: 32))
    }

    public var encoded: String {
        let numbers = "ln=\(parameters.costLog2),r=\(parameters.blockSize),p=\(parameters.parallelism)"
        return "$scrypt$\(numbers)$\(Self.encode(salt))$\(Self.encode(hash))"
    }

    /// Compares in constant time; takes as long as the parameters say.
    public func matches(_ password: [UInt8]) throws(CryptoFault) -> Bool {
        ConstantTime.equal(try Self.derive(password, salt, parameters, count: hash.count), hash)
    }

    public func needsRehash(for wanted: ScryptParameters = .standard) -> Bool { parameters != wanted }

    /// To be checked in place of the hash that nobody has, at the same cost. Its hash is no output of
    /// scrypt that anyone knows a password for.
    public static let decoy = PasswordHash(.standard, SecureRandom.bytes(16), SecureRandom.bytes(32))

    private static func derive(
        _ password: [UInt8], _ salt: [UInt8], _ parameters: ScryptParameters, count: Int
    ) throws(CryptoFault) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: count)
        let memoryMax = UInt64(128 * parameters.blockSize << parameters.costLog2) + 1 << 20
        let outcome = unsafe password.withUnsafeBytes { bytes in
            unsafe EVP_PBE_scrypt(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, salt, salt.count,
                1 << UInt64(parameters.costLog2), UInt64(parameters.blockSize),
                UInt64(parameters.parallelism),
                memoryMax, &output, count)
        }
        guard outcome == 1 else {
            ERR_clear_error()
            throw .failed("scrypt")
        }
        return output
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        String(Base64.encode(bytes).prefix { $0 != "=" })
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        Base64.decode(text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4))
    }
}
