import Glibc

/// Why a command ended: words for the operator, and the exit status.
public struct CommandFault: Error, Sendable {
    public let message: String
    public let status: Int32

    /// It could not be done.
    public init(_ message: String) {
        self.message = message
        status = 1
    }

    /// With a status that scripts can tell from others; without a message when all has been said.
    public init(_ message: String?, status: Int32) {
        self.message = message ?? ""
        self.status = status
    }

    /// It was not asked for properly.
    public init(usage: String) {
        message = usage
        status = 2
    }
}

/// The operator's terminal.
public enum Console {
    public static func print(_ text: String) { Swift.print(text) }

    public static func error(_ text: String) {
        let bytes = Array("\(text)\n".utf8)
        unsafe _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    public static func exit(_ status: Int32) -> Never {
        fflush(nil)  // every stream
        Glibc.exit(status)
    }

    /// Runs a program's `body` with its arguments; what it throws is printed, and becomes the exit status.
    public static func main(_ body: ([String]) throws(CommandFault) -> Void) {
        do throws(CommandFault) {
            try body(Array(CommandLine.arguments.dropFirst()))
        } catch {
            if !error.message.isEmpty { Console.error(error.message) }
            Console.exit(error.status)
        }
    }
}
