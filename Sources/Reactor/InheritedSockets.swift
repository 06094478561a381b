import CLinux
import Glibc
import Synchronization

/// A listening socket, under the name by which the next process of the program finds it.
public struct ListeningSocket: Sendable, Hashable {
    /// Where it listens, as ``Endpoint/description`` has it: `0.0.0.0:443`, `systemd:https`.
    public let name: String
    public let descriptor: Int32

    public init(name: String, descriptor: Int32) {
        self.name = name
        self.descriptor = descriptor
    }
}

/// Listening sockets that this process was started with: by a service manager (socket activation, as in
/// sd_listen_fds(3)), or by the process of the same program that it is to replace.
public final class InheritedSockets: Sendable {
    private struct Item {
        let socket: ListeningSocket
        /// As the kernel has it; nil when it is of no family that is spoken here.
        let endpoint: Endpoint?
    }

    private let items: Mutex<[Item]>
    /// Where the process that this one is to replace waits to hear that it serves; -1 when there is none.
    private let readiness: Mutex<Int32>

    /// None.
    public init() {
        items = Mutex([])
        readiness = Mutex(-1)
    }

    /// What the environment of this process names. To be called once, before any thread starts: it takes the
    /// names out, so that no other process is misled by them.
    ///
    /// - Throws: When it names what is no listening socket.
    public convenience init(of environment: borrowing ProcessEnvironment) throws(SystemFault) {
        let handedOver = try environment.handedOver()
        let sockets: [ListeningSocket]
        if let handedOver { sockets = handedOver } else { sockets = try environment.activated() }
        self.init()
        for socket in sockets {
            try Sockets.adopt(socket)
            let endpoint = Sockets.boundEndpoint(socket.descriptor)
            items.withLock { $0.append(Item(socket: socket, endpoint: endpoint)) }
        }
        readiness.withLock { $0 = environment.readinessDescriptor }
    }

    /// The sockets that listen there, or that have its name; whoever takes them owns them.
    public func take(_ endpoint: Endpoint) -> [Int32] {
        let wanted = endpoint.canonical
        return items.withLock { items in
            let taken = items.filter { $0.socket.name == endpoint.description || $0.endpoint == wanted }
            items.removeAll { item in taken.contains { $0.socket == item.socket } }
            return taken.map(\.socket.descriptor)
        }
    }

    /// Closes what nobody has taken, and returns its names.
    public func closeRest() -> [String] {
        let rest = items.withLock { items in
            defer { items = [] }
            return items
        }
        for item in rest { Sockets.close(item.socket.descriptor) }
        return rest.map { $0.endpoint?.description ?? $0.socket.name }
    }

    /// Tells the process that this one replaces, if there is one, that it can go.
    public func tellPredecessor() {
        let descriptor = readiness.withLock { held in
            defer { held = -1 }
            return held
        }
        guard descriptor >= 0 else { return }
        var word = Successor.readyWord
        unsafe _ = CLinux.write(descriptor, &word, 1)
        _ = CLinux.close(descriptor)
    }
}

/// The variables by which sockets are handed from process to process.
public struct ProcessEnvironment: ~Copyable {
    private let values: [String: String]
    /// This process.
    private let processID: Int32
    private let parentID: Int32

    /// This process's own. Takes the variables out.
    public init() {
        var values: [String: String] = [:]
        for name in Self.names {
            guard let value = unsafe getenv(name) else { continue }
            values[name] = unsafe String(cString: value)
            unsafe _ = unsetenv(name)
        }
        self.init(values, processID: getpid(), parentID: getppid())
    }

    init(_ values: [String: String], processID: Int32, parentID: Int32) {
        self.values = values
        self.processID = processID
        self.parentID = parentID
    }

    /// sd_listen_fds(3): descriptors from 3 on; nil names are `unknown`.
    func activated() throws(SystemFault) -> [ListeningSocket] {
        // Meant for another process, which this one was started by.
        guard let text = values[Self.listenProcess], text == "\(processID)" else { return [] }
        guard let count = values[Self.listenCount].flatMap({ Int32($0) }), 0...Self.countMax ~= count else {
            throw SystemFault("read \(Self.listenCount)", number: EINVAL)
        }
        let names = values[Self.listenNames]?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        return (0..<count).map { index in
            let name = names.indices.contains(Int(index)) ? String(names[Int(index)]) : "unknown"
            return ListeningSocket(
                name: Endpoint.activated(name: name).description, descriptor: Self.first + index)
        }
    }

    /// Lines of a descriptor and a name, from the process that started this one; nil when it was another.
    func handedOver() throws(SystemFault) -> [ListeningSocket]? {
        guard values[Self.predecessor] == "\(parentID)", let text = values[Self.sockets] else { return nil }
        var sockets: [ListeningSocket] = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let descriptor = Int32(parts[0]), descriptor >= Self.first,
                sockets.count < Int(Self.countMax)
            else { throw SystemFault("read \(Self.sockets)", number: EINVAL) }
            sockets.append(ListeningSocket(name: String(parts[1]), descriptor: descriptor))
        }
        return sockets
    }

    var readinessDescriptor: Int32 {
        guard values[Self.predecessor] == "\(parentID)" else { return -1 }
        return values[Self.readiness].flatMap { Int32($0) } ?? -1
    }

    static let first: Int32 = 3
    static let countMax: Int32 = 1024
    static let listenProcess = "LISTEN_PID"
    static let listenCount = "LISTEN_FDS"
    static let listenNames = "LISTEN_FDNAMES"
    static let predecessor = "SEKISHO_PREDECESSOR"
    static let sockets = "SEKISHO_SOCKETS"
    static let readiness = "SEKISHO_READINESS"
    static let names = [listenProcess, listenCount, listenNames, predecessor, sockets, readiness]
}
