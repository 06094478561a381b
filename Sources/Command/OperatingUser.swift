import Glibc

/// Who runs this program, for the audit log.
public struct OperatingUser: Sendable {
    public let id: UInt32
    /// Nil when the system knows no name.
    public let name: String?
    /// Who became that user by sudo, as sudo says in the environment. Whoever has that user's account in
    /// another way can say anything there, and could write to the audit file as well.
    public let sudoUser: String?

    public static var current: OperatingUser {
        let id = getuid()
        let sudoer = unsafe getenv("SUDO_USER").map { unsafe String(cString: $0) }
        return OperatingUser(id: id, name: name(of: id), sudoUser: sudoer.flatMap(accountName))
    }

    /// The name, or the number where it has none; behind sudo, also whose it was before.
    public var text: String {
        let name = name ?? "\(id)"
        guard let sudoUser, sudoUser != name else { return name }
        return "\(name) (\(sudoUser))"
    }

    /// Only what an account can be called: the variable is whatever the caller makes it.
    private static func accountName(_ text: String) -> String? {
        let isName = (1...32).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return isName ? text : nil
    }

    private static func name(of id: uid_t) -> String? {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 * 1024)
        let outcome = unsafe getpwuid_r(id, &entry, &buffer, buffer.count, &found)
        guard outcome == 0, let found = unsafe found, let text = unsafe found.pointee.pw_name else {
            return nil
        }
        return unsafe String(validatingCString: text)
    }
}
