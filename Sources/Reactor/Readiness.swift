import CLinux

/// What a handler waits for. Hang-ups and errors are reported in any case.
public struct Interest: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let read = Interest(rawValue: 1)
    public static let write = Interest(rawValue: 2)

    var epollEvents: UInt32 {
        var events: UInt32 = 0
        if contains(.read) { events |= EPOLLIN.rawValue }
        if contains(.write) { events |= EPOLLOUT.rawValue }
        return events
    }
}

/// What a descriptor is ready for (level-triggered).
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let readable = Readiness(rawValue: 1)
    public static let writable = Readiness(rawValue: 2)
    /// Both directions are closed.
    public static let hangup = Readiness(rawValue: 4)
    public static let error = Readiness(rawValue: 8)

    init(epollEvents events: UInt32) {
        var readiness: Readiness = []
        if events & EPOLLIN.rawValue != 0 { readiness.insert(.readable) }
        if events & EPOLLOUT.rawValue != 0 { readiness.insert(.writable) }
        if events & EPOLLHUP.rawValue != 0 { readiness.insert(.hangup) }
        if events & EPOLLERR.rawValue != 0 { readiness.insert(.error) }
        self = readiness
    }
}

/// Who is told that a descriptor is ready. Held by the loop while registered.
public protocol ReadinessHandler: AnyObject {
    func ready(_ readiness: Readiness)
}

/// Who has something to do once at the end of a turn, for all that the turn has brought: to send it, say.
public protocol TurnEndHandler: AnyObject {
    func turnEnds()
}

/// A descriptor's place in a loop. An event for an earlier registration of the same descriptor is
/// recognised as stale.
public struct Registration: Sendable, Hashable {
    let descriptor: Int32
    let id: UInt32

    init(descriptor: Int32, id: UInt32) {
        self.descriptor = descriptor
        self.id = id
    }

    init(token: UInt64) {
        descriptor = Int32(bitPattern: UInt32(truncatingIfNeeded: token))
        id = UInt32(truncatingIfNeeded: token >> 32)
    }

    /// What epoll hands back with an event.
    var token: UInt64 { UInt64(id) << 32 | UInt64(UInt32(bitPattern: descriptor)) }
}
