/// Parts of a score whose turn has come, and that wait for a session which a connection under way will bring.
struct WaitingParts {
    private struct Queue {
        var underWay = 0
        var parts: [Int32] = []
    }

    private var queues: [ReplayStage.SessionPlace: Queue] = [:]
    private var ready: [Int32] = []
    private var count = 0

    /// Whether nobody waits, and nobody has done with waiting.
    var isEmpty: Bool { count == 0 && ready.isEmpty }
    var hasReady: Bool { !ready.isEmpty }
    /// Until somebody has done with waiting nobody else is to begin.
    var isFull: Bool { count >= Self.countMax }

    mutating func begun(at place: ReplayStage.SessionPlace) { queues[place, default: Queue()].underWay += 1 }

    /// - Returns: False where nothing is under way that could bring a session.
    mutating func add(_ part: Int32, at place: ReplayStage.SessionPlace) -> Bool {
        guard queues[place] != nil else { return false }
        queues[place]?.parts.append(part)
        count += 1
        return true
    }

    /// A session has come: the first in line has waited long enough.
    mutating func release(at place: ReplayStage.SessionPlace) {
        guard queues[place]?.parts.isEmpty == false, let part = queues[place]?.parts.removeFirst() else {
            return
        }
        count -= 1
        ready.append(part)
        queues[place]?.underWay += 1
    }

    /// A connection is over. Nobody waits for nothing: behind the last one, the first in line goes on alone.
    mutating func ended(at place: ReplayStage.SessionPlace) {
        guard let underWay = queues[place]?.underWay else { return }
        queues[place]?.underWay = underWay - 1
        if underWay == 1 { release(at: place) }
        if queues[place]?.underWay == 0 { queues[place] = nil }
    }

    /// One that has waited, and that counts as under way.
    mutating func popReady() -> Int32? { ready.popLast() }

    private static let countMax = 1024
}
