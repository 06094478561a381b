import Glibc

/// A log that cannot be opened.
public struct LogFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was attempted, with the file's path.
    public let operation: String
    /// The system's error number (errno).
    public let code: Int32

    public init(operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    public var description: String {
        // `strerror` is thread-safe since glibc 2.32.
        "\(operation): \(unsafe String(cString: strerror(code)))"
    }
}
