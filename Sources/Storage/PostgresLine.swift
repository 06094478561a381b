import CPostgres
import Glibc

/// Questions to a PostgreSQL server and their answers, one after the other.
///
/// No question waits longer than its deadline for a server that says nothing. The connection is lost then:
/// the answer could still come, to the next question.
final class PostgresLine {
    private let handle: PostgresHandle
    private let silenceMilliseconds: Int
    /// Whether it must not be used again.
    private(set) var isLost = false
    /// Whether it was lost because the server said nothing.
    private(set) var isSilent = false

    init(_ parameters: String, silenceMilliseconds: Int) throws(DatabaseFault) {
        handle = try PostgresHandle(parameters)
        self.silenceMilliseconds = silenceMilliseconds
        let encoding = unsafe PQparameterStatus(handle.pointer, "server_encoding")
        guard unsafe encoding.map({ unsafe String(cString: $0) }) == "UTF8" else {
            throw DatabaseFault(.unavailable, "the database's encoding is not UTF8")
        }
    }

    /// One statement or several, without values.
    func command(_ text: String) throws(DatabaseFault) {
        _ = try answer(to: unsafe PQsendQuery(handle.pointer, text))
    }

    func prepare(_ name: String, _ text: String, _ types: [PostgresType]) throws(DatabaseFault) {
        _ = try answer(
            to: unsafe PQsendPrepare(handle.pointer, name, text, Int32(types.count), types.map(\.oid)))
    }

    /// The types that a prepared statement takes.
    func types(of name: String) throws(DatabaseFault) -> [PostgresType] {
        try answer(to: unsafe PQsendDescribePrepared(handle.pointer, name)).parameterTypes
    }

    func execute(_ name: String, _ values: PostgresValues) throws(DatabaseFault) -> PostgresResult {
        let sent = unsafe values.withPointers { pointers, lengths, formats in
            unsafe PQsendQueryPrepared(
                handle.pointer, name, Int32(values.count), pointers, lengths, formats, 1)
        }
        return try answer(to: sent)
    }

    /// The last result of what was sent, if it was; throws when the server refuses any of it.
    private func answer(to sent: Int32) throws(DatabaseFault) -> PostgresResult {
        guard sent == 1 else { throw lost() }
        let deadline = ContinuousClock.now + .milliseconds(silenceMilliseconds)
        var last: PostgresResult?
        var refusal: DatabaseFault?
        while let result = try nextResult(before: deadline) {
            refusal = refusal ?? result.fault
            last = result
        }
        if let refusal {
            isLost = isLost || refusal.kind == .unavailable
            throw refusal
        }
        guard let last else { throw lost() }
        return last
    }

    /// Nil when the question is answered, and the next may be asked.
    private func nextResult(before deadline: ContinuousClock.Instant) throws(DatabaseFault) -> PostgresResult?
    {
        while true {
            let unsent = unsafe PQflush(handle.pointer)
            guard unsent >= 0 else { throw lost() }
            if unsent == 0, unsafe PQisBusy(handle.pointer) == 0 { break }
            try waitUntilReady(toSend: unsent == 1, before: deadline)
            guard unsafe PQconsumeInput(handle.pointer) == 1 else { throw lost() }
        }
        return unsafe PQgetResult(handle.pointer).map { unsafe PostgresResult($0) }
    }

    private func waitUntilReady(
        toSend: Bool, before deadline: ContinuousClock.Instant
    ) throws(DatabaseFault) {
        var readiness = pollfd()
        readiness.fd = unsafe PQsocket(handle.pointer)
        readiness.events = Int16(toSend ? POLLIN | POLLOUT : POLLIN)
        while true {
            let milliseconds = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
            guard milliseconds > 0 else {
                isLost = true
                isSilent = true
                throw DatabaseFault(
                    .unavailable, "the server has not answered within \(silenceMilliseconds) ms")
            }
            let count = unsafe poll(&readiness, 1, Int32(milliseconds.rounded(.up)))
            let pollError = errno
            if count > 0 { return }
            guard count == 0 || pollError == EINTR else { throw lost() }
        }
    }

    private func lost() -> DatabaseFault {
        isLost = true
        return unsafe DatabaseFault(lostConnection: handle.pointer)
    }
}
