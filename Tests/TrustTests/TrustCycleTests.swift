import Testing
import Trust

/// A store with epoch 7 in force, `staged` staged, brought into a phase by events alone.
private enum Situation: CaseIterable {
    case empty, staged, reviewingCommit, reviewingRollback, recordingCommit, recordingRollback

    var cycle: (TrustCycle, TrustChange?) {
        var cycle = TrustCycle(inForce: EpochMark(number: 7, contentHash: [7]))
        guard self != .empty else { return (cycle, nil) }
        try! cycle.stage([1])  // an idle cycle takes what is not in force
        let change: TrustChange? =
            switch self {
            case .empty, .staged: nil
            case .reviewingCommit, .recordingCommit: try! cycle.commit(on: CommitCondition(lockoutsMax: 3))
            case .reviewingRollback, .recordingRollback:
                try! cycle.rollBack(
                    to: EpochMark(number: 5, contentHash: [5]), on: CommitCondition(lockoutsMax: 3))
            }
        if self == .recordingCommit || self == .recordingRollback {
            try! cycle.reviewed(change!, lockouts: 3)
        }
        return (cycle, change)
    }

    var isIdle: Bool { self == .empty || self == .staged }
    var isReviewing: Bool { self == .reviewingCommit || self == .reviewingRollback }
    var isRecording: Bool { self == .recordingCommit || self == .recordingRollback }
}

private func refusal(_ body: () throws(TrustRefusal) -> Void) -> TrustRefusal? {
    do throws(TrustRefusal) {
        try body()
        return nil
    } catch {
        return error
    }
}

@Suite struct TrustCycleTests {
    @Test func `staging is for idle stores and for other content than is in force`() {
        for situation in Situation.allCases {
            var (cycle, _) = situation.cycle
            let before = cycle
            let same = refusal { () throws(TrustRefusal) in try cycle.stage([7]) }
            #expect(same == (situation.isIdle ? .unchanged(inForce: 7) : .busy), "\(situation)")
            #expect(cycle == before)
            let other = refusal { () throws(TrustRefusal) in try cycle.stage([2]) }
            #expect(other == (situation.isIdle ? nil : .busy), "\(situation)")
            #expect(cycle.staged == (situation.isIdle ? [2] : before.staged))
            #expect(cycle.inForce.number == 7)
        }
    }

    @Test func `a commit of what was reviewed is none of what was staged since`() throws {
        var cycle = TrustCycle(inForce: EpochMark(number: 7, contentHash: [7]))
        try cycle.stage([1, 2, 3])
        for content in [[1, 2, 4], [2], [1, 2, 3, 4]] as [[UInt8]] {
            let before = cycle
            let outcome = refusal { () throws(TrustRefusal) in
                _ = try cycle.commit(on: CommitCondition(ifContent: content))
            }
            #expect(outcome == .contentMoved(staged: [1, 2, 3]))
            #expect(cycle == before)
        }
        for content in [[], [1], [1, 2, 3]] as [[UInt8]] {
            var cycle = cycle
            #expect(throws: Never.self) { try cycle.commit(on: CommitCondition(ifContent: content)) }
        }
    }

    @Test func `aborting drops what is staged and nothing else`() {
        for situation in Situation.allCases {
            var (cycle, _) = situation.cycle
            let before = cycle
            let outcome = refusal { () throws(TrustRefusal) in try cycle.abort() }
            switch situation {
            case .empty: #expect(outcome == .nothingStaged)
            case .staged:
                #expect(outcome == nil)
                #expect(cycle.staged == nil)
            default:
                #expect(outcome == .busy)
                #expect(cycle == before)
            }
        }
    }

    @Test func `a commit asks for a review first`() throws {
        for situation in Situation.allCases {
            var (cycle, _) = situation.cycle
            let before = cycle
            let outcome = refusal { () throws(TrustRefusal) in _ = try cycle.commit(on: CommitCondition()) }
            switch situation {
            case .empty:
                #expect(outcome == .nothingStaged)
                #expect(cycle == before)
            case .staged:
                #expect(outcome == nil)
                guard case .reviewing(let change) = cycle.phase else {
                    Issue.record("not reviewing")
                    continue
                }
                #expect(change.kind == .commit)
                #expect(change.contentHash == [1])
                #expect(change.replacing == 7)
                #expect(cycle.inForce.number == 7)
            default:
                #expect(outcome == .busy)
                #expect(cycle == before)
            }
        }
    }

    @Test func `a rollback asks for a review, leaves what is staged, and refuses what is in force`() {
        let five = EpochMark(number: 5, contentHash: [5])
        for situation in Situation.allCases {
            var (cycle, _) = situation.cycle
            let before = cycle
            let same = refusal { () throws(TrustRefusal) in
                _ = try cycle.rollBack(to: EpochMark(number: 3, contentHash: [7]), on: CommitCondition())
            }
            #expect(same == (situation.isIdle ? .unchanged(inForce: 7) : .busy))
            #expect(cycle == before)
            let outcome = refusal { () throws(TrustRefusal) in
                _ = try cycle.rollBack(to: five, on: CommitCondition())
            }
            #expect(outcome == (situation.isIdle ? nil : .busy))
            #expect(cycle.staged == before.staged)
            #expect(cycle.inForce == before.inForce)
        }
    }

    @Test func `the epoch that the officer has looked at must be in force`() {
        for (number, expected) in [(6, 7), (7, nil), (8, 7)] as [(UInt64, UInt64?)] {
            var (cycle, _) = Situation.staged.cycle
            let condition = CommitCondition(ifEpoch: number)
            let commit = refusal { () throws(TrustRefusal) in _ = try cycle.commit(on: condition) }
            #expect(commit == expected.map { .epochMoved(inForce: $0) })
            #expect((cycle.phase == .idle) == (expected != nil))
            (cycle, _) = Situation.staged.cycle
            let rollback = refusal { () throws(TrustRefusal) in
                _ = try cycle.rollBack(to: EpochMark(number: 5, contentHash: [5]), on: condition)
            }
            #expect(rollback == expected.map { .epochMoved(inForce: $0) })
        }
    }

    @Test func `a review leads to a record up to the allowed number of lockouts, and not beyond`() {
        for situation in Situation.allCases {
            for count in [0, 3, 4] {
                var (cycle, change) = situation.cycle
                let before = cycle
                guard let change else { continue }
                let outcome = refusal { () throws(TrustRefusal) in
                    try cycle.reviewed(change, lockouts: count)
                }
                if situation.isRecording {
                    // It has been reviewed before; a second answer changes nothing.
                    #expect(outcome == .epochMoved(inForce: 7))
                    #expect(cycle == before)
                } else if count <= 3 {
                    #expect(outcome == nil)
                    #expect(cycle.phase == .recording(change))
                } else {
                    #expect(outcome == .lockouts(count: 4, allowed: 3))
                    #expect(cycle.phase == .idle)
                    #expect(cycle.staged == [1])
                }
                #expect(cycle.inForce.number == 7)
            }
        }
    }

    @Test func `a change of before does not pass for the one under way`() throws {
        var (cycle, old) = Situation.reviewingCommit.cycle
        let first = try #require(old)
        cycle.failed(first)
        let second = try cycle.commit(on: first.condition)
        #expect(first != second)
        let outcome = refusal { () throws(TrustRefusal) in try cycle.reviewed(first, lockouts: 0) }
        #expect(outcome == .epochMoved(inForce: 7))
        cycle.recorded(first, as: 8)
        cycle.failed(first)
        #expect(cycle.phase == .reviewing(second))
        #expect(cycle.inForce.number == 7)
    }

    @Test func `only what is recorded comes into force`() {
        for situation in Situation.allCases {
            var (cycle, change) = situation.cycle
            let before = cycle
            guard let change else { continue }
            cycle.recorded(change, as: 8)
            guard situation.isRecording else {
                #expect(cycle == before)
                continue
            }
            #expect(cycle.inForce == EpochMark(number: 8, contentHash: change.contentHash))
            #expect(cycle.phase == .idle)
            #expect(cycle.staged == (situation == .recordingCommit ? nil : [1]))
        }
    }

    @Test func `a change that fails leaves everything as it was`() {
        for situation in Situation.allCases {
            var (cycle, change) = situation.cycle
            guard let change else { continue }
            cycle.failed(change)
            #expect(cycle.phase == .idle)
            #expect(cycle.staged == [1])
            #expect(cycle.inForce.number == 7)
        }
    }

    @Test func `an epoch of another gateway comes into force and outdates reviews`() {
        for situation in Situation.allCases {
            var (cycle, change) = situation.cycle
            cycle.superseded(by: EpochMark(number: 9, contentHash: [9]))
            #expect(cycle.inForce.number == 9)
            #expect(cycle.staged == (situation == .empty ? nil : [1]))
            if situation.isReviewing {
                #expect(cycle.phase == .idle)
                let outcome = refusal { () throws(TrustRefusal) in
                    try cycle.reviewed(change!, lockouts: 0)
                }
                #expect(outcome == .epochMoved(inForce: 9))
            }
            if situation.isRecording {
                #expect(cycle.phase == .recording(change!))
                cycle.failed(change!)
                #expect(cycle.phase == .idle)
                #expect(cycle.inForce.number == 9)
            }
        }
    }

    @Test func `an older epoch, or the same once more, changes nothing`() {
        for situation in Situation.allCases {
            for number in [6, 7] as [UInt64] {
                var (cycle, _) = situation.cycle
                let before = cycle
                cycle.superseded(by: EpochMark(number: number, contentHash: [9]))
                #expect(cycle == before)
            }
        }
    }

    @Test func `what another gateway has committed need not be committed here`() {
        var (cycle, _) = Situation.staged.cycle
        cycle.superseded(by: EpochMark(number: 8, contentHash: [1]))
        #expect(cycle.staged == nil)
        // Seen in the store before the record is reported back, it is in force once.
        var (late, change) = Situation.recordingCommit.cycle
        late.superseded(by: EpochMark(number: 8, contentHash: [1]))
        late.recorded(change!, as: 8)
        #expect(late.inForce == EpochMark(number: 8, contentHash: [1]))
        #expect(late.phase == .idle)
        #expect(late.staged == nil)
    }

    @Test func `nobody is allowed fewer than no lockouts`() {
        #expect(CommitCondition(lockoutsMax: -1).lockoutsMax == 0)
    }
}
