public import Crypto
public import Text

/// A certification authority that nobody but a test trusts, and what it issues.
public struct Authority: Sendable {
    public let name: String
    public let key: CertificateKey
    /// Its own certificate, DER.
    public let certificate: [UInt8]
    private let organization: String
    private let subject: [UInt8]

    /// A root.
    ///
    /// - Parameter organization: The `O` of every name that it and those below it give, which tells what they
    ///   are for.
    public init(root name: String, of organization: String, _ validity: Validity) throws(CryptoFault) {
        key = try CertificateKey(.ec(.p256))
        self.name = name
        self.organization = organization
        subject = Self.subject(organization, commonName: name)
        let form = Form(
            subject: subject, publicKeyInfo: key.publicKeyInfo, validity: validity,
            extensions: Form.authority(key.publicKeyInfo, issuer: nil, pathLength: nil))
        certificate = try form.signed(by: key, named: subject)
    }

    private init(name: String, of organization: String, key: CertificateKey, certificate: [UInt8]) {
        self.name = name
        self.organization = organization
        self.key = key
        self.certificate = certificate
        subject = Self.subject(organization, commonName: name)
    }

    /// An authority below this one.
    public func subordinate(
        _ name: String, _ validity: Validity, pathLength: UInt64? = nil
    ) throws(CryptoFault) -> Authority {
        let key = try CertificateKey(.ec(.p256))
        let form = Form(
            subject: Self.subject(organization, commonName: name), publicKeyInfo: key.publicKeyInfo,
            validity: validity,
            extensions: Form.authority(
                key.publicKeyInfo, issuer: self.key.publicKeyInfo, pathLength: pathLength))
        return Authority(
            name: name, of: organization, key: key, certificate: try form.signed(by: self.key, named: subject)
        )
    }

    /// A certificate for a client; with a random serial number, which is returned too.
    ///
    /// - Parameter customer: The common name; none when nil.
    public func issue(
        _ customer: String?, for key: CertificateKey, _ validity: Validity, isForServers: Bool
    ) throws(CryptoFault) -> (certificate: [UInt8], serial: [UInt8]) {
        let serial = Form.randomSerial()
        let form = Form(
            serial: serial, subject: Self.subject(organization, commonName: customer),
            publicKeyInfo: key.publicKeyInfo,
            validity: validity,
            extensions: Form.client(issuer: self.key.publicKeyInfo, isForServers: isForServers))
        return (try form.signed(by: self.key, named: subject), serial)
    }

    /// A CRL (RFC 5280 §5), DER.
    public func revocationList(_ serials: [[UInt8]], _ validity: Validity) throws(CryptoFault) -> [UInt8] {
        let entries = serials.map { DER.sequence(DER.integer($0), DER.time(validity.notBefore)) }
        let list = DER.sequence(
            DER.integer(1), key.signatureAlgorithm, subject, DER.time(validity.notBefore),
            DER.time(validity.notAfter), entries.isEmpty ? [] : DER.element(0x30, entries.flatMap { $0 }),
            DER.element(
                0xA0,
                DER.sequence(
                    Form.issuerKeyIdentifier(key.publicKeyInfo), DER.extension(20, DER.integer(1)))))
        return DER.sequence(list, key.signatureAlgorithm, DER.bits(try key.sign(list)))
    }

    /// `O=…, CN=…`
    private static func subject(_ organization: String, commonName: String?) -> [UInt8] {
        func attribute(_ arc: UInt8, _ value: String) -> [UInt8] {
            DER.set(DER.sequence([0x06, 0x03, 0x55, 0x04, arc], DER.utf8(value)))
        }
        return DER.sequence(attribute(10, organization), commonName.map { attribute(3, $0) } ?? [])
    }
}

/// From when to when.
public struct Validity: Sendable {
    public let notBefore: WallTime
    public let notAfter: WallTime

    /// Days are counted from `now`, and may be negative.
    public init(from now: WallTime, days first: Int64, to last: Int64) {
        notBefore = now.adding(seconds: first * 86_400)
        notAfter = now.adding(seconds: last * 86_400)
    }
}

/// What is to be certified (RFC 5280 §4.1).
private struct Form {
    var serial = Form.randomSerial()
    let subject: [UInt8]
    let publicKeyInfo: [UInt8]
    let validity: Validity
    let extensions: [[UInt8]]

    func signed(by key: CertificateKey, named issuer: [UInt8]) throws(CryptoFault) -> [UInt8] {
        let body = DER.sequence(
            DER.element(0xA0, DER.integer(2)), DER.integer(serial), key.signatureAlgorithm, issuer,
            DER.sequence(DER.time(validity.notBefore), DER.time(validity.notAfter)), subject, publicKeyInfo,
            DER.element(0xA3, DER.element(0x30, extensions.flatMap { $0 })))
        return DER.sequence(body, key.signatureAlgorithm, DER.bits(try key.sign(body)))
    }

    /// 120 random bits behind an octet that keeps the number positive and in its shortest form.
    static func randomSerial() -> [UInt8] { [0x53] + SecureRandom.bytes(15) }

    static func authority(_ own: [UInt8], issuer: [UInt8]?, pathLength: UInt64?) -> [[UInt8]] {
        let constraints = DER.sequence(DER.boolean(true), pathLength.map { DER.integer($0) } ?? [])
        return [
            DER.extension(19, isCritical: true, constraints),
            // keyCertSign and cRLSign: the sixth and seventh bit.
            DER.extension(15, isCritical: true, DER.element(0x03, [1, 0x06])),
            DER.extension(14, DER.octets(keyIdentifier(own))),
        ] + (issuer.map { [issuerKeyIdentifier($0)] } ?? [])
    }

    static func client(issuer: [UInt8], isForServers: Bool) -> [[UInt8]] {
        // id-kp-clientAuth, id-kp-serverAuth
        let purpose: [UInt8] = [0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, isForServers ? 1 : 2]
        return [
            DER.extension(19, isCritical: true, DER.sequence()),
            // digitalSignature
            DER.extension(15, isCritical: true, DER.element(0x03, [7, 0x80])),
            DER.extension(37, DER.sequence(purpose)),
            issuerKeyIdentifier(issuer),
        ]
    }

    static func issuerKeyIdentifier(_ publicKeyInfo: [UInt8]) -> [UInt8] {
        DER.extension(35, DER.sequence(DER.element(0x80, keyIdentifier(publicKeyInfo))))
    }

    /// RFC 7093 §2, method 4 over the whole SubjectPublicKeyInfo, cut to 160 bits.
    private static func keyIdentifier(_ publicKeyInfo: [UInt8]) -> [UInt8] {
        Array(SHA256Digest(of: publicKeyInfo).bytes.prefix(20))
    }
}
