import Glibc

/// The operator's terminal.
enum Console {
    static func print(_ text: String) { Swift.print(text) }

    static func error(_ text: String) {
        let bytes = Array("\(text)\n".utf8)
        unsafe _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    static func exit(_ status: Int32) -> Never {
        fflush(nil)  // every stream
        Glibc.exit(status)
    }
}
