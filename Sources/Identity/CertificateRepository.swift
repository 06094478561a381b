public import Text

/// A certificate that is registered for a customer.
public struct Enrolment: Sendable, Hashable {
    /// SHA-256 of issuer name and serial number.
    public let issuerSerialKey: [UInt8]
    /// SHA-256 of the certificate; nil when it was enrolled before fingerprints were kept.
    public let fingerprint: [UInt8]?
    /// As RFC 4514 writes it, for people.
    public let subject: String?
    public let notAfter: WallTime?
    public let enrolledAt: WallTime?

    public init(
        issuerSerialKey: [UInt8], fingerprint: [UInt8]? = nil, subject: String? = nil,
        notAfter: WallTime? = nil, enrolledAt: WallTime? = nil
    ) {
        self.issuerSerialKey = issuerSerialKey
        self.fingerprint = fingerprint
        self.subject = subject
        self.notAfter = notAfter
        self.enrolledAt = enrolledAt
    }
}

/// Customers' certificates. Calls may block; they belong on a blocking pool.
public protocol CertificateRepository: Sendable {
    /// Whose certificate that is. An enrolment without a fingerprint satisfies no claim that has one.
    func customer(enrolledAs claim: EnrolmentClaim) throws(StoreFault) -> Customer?
    /// Again for the same customer, it only takes over what is told of the certificate; for another one it is
    /// a conflict, as it is for nobody we know.
    func enroll(_ enrolment: Enrolment, for customer: CustomerID) throws(StoreFault)
    /// False when it was not enrolled for that customer.
    func unenroll(issuerSerialKey: [UInt8], of customer: CustomerID) throws(StoreFault) -> Bool
    /// In the order of their enrolment; a hundred at most.
    func enrolments(of customer: CustomerID) throws(StoreFault) -> [Enrolment]
    /// The newest certificate of `issuer` that the customer has logged in with.
    /// - Parameter issuer: SHA-256 of what the mapping rules tell the issuer by.
    func newestCertificate(of customer: CustomerID, issuer: [UInt8]) throws(StoreFault) -> NewestCertificate?
    /// Remembers a certificate that has logged in, unless one that began later, or in the same second, is
    /// known.
    func recordCertificate(
        _ certificate: NewestCertificate, of customer: CustomerID, issuer: [UInt8]
    ) throws(StoreFault)
}
