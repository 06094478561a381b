import Command
import Crypto
import Customers
import Identity
import Logs
import Reactor
import Storage
import Text
import X509

/// Commands about one certificate.
enum CustomersCertificates {
    static func enroll(_ options: Options) throws(CommandFault) {
        let (office, id, certificate) = try parts(options)
        let audit = try OperatorAudit(office.settings)
        let enrolment = Enrolment(
            issuerSerialKey: certificate.issuerSerialKey.bytes, fingerprint: certificate.fingerprint.bytes,
            subject: certificate.subject.rfc4514, notAfter: certificate.notAfter,
            enrolledAt: WallTime(seconds: Clock.wall()))
        try office.answer { (store) throws(StoreFault) in try store.enroll(enrolment, for: id) }
        try record(audit, "customer.enrolled", id, certificate)
    }

    static func unenroll(_ options: Options) throws(CommandFault) {
        let (office, id, certificate) = try parts(options)
        let audit = try OperatorAudit(office.settings)
        let key = certificate.issuerSerialKey.bytes
        let wasEnrolled = try office.answer { (store) throws(StoreFault) in
            try store.unenroll(issuerSerialKey: key, of: id)
        }
        guard wasEnrolled else { throw CommandFault("the certificate is not enrolled for \(id)") }
        try record(audit, "customer.unenrolled", id, certificate)
    }

    private static func parts(
        _ options: Options
    ) throws(CommandFault) -> (CustomerOffice, CustomerID, Certificate) {
        let office = try CustomerOffice(options)
        let id = try CustomerOffice.id(options.words[0])
        let certificate = try certificate(options.words[1])
        guard try office.answer({ (store) throws(StoreFault) in try store.customer(id) }) != nil else {
            throw CommandFault("there is no customer \(id)")
        }
        return (office, id, certificate)
    }

    /// The first certificate of a PEM file.
    static func certificate(_ path: String) throws(CommandFault) -> Certificate {
        let bytes: [UInt8]
        do throws(SystemFault) { bytes = try Files.read(path) } catch { throw CommandFault("\(error)") }
        do throws(CertificateFault) {
            guard let first = try Certificate.parse(pem: bytes).first else {
                throw CertificateFault.undecodable
            }
            return first
        } catch {
            throw CommandFault("\(path): no certificate that can be read (\(error))")
        }
    }

    private static func record(
        _ audit: OperatorAudit, _ event: String, _ id: CustomerID, _ certificate: Certificate
    ) throws(CommandFault) {
        try audit.record(event) { record in
            record.add("customer", id.text)
            record.add("fingerprint", certificate.fingerprint.hex)
            record.add("serial", certificate.serialHex)
            record.add("subject", certificate.subject.rfc4514)
            record.add("issuer", certificate.issuer.rfc4514)
        }
    }
}
