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
    func count() throws(StoreFault) -> Int
}

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
    func endAll(of customer: CustomerID) throws(StoreFault)
    /// Removes sessions that were opened before; returns how many.
    func purge(authenticatedBefore time: WallTime) throws(StoreFault) -> Int
}
