import CLinux

/// The process at the other end of a UNIX socket.
public struct PeerCredentials: Sendable, Hashable {
    public let processID: Int32
    /// Its effective user ID when it connected.
    public let userID: UInt32

    public init(processID: Int32, userID: UInt32) {
        self.processID = processID
        self.userID = userID
    }
}

/// Accounts of the operating system.
public enum Account {
    /// This process's effective user ID.
    public static var ownID: UInt32 { geteuid() }

    /// The name of an account; its number when it has none. May block: accounts may live on another machine.
    public static func name(of userID: UInt32) -> String {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 * 1024)
        guard unsafe getpwuid_r(userID, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil,
            let name = unsafe entry.pw_name
        else { return String(userID) }
        return unsafe String(cString: name)
    }
}
