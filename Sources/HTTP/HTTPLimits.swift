/// Size limits of one message. What is exactly as large as its limit is accepted.
public struct HTTPLimits: Sendable, Hashable {
    /// Start line, fields and empty line, with their endings.
    public var headBytesMax = 32 * 1024
    /// One line of a head, without its ending. A longer request line is a target too long.
    public var lineBytesMax = 16 * 1024
    public var targetBytesMax = 8 * 1024
    public var fieldCountMax = 100
    /// A chunk's size line, extensions included.
    public var chunkLineBytesMax = 256
    /// The extensions of all chunks of one body together: nobody needs them, so many are an attack.
    public var chunkExtensionBytesMax = 4 * 1024
    public var trailerBytesMax = 8 * 1024

    public init() {}
    public static let standard = HTTPLimits()
}
