/// How much work one password costs (RFC 7914 §2).
public struct ScryptParameters: Sendable, Hashable {
    /// log₂ of N.
    public let costLog2: Int
    /// r
    public let blockSize: Int
    /// p
    public let parallelism: Int

    /// 32 MiB and some 80 ms of one core for one password.
    public static let standard = ScryptParameters(unchecked: 15, 8, 1)

    /// nil outside 10…20, 1…32 and 1…16, or above 256 MiB for one password: hashes come from a database, and
    /// a changed row must not be able to exhaust the machine.
    public init?(costLog2: Int, blockSize: Int = 8, parallelism: Int = 1) {
        guard 10...20 ~= costLog2, 1...32 ~= blockSize, 1...16 ~= parallelism,
            128 * blockSize << costLog2 <= 256 << 20
        else { return nil }
        self.init(unchecked: costLog2, blockSize, parallelism)
    }

    /// For published vectors, some of which are weaker than we allow.
    init(unchecked costLog2: Int, _ blockSize: Int, _ parallelism: Int) {
        self.costLog2 = costLog2
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    /// How much is computed for one hash, to compare with.
    var work: Int { blockSize * parallelism << costLog2 }

    /// What one hash takes: 128·r·(N + p + 2) bytes.
    var memoryByteCount: Int {
        128 * blockSize * ((1 << costLog2) + parallelism + 2)
    }
}
