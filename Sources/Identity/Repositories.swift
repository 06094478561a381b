public import Text

/// Why the store did not answer. Never a guess in its place: the caller fails closed.
public enum StoreFault: Error, Sendable {
    /// Busy, gone, full: may work later.
    case unavailable(String)
    /// What is stored can't be understood.
    case corrupt(String)
    /// It would contradict what is stored: a certificate of two customers, a session for a customer stopped
    /// meanwhile.
    case conflict(String)
}

/// Customers. Calls may block; they belong on a blocking pool.
public protocol CustomerRepository: CertificateRepository {
    func customer(_ id: CustomerID) throws(StoreFault) -> Customer?
    /// Adds customers or replaces those with the same ID, all or none. Known ones keep their
    /// failure counters, but for those whom the bank takes from stopped to active: they start anew.
    func save(_ customers: [Customer]) throws(StoreFault)
    /// Changes one thing about a customer in one transaction; the customer afterwards, nil when nobody has
    /// that ID.
    func change(_ id: CustomerID, _ change: CustomerChange) throws(StoreFault) -> Customer?
    /// Counts one wrong password in one transaction; returns the counter that is in force afterwards.
    func recordFailure(_ id: CustomerID, _ policy: LockoutPolicy, at now: WallTime) throws(StoreFault)
        -> FailureCounter
    func recordSuccess(_ id: CustomerID) throws(StoreFault)
    /// Counts a failure of an ID that nobody has. Writes as much as `recordFailure` does, so that the time of
    /// an answer does not tell who is a customer.
    /// - Parameter bucket: Which counter, of ``unknownLoginBuckets``.
    func recordUnknown(bucket: Int) throws(StoreFault)
    /// Stores another hash of the same password, unless the password was changed meanwhile.
    func replacePasswordHash(_ old: String, by new: String, of id: CustomerID) throws(StoreFault)
    func count() throws(StoreFault) -> Int
}

/// How many counters there are for IDs that nobody has.
public let unknownLoginBuckets = 1024

/// Login sessions. Calls may block; they belong on a blocking pool.
public protocol SessionRepository: Sendable {
    /// The newest login wins: ends the customer's other sessions and returns how many there were.
    func open(_ session: Session) throws(StoreFault) -> Int
    func session(idHash: [UInt8]) throws(StoreFault) -> Session?
    /// Whether a newer login of the same customer ended it: the page says so. False when it was ended
    /// otherwise.
    func isSuperseded(idHash: [UInt8]) throws(StoreFault) -> Bool
    func touch(idHash: [UInt8], at now: WallTime) throws(StoreFault)
    func end(idHash: [UInt8]) throws(StoreFault)
    /// Ends one by its public name; nil when there was none.
    func end(publicID: String) throws(StoreFault) -> Session?
    /// Ends all of a customer, or of everybody; returns how many there were that no newer login had ended.
    func endAll(of customer: CustomerID?) throws(StoreFault) -> Int
    /// Sessions that no newer login has ended, the oldest first, of one customer or of all.
    /// - Parameters:
    ///   - last: The last one of the part before.
    func list(of customer: CustomerID?, after last: Session?, countMax: Int) throws(StoreFault) -> [Session]
    /// Removes sessions that were opened before; returns how many.
    func purge(authenticatedBefore time: WallTime) throws(StoreFault) -> Int
}
