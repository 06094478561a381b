/// How slow a client may be with a body that it sends, or with a response that it takes.
///
/// Its patience runs while the client is waited for, and every byte wins some back, up to what it was in the
/// beginning. So a client that stands still is given the whole of it, and one that dribbles not much more.
struct Pace: Sendable, Equatable {
    private(set) var millisecondsLeft: Int
    private let millisecondsMax: Int
    private let bytesPerSecondMin: Int

    /// - Parameter bytesPerSecondMin: 0 when one byte now and then is enough.
    init(idleSeconds: Int, bytesPerSecondMin: Int) {
        millisecondsMax = idleSeconds * 1000
        millisecondsLeft = millisecondsMax
        self.bytesPerSecondMin = bytesPerSecondMin
    }

    mutating func waited(milliseconds: Int) {
        millisecondsLeft = max(0, millisecondsLeft - milliseconds)
    }

    mutating func progressed(byteCount: Int) {
        guard bytesPerSecondMin > 0 else {
            millisecondsLeft = millisecondsMax
            return
        }
        let (won, isMuch) = byteCount.multipliedReportingOverflow(by: 1000)
        let sum = isMuch ? millisecondsMax : millisecondsLeft + won / bytesPerSecondMin
        millisecondsLeft = min(millisecondsMax, sum)
    }
}
