/// The connections that wait for their client to do something, a handshake or a request; those that have
/// waited longest in front.
struct IdleList {
    private(set) var longest: ServerConnection?
    private var latest: ServerConnection?

    mutating func append(_ connection: ServerConnection) {
        guard !connection.isListedIdle else { return }
        connection.isListedIdle = true
        connection.idleBefore = latest
        if let latest { latest.idleAfter = connection } else { longest = connection }
        latest = connection
    }

    mutating func remove(_ connection: ServerConnection) {
        guard connection.isListedIdle else { return }
        connection.isListedIdle = false
        let before = connection.idleBefore
        let after = connection.idleAfter
        if let before { before.idleAfter = after } else { longest = after }
        if let after { after.idleBefore = before } else { latest = before }
        connection.idleBefore = nil
        connection.idleAfter = nil
    }
}
