import Dispatch
import Synchronization

/// Runs `body` on `count` threads at once and gathers what each returned, in order of the thread's number.
func concurrently<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> Value) -> [Value] {
    let values = Gathered<Value>()
    let group = DispatchGroup()
    for number in 0..<count {
        // A serial queue of its own has a thread of its own, however few processors there are.
        DispatchQueue(label: "thread \(number)").async(group: group) {
            let value = body(number)
            values.byNumber.withLock { $0[number] = value }
        }
    }
    group.wait()
    return values.byNumber.withLock { gathered in (0..<count).compactMap { gathered[$0] } }
}

private final class Gathered<Value: Sendable>: Sendable {
    let byNumber = Mutex<[Int: Value]>([:])
}
