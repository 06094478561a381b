import Testing

@testable import Storage

@Suite struct OutageTests {
    private let noon = ContinuousClock.now
    private let patience = Duration.seconds(5)

    private func expect(
        _ outage: inout Outage, _ isAdmitted: Bool, at time: ContinuousClock.Instant,
        _ place: SourceLocation = #_sourceLocation
    ) {
        let found = outage.mayTry(at: time, patience: patience)
        #expect(found == isAdmitted, sourceLocation: place)
    }

    @Test func `while the server answers, everybody may ask`() {
        var outage = Outage()
        expect(&outage, true, at: noon)
        expect(&outage, true, at: noon)
    }

    @Test func `after a failure nobody tries for a while, then one alone`() {
        var outage = Outage()
        outage.failed(at: noon)
        let over = noon + Outage.pause
        expect(&outage, false, at: noon)
        expect(&outage, false, at: over - .nanoseconds(1))
        expect(&outage, true, at: over)
        expect(&outage, false, at: over + patience - .nanoseconds(1))
        expect(&outage, true, at: over + patience)
    }

    @Test func `an answer ends it for everybody, and a failure begins it anew`() {
        var outage = Outage()
        outage.failed(at: noon)
        expect(&outage, true, at: noon + Outage.pause)
        outage.failed(at: noon + Outage.pause)
        expect(&outage, false, at: noon + Outage.pause)
        outage.answered()
        expect(&outage, true, at: noon)
        expect(&outage, true, at: noon)
    }

    @Test func `silence is remembered, a refused connection is not`() {
        var outage = Outage()
        outage.failed(at: noon)
        #expect(outage.silences == 0)
        outage.fellSilent(at: noon)
        outage.answered()
        #expect(outage.silences == 1)
    }
}
