import Crypto
import HTTP

/// What a request is called, in the logs here and behind: taken over from the client where it is well-formed,
/// made otherwise. Nothing is decided by it.
struct RequestTrace: Sendable {
    /// `X-Request-Id`
    let requestID: String
    /// `traceparent`
    let parent: TraceParent
    /// Whether the client's `tracestate` belongs to it (W3C Trace Context §3.3).
    let isTakenOver: Bool

    var traceID: String { parent.traceID }

    /// Of nothing that came from outside.
    static let none = RequestTrace(
        requestID: "-", parent: TraceParent(random: [UInt8](repeating: 0, count: 24)), isTakenOver: false)

    private init(requestID: String, parent: TraceParent, isTakenOver: Bool) {
        self.requestID = requestID
        self.parent = parent
        self.isTakenOver = isTakenOver
    }

    init(_ headers: HeaderFields, _ newIDs: inout RandomTokens, _ newParents: inout RandomTokens) {
        let ids = headers.values(of: Self.requestIDName)
        if ids.count == 1, RequestID.isWellFormed(ids[0]) {
            requestID = ids[0]
        } else {
            requestID = newIDs.next()
        }
        let parents = headers.values(of: Self.parentName)
        let given = parents.count == 1 ? TraceParent(parents[0]) : nil
        parent = given ?? TraceParent(random: newParents.nextBytes())
        isTakenOver = given != nil
    }

    /// Writes it into what is sent on.
    func pass(into headers: inout HeaderFields) {
        headers.set(Self.requestIDName, requestID)
        headers.set(Self.parentName, parent.text)
        let states = headers.values(of: Self.stateName)
        if !states.isEmpty,
            !isTakenOver || states.reduce(0, { $0 + $1.utf8.count }) > Self.stateLengthMax
        {
            headers.remove(Self.stateName)
        }
    }

    /// Not to be counted among what clients say of themselves.
    static func withdraw(from headers: inout HeaderFields) { headers.remove(requestIDName) }

    private static let requestIDName = "X-Request-Id"
    private static let parentName = "traceparent"
    private static let stateName = "tracestate"
    private static let stateLengthMax = 512
}
