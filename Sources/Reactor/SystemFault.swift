import CLinux
import Glibc

/// A system call that failed: what was tried, and why it did not work.
public struct SystemFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// In words, with its object: `listen on 127.0.0.1:8443`.
    public let operation: String
    public let number: Int32
    /// The address it was tried on, `127.0.0.1:8443`; nil when it was not about an address.
    public let address: String?

    /// Call it in the statement right after the failed call, before anything else can change `errno`.
    init(_ operation: String, number: Int32 = errno, address: String? = nil) {
        self.operation = operation
        self.number = number
        self.address = address
    }

    /// A service manager was to hand a socket over, and has not.
    public init(notHandedOver endpoint: Endpoint) {
        self.init("listen on \(endpoint): the service manager has handed no socket over", number: ENOENT)
    }

    public var isAddressInUse: Bool { number == EADDRINUSE }

    public var description: String {
        if isAddressInUse, let address { return "address \(address) is already in use" }
        return "\(operation): \(unsafe String(cString: strerror(number)))"
    }
}
