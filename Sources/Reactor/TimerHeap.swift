/// Names one timer. Cancelling it again, or after it fired, does nothing.
public struct TimerToken: Sendable, Hashable {
    let slot: UInt32
    let identity: UInt64
}

/// Timers by deadline: a binary heap in which a cancelled timer stays until it comes up or half the heap is
/// dead.
///
/// Arming costs O(log n) at worst and O(1) for the usual deadline, which is later than the others'.
/// Cancelling, and moving a deadline later, cost O(1) amortised. Equal deadlines are taken in the order they
/// were added.
struct TimerHeap {
    private var heap: [Entry] = []
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    private var staleCount = 0
    private var lastSequence: UInt64 = 0

    var count: Int { slots.count - freeSlots.count }
    /// Entries kept, dead ones among them.
    var storedCount: Int { heap.count }

    mutating func add(at deadline: MonotonicTime, _ action: @escaping () -> Void) -> TimerToken {
        let sequence = nextSequence()
        let slot = Slot(identity: sequence, entry: sequence, deadline: deadline, action: action)
        let index = freeSlots.popLast() ?? UInt32(slots.count)
        if Int(index) == slots.count { slots.append(slot) } else { slots[Int(index)] = slot }
        push(Entry(deadline: deadline, sequence: sequence, slot: index))
        return TimerToken(slot: index, identity: sequence)
    }

    /// Takes a timer out. Its action is for the caller to let go, when nothing here is being changed: what
    /// the action holds may come back while it ends.
    mutating func cancel(_ token: TimerToken) -> (() -> Void)? {
        guard isLive(token) else { return nil }
        staleCount += 1
        let action = vacate(token.slot)
        compactIfWorthwhile()
        return action
    }

    /// Sets a live timer's deadline anew; false when it is none.
    mutating func move(_ token: TimerToken, to deadline: MonotonicTime) -> Bool {
        guard isLive(token) else { return false }
        let index = Int(token.slot)
        // The entry may come up before the deadline, never after it: only an earlier deadline needs a new
        // entry.
        if deadline < slots[index].deadline {
            let sequence = nextSequence()
            slots[index].entry = sequence
            slots[index].deadline = deadline
            staleCount += 1
            push(Entry(deadline: deadline, sequence: sequence, slot: token.slot))
            compactIfWorthwhile()
        } else {
            slots[index].deadline = deadline
        }
        return true
    }

    /// The next deadline of a live timer.
    mutating func next() -> MonotonicTime? {
        settleFirst()
        return heap.first?.deadline
    }

    /// Takes one action that is due, the earliest first.
    mutating func takeDue(at now: MonotonicTime) -> (() -> Void)? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        settleFirst()
        guard let due = heap.first, due.deadline <= now else { return nil }
        removeFirst()
        return vacate(due.slot)
    }

    // MARK: Slots

    private func isLive(_ token: TimerToken) -> Bool {
        Int(token.slot) < slots.count && slots[Int(token.slot)].identity == token.identity
    }

    private mutating func vacate(_ index: UInt32) -> (() -> Void)? {
        slots[Int(index)].identity = 0
        slots[Int(index)].entry = 0
        freeSlots.append(index)
        return slots[Int(index)].action.take()
    }

    private mutating func nextSequence() -> UInt64 {
        lastSequence += 1
        return lastSequence
    }

    // MARK: Heap

    /// Makes the first entry one that stands for a live timer at its true deadline.
    private mutating func settleFirst() {
        while let first = heap.first {
            let index = Int(first.slot)
            if slots[index].entry != first.sequence {
                removeFirst()
                staleCount -= 1
            } else if slots[index].deadline > first.deadline {
                heap[0] = Entry(deadline: slots[index].deadline, sequence: first.sequence, slot: first.slot)
                siftDown(0)
            } else {
                return
            }
        }
    }

    private mutating func compactIfWorthwhile() {
        guard heap.count > Self.compactAbove, staleCount > heap.count / 2 else { return }
        heap.removeAll { slots[Int($0.slot)].entry != $0.sequence }
        staleCount = 0
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard entry.precedes(heap[parent]) else { break }
            heap[index] = heap[parent]
            index = parent
        }
        heap[index] = entry
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        siftDown(0)
    }

    private mutating func siftDown(_ start: Int) {
        let entry = heap[start]
        var index = start
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(entry) else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = entry
    }

    private struct Entry {
        let deadline: MonotonicTime
        let sequence: UInt64
        let slot: UInt32

        func precedes(_ other: Entry) -> Bool {
            deadline == other.deadline ? sequence < other.sequence : deadline < other.deadline
        }
    }

    private struct Slot {
        /// The sequence number it was added under; 0 when the slot is free.
        var identity: UInt64
        /// The heap entry that stands for it; any other that names this slot is dead.
        var entry: UInt64
        /// Never before the entry's.
        var deadline: MonotonicTime
        var action: (() -> Void)?
    }

    private static let compactAbove = 64
}
