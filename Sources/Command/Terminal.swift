import Glibc

/// What only a person at a terminal sees, or types.
public enum Terminal {
    /// One line on standard error, written over again and again; nothing when that is no terminal.
    public static func status(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        write("\r\u{1B}[K\(text)")
    }

    /// A secret: asked for on the terminal without echo, or the first line of standard input when that is no
    /// terminal. Never an argument, which every user of the machine can see.
    public static func secret(_ prompt: String) throws(CommandFault) -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            guard let line = readLine() else { throw CommandFault("nothing on standard input") }
            return line
        }
        var old = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &old) == 0 else {
            throw CommandFault("the terminal does not answer")
        }
        var quiet = old
        // Without signals, or ^C would leave behind a terminal that shows nothing; it ends the line instead.
        quiet.c_lflag &= ~tcflag_t(ECHO | ISIG)
        quiet.c_cc.11 = interrupt  // VEOL
        guard unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0 else {
            throw CommandFault("the terminal can't be kept from showing what is typed")
        }
        defer {
            unsafe _ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &old)
            write("\n")
        }
        write(prompt)
        var line: [UInt8] = []
        while line.last != newline {
            var bytes = [UInt8](repeating: 0, count: lineMax)
            let count = unsafe read(STDIN_FILENO, &bytes, bytes.count)
            guard count > 0, bytes[count - 1] != interrupt else { throw CommandFault("nothing was typed") }
            line += bytes[..<count]
        }
        return String(decoding: line.dropLast(), as: UTF8.self)
    }

    public static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 }

    private static let interrupt: UInt8 = 0x03  // ^C
    private static let newline = UInt8(ascii: "\n")
    /// What a terminal hands over at once.
    private static let lineMax = 4096

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        unsafe _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
