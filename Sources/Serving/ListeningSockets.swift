public import Reactor

/// The listening sockets of a server, loop by loop: those that the process was started with, and new ones for
/// all else.
public struct ListeningSockets: Sendable {
    /// One socket of one loop.
    public struct Place: Sendable, Hashable {
        public let descriptor: Int32
        /// Which of the endpoints it listens at.
        public let endpoint: Int
    }

    public private(set) var ofLoop: [[Place]]
    /// The ports that are bound, in the order of the endpoints; nil for a UNIX socket.
    public private(set) var ports: [UInt16?] = []
    /// What the next process of the program is to be started with. Theirs are the descriptors of `ofLoop`:
    /// good as long as these listen.
    public private(set) var forSuccessor: [ListeningSocket] = []

    /// Listens on every endpoint, or on none.
    ///
    /// Each loop gets a socket of its own on a TCP endpoint, so that the kernel spreads connections over
    /// them; a UNIX socket is the first loop's. A port that another process holds is an error.
    ///
    /// - Parameter inherited: What listens already; taken before anything is made.
    public init(
        on endpoints: [Endpoint], loopCount: Int = 1, inherited: InheritedSockets = InheritedSockets()
    ) throws(SystemFault) {
        ofLoop = Array(repeating: [], count: loopCount)
        do throws(SystemFault) {
            for (index, endpoint) in endpoints.enumerated() {
                let given = inherited.take(endpoint)
                if given.isEmpty {
                    try open(endpoint, index)
                } else {
                    try spread(given, of: endpoint, index)
                }
            }
        } catch {
            close()
            throw error
        }
    }

    /// Closes all of them: for a server that does not come up.
    public func close() {
        for place in ofLoop.joined() { Sockets.close(place.descriptor) }
    }

    private mutating func open(_ endpoint: Endpoint, _ index: Int) throws(SystemFault) {
        switch endpoint {
        case .activated: throw SystemFault(notHandedOver: endpoint)
        case .unix(let path):
            ports.append(nil)
            put(try Sockets.listenUNIX(path: path), of: endpoint, index, on: 0)
        case .tcp(let address, let port):
            let isShared = ofLoop.count > 1
            if isShared, port != 0 {
                // Sockets that share a port would join those of another process of this account.
                Sockets.close(
                    try Sockets.listenTCP(address: address, port: port, backlog: 1, reusePort: false))
            }
            var bound = port
            for loop in ofLoop.indices {
                let socket = try Sockets.listenTCP(
                    address: address, port: bound, backlog: Self.backlog, reusePort: isShared)
                put(socket, of: endpoint, index, on: loop)
                bound = Sockets.boundPort(socket) ?? bound
            }
            ports.append(bound)
        }
    }

    /// Sockets that are there stay there, and every one of them is served: what waits in its queue is a
    /// client's. Loops for which there is none share.
    private mutating func spread(_ given: [Int32], of endpoint: Endpoint, _ index: Int) throws(SystemFault) {
        for (position, socket) in given.enumerated() {
            put(socket, of: endpoint, index, on: position % ofLoop.count)
        }
        let bound = Sockets.boundEndpoint(given[0])
        ports.append(Sockets.boundPort(given[0]))
        guard case .tcp(let address, let port) = bound else { return }
        for loop in ofLoop.indices.dropFirst(given.count) {
            if case .tcp = endpoint,
                let socket = try? Sockets.listenTCP(
                    address: address, port: port, backlog: Self.backlog, reusePort: true)
            {
                put(socket, of: endpoint, index, on: loop)
            } else {
                let socket = try Sockets.duplicate(given[loop % given.count])
                ofLoop[loop].append(Place(descriptor: socket, endpoint: index))
            }
        }
    }

    private mutating func put(_ socket: Int32, of endpoint: Endpoint, _ index: Int, on loop: Int) {
        ofLoop[loop].append(Place(descriptor: socket, endpoint: index))
        forSuccessor.append(ListeningSocket(name: endpoint.description, descriptor: socket))
    }

    private static let backlog = 1024
}
