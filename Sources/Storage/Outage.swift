/// Whether a server that could not be reached may be asked again.
///
/// While it is down, nobody waits for it but one caller at a time; the others are told at once.
struct Outage {
    /// When the next caller may try; nil while the server answers.
    private var nextTry: ContinuousClock.Instant?
    /// How often the server fell silent. A connection that was open at such a time may never answer again.
    private(set) var silences = 0

    /// Whether this caller may try. One who does reports what came of it; should it not within `patience`,
    /// another may try in its place.
    mutating func mayTry(at now: ContinuousClock.Instant, patience: Duration) -> Bool {
        guard let nextTry else { return true }
        guard now >= nextTry else { return false }
        self.nextTry = now + patience
        return true
    }

    mutating func answered() {
        nextTry = nil
    }

    mutating func failed(at now: ContinuousClock.Instant) {
        nextTry = now + Self.pause
    }

    mutating func fellSilent(at now: ContinuousClock.Instant) {
        silences += 1
        failed(at: now)
    }

    /// Between two tries.
    static let pause = Duration.milliseconds(250)
}
