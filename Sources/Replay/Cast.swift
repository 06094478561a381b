public import Traces

/// Who plays in a trace: the certificates that its lines need, each once, in the order of their entrance.
public struct Cast: Sendable {
    public private(set) var keys: [CredentialKey] = []
    private var places: [CredentialKey: Int] = [:]
    /// Lines for which no certificate can be made.
    public private(set) var problemCount = 0
    public private(set) var firstProblem: (line: Int, TraceFault)?

    public init() {}

    /// - Parameter number: The line's, in the file.
    public mutating func add(_ line: TraceLine, _ number: Int) {
        do throws(TraceFault) {
            guard let key = try CredentialKey.of(line), places[key] == nil else { return }
            places[key] = keys.count
            keys.append(key)
        } catch {
            problemCount += 1
            if firstProblem == nil { firstProblem = (number, error) }
        }
    }
}

/// Lines of a trace that cannot be read.
public struct DamagedLines: Sendable {
    public private(set) var count = 0
    /// The first few.
    public private(set) var first: [(number: Int, fault: TraceFault)] = []

    public init() {}

    public mutating func add(_ number: Int, _ fault: TraceFault) {
        count += 1
        if first.count < 10 { first.append((number, fault)) }
    }
}
