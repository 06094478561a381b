import Glibc

/// Who gives a command: the account of the operating system, for the audit log.
public enum OperatorAccount {
    /// The name, or the number where it has none; behind `sudo`, also whose it was before.
    public static var name: String {
        let name = accountName(getuid())
        guard getuid() == 0, let before = environment("SUDO_USER"), before != name else { return name }
        return "\(name) (\(before))"
    }

    private static func accountName(_ id: uid_t) -> String {
        guard let entry = unsafe getpwuid(id), let name = unsafe entry.pointee.pw_name else { return "\(id)" }
        return unsafe String(cString: name)
    }

    /// Only what an account can be called: the variable is whatever the caller makes it.
    private static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        let isName = (1...32).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return isName ? text : nil
    }
}
