public import Identity
import Text

extension CustomerStore {
    public func customer(enrolledAs claim: EnrolmentClaim) throws(StoreFault) -> Customer? {
        try database.lookUp { (connection) throws(DatabaseFault) in
            guard let fingerprint = claim.fingerprint else {
                return try connection.first(
                    customerByEnrolment, DatabaseValue(claim.issuerSerialKey), read: readCustomer)
            }
            return try connection.first(
                "\(customerByEnrolment) AND fingerprint = ?2", DatabaseValue(claim.issuerSerialKey),
                DatabaseValue(fingerprint), read: readCustomer)
        }
    }

    public func enroll(_ enrolment: Enrolment, for customer: CustomerID) throws(StoreFault) {
        let owner = try database.change { (connection) throws(DatabaseFault) -> String? in
            try connection.run(
                upsertEnrolment, DatabaseValue(enrolment.issuerSerialKey), DatabaseValue(customer.text),
                DatabaseValue(enrolment.fingerprint), DatabaseValue(enrolment.subject),
                DatabaseValue(enrolment.notAfter?.seconds), DatabaseValue(enrolment.enrolledAt?.seconds))
            return try connection.first(
                "SELECT customer FROM enrolments WHERE issuer_serial = ?1",
                DatabaseValue(enrolment.issuerSerialKey)
            ) { (row) throws(DatabaseFault) in try row.text(0) }
        }
        guard owner == customer.text else {
            throw .conflict("the certificate is enrolled for another customer")
        }
    }

    public func unenroll(issuerSerialKey: [UInt8], of customer: CustomerID) throws(StoreFault) -> Bool {
        try database.change { (connection) throws(DatabaseFault) in
            try connection.run(
                "DELETE FROM enrolments WHERE issuer_serial = ?1 AND customer = ?2",
                DatabaseValue(issuerSerialKey), DatabaseValue(customer.text))
        } > 0
    }

    public func enrolments(of customer: CustomerID) throws(StoreFault) -> [Enrolment] {
        try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.all(enrolmentsOfCustomer, DatabaseValue(customer.text)) {
                (row) throws(DatabaseFault) in
                Enrolment(
                    issuerSerialKey: try row.bytes(0), fingerprint: try row.bytesIfPresent(1),
                    subject: try row.textIfPresent(2),
                    notAfter: try row.integerIfPresent(3).map(WallTime.init(seconds:)),
                    enrolledAt: try row.integerIfPresent(4).map(WallTime.init(seconds:)))
            }
        }
    }

    public func newestCertificate(
        of customer: CustomerID, issuer: [UInt8]
    ) throws(StoreFault) -> NewestCertificate? {
        try database.lookUp { (connection) throws(DatabaseFault) in
            try connection.newestCertificate(of: customer, issuer: issuer)
        }
    }

    /// Writes nothing at nearly every login: it looks first.
    public func recordCertificate(
        _ certificate: NewestCertificate, of customer: CustomerID, issuer: [UInt8]
    ) throws(StoreFault) {
        let known = try newestCertificate(of: customer, issuer: issuer)
        if let known, known.notBefore >= certificate.notBefore { return }
        try database.change { (connection) throws(DatabaseFault) in
            _ = try connection.run(
                upsertNewestCertificate, DatabaseValue(customer.text), DatabaseValue(issuer),
                DatabaseValue(certificate.issuerSerialKey), DatabaseValue(certificate.notBefore.seconds),
                DatabaseValue(certificate.firstLoginAt.seconds))
        }
    }
}

private let customerByEnrolment = """
    SELECT \(customerColumns) FROM enrolments JOIN customers ON id = customer WHERE issuer_serial = ?1
    """
private let upsertEnrolment = """
    INSERT INTO enrolments (issuer_serial, customer, fingerprint, subject, not_after, enrolled_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (issuer_serial) DO UPDATE SET
        fingerprint = excluded.fingerprint, subject = excluded.subject, not_after = excluded.not_after
    WHERE enrolments.customer = excluded.customer
    """
private let enrolmentsOfCustomer = """
    SELECT issuer_serial, fingerprint, subject, not_after, enrolled_at FROM enrolments
    WHERE customer = ?1 ORDER BY enrolled_at, issuer_serial LIMIT 100
    """
private let upsertNewestCertificate = """
    INSERT INTO newest_certificates (customer, issuer, issuer_serial, not_before, first_login_at)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (customer, issuer) DO UPDATE SET
        issuer_serial = excluded.issuer_serial, not_before = excluded.not_before,
        first_login_at = excluded.first_login_at
    WHERE newest_certificates.not_before < excluded.not_before
    """

extension DatabaseConnection {
    fileprivate func newestCertificate(
        of customer: CustomerID, issuer: [UInt8]
    ) throws(DatabaseFault) -> NewestCertificate? {
        try first(
            """
            SELECT issuer_serial, not_before, first_login_at FROM newest_certificates
            WHERE customer = ?1 AND issuer = ?2
            """, DatabaseValue(customer.text), DatabaseValue(issuer)
        ) { (row) throws(DatabaseFault) in
            NewestCertificate(
                issuerSerialKey: try row.bytes(0), notBefore: WallTime(seconds: try row.integer(1)),
                firstLoginAt: WallTime(seconds: try row.integer(2)))
        }
    }
}
