public import Text

/// A login session as the store keeps it. The cookie holds a random value; only its hash is here.
public struct Session: Sendable, Hashable {
    /// SHA-256 of the cookie's value.
    public var idHash: [UInt8]
    /// Names the session in assertions and logs; resumes nothing.
    public var publicID: String
    public var customer: CustomerID
    public var method: LoginMethod
    /// SHA-256 of the certificate that the session is bound to; nil for a password session.
    public var certificateFingerprint: [UInt8]?
    /// Of the certificate's verdict at login.
    public var trustEpoch: UInt64?
    public var authenticatedAt: WallTime
    public var lastSeenAt: WallTime
    public var clientAddress: String

    public init(
        idHash: [UInt8], publicID: String, customer: CustomerID, method: LoginMethod,
        certificateFingerprint: [UInt8]?, trustEpoch: UInt64?, authenticatedAt: WallTime,
        lastSeenAt: WallTime,
        clientAddress: String
    ) {
        self.idHash = idHash
        self.publicID = publicID
        self.customer = customer
        self.method = method
        self.certificateFingerprint = certificateFingerprint
        self.trustEpoch = trustEpoch
        self.authenticatedAt = authenticatedAt
        self.lastSeenAt = lastSeenAt
        self.clientAddress = clientAddress
    }
}

/// Why a session that was there is no longer good.
public enum SessionEnd: String, Sendable, CaseIterable {
    case idle
    case absolute
    /// The connection presents no trusted certificate.
    case certificateMissing
    case certificateDiffers
    /// The certificate no longer leads to the customer: unenrolled, or mapped by other rules.
    case certificateUnmapped
    /// The customer was suspended, closed or removed.
    case customerStopped
    /// The customer logged in anew, here or elsewhere.
    case superseded
}

/// How long sessions last and what they are bound to.
public struct SessionPolicy: Sendable, Hashable {
    public var idleSeconds: Int
    public var absoluteSeconds: Int

    public init(idleSeconds: Int = 600, absoluteSeconds: Int = 1800) {
        self.idleSeconds = idleSeconds
        self.absoluteSeconds = absoluteSeconds
    }

    /// A request less than so many seconds after one that was written down is not: the store is not written
    /// to at each. Sessions end early by as much, and what caches keep, at most.
    public var touchSeconds: Int { min(30, max(1, idleSeconds / 10)) }

    /// Nil when the session is good for this request.
    ///
    /// A certificate session needs its own certificate on the connection, and is never good without one to
    /// compare with. A password session is bound to its cookie alone; a certificate on the connection changes
    /// nothing.
    ///
    /// - Parameter presented: SHA-256 of the *trusted* certificate of the request's connection.
    public func ending(_ session: Session, presented: [UInt8]?, at now: WallTime) -> SessionEnd? {
        let age = now.seconds - session.authenticatedAt.seconds
        // A session from the future: the clock was set back, and would else grant it the time anew.
        if age >= Int64(absoluteSeconds) || age < -Self.clockSkewSeconds { return .absolute }
        if now.seconds - session.lastSeenAt.seconds >= Int64(idleSeconds) { return .idle }
        if session.method == .password, session.certificateFingerprint == nil { return nil }
        guard let presented else { return .certificateMissing }
        return presented == session.certificateFingerprint ? nil : .certificateDiffers
    }

    /// How far nodes' clocks may differ.
    private static let clockSkewSeconds: Int64 = 60
}
