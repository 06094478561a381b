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
        quiet.c_lflag &= ~tcflag_t(ECHO)
        guard unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0 else {
            throw CommandFault("the terminal can't be kept from showing what is typed")
        }
        defer {
            unsafe _ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &old)
            write("\n")
        }
        write(prompt)
        guard let line = readLine() else { throw CommandFault("nothing was typed") }
        return line
    }

    public static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        unsafe _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
