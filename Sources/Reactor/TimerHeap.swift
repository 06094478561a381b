/// Names one timer. Cancelling it again, or after it fired, does nothing.
public struct TimerToken: Sendable, Hashable {
    let id: UInt64
}

/// Timers by deadline: a binary heap in which a cancelled timer stays until it comes up or half the heap is
/// dead.
struct TimerHeap {
    private struct Entry {
        let deadline: MonotonicTime
        let id: UInt64
    }

    private var heap: [Entry] = []
    private var actions: [UInt64: () -> Void] = [:]
    private var lastID: UInt64 = 0

    var count: Int { actions.count }
    /// Entries kept, cancelled ones among them.
    var storedCount: Int { heap.count }

    mutating func add(at deadline: MonotonicTime, _ action: @escaping () -> Void) -> TimerToken {
        lastID += 1
        actions[lastID] = action
        heap.append(Entry(deadline: deadline, id: lastID))
        siftUp(heap.count - 1)
        return TimerToken(id: lastID)
    }

    mutating func cancel(_ token: TimerToken) {
        guard actions.removeValue(forKey: token.id) != nil else { return }
        if heap.count > Self.compactAbove, actions.count < heap.count / 2 { compact() }
    }

    /// The next deadline of a live timer.
    mutating func next() -> MonotonicTime? {
        while let first = heap.first {
            if actions[first.id] != nil { return first.deadline }
            removeFirst()
        }
        return nil
    }

    /// Takes one action that is due, the earliest first; equal deadlines in the order they were added.
    mutating func takeDue(at now: MonotonicTime) -> (() -> Void)? {
        while let first = heap.first, first.deadline <= now {
            removeFirst()
            if let action = actions.removeValue(forKey: first.id) { return action }
        }
        return nil
    }

    private mutating func compact() {
        heap.removeAll { actions[$0.id] == nil }
        guard heap.count > 1 else { return }
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        siftDown(0)
    }

    private func precedes(_ left: Entry, _ right: Entry) -> Bool {
        left.deadline == right.deadline ? left.id < right.id : left.deadline < right.deadline
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard precedes(heap[index], heap[parent]) else { return }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var least = index
            let child = 2 * index + 1
            if child < heap.count, precedes(heap[child], heap[least]) { least = child }
            if child + 1 < heap.count, precedes(heap[child + 1], heap[least]) { least = child + 1 }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }

    private static let compactAbove = 64
}
