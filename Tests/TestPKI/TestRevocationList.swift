import COpenSSL
public import Text
public import X509

/// A CRL as a test wants it, right or wrong; `signed` turns it into bytes.
public struct TestRevocationList {
    public struct Entry {
        /// The content octets of the serial number's INTEGER.
        public var serial: [UInt8]
        public var date: [UInt8]
        public var reason: UInt8?
        /// More extensions, each whole.
        public var extensions: [[UInt8]] = []

        public init(serial: [UInt8], date: [UInt8]? = nil, reason: UInt8? = nil, extensions: [[UInt8]] = []) {
            self.serial = serial
            self.date = date ?? DER.time(TestAuthority.notBefore)
            self.reason = reason
            self.extensions = extensions
        }

        public init(_ certificate: Certificate, reason: UInt8? = nil) {
            self.init(serial: certificate.serialOctets, reason: reason)
        }

        public var der: [UInt8] {
            var all = extensions
            if let reason { all.append(DER.extension(21, DER.element(0x0A, [reason]))) }
            return DER.sequence(
                DER.integer(serial), date, all.isEmpty ? [] : DER.element(0x30, all.flatMap { $0 }))
        }
    }

    public var version: [UInt8] = DER.integer(1)
    public var thisUpdate: WallTime
    public var nextUpdate: WallTime?
    public var entries: [Entry]
    /// Whole extensions; cRLNumber is put in front when there is a number.
    public var number: UInt64?
    public var extensions: [[UInt8]] = []
    public var digest = TestDigest.sha256
    /// Signs with RSASSA-PSS instead of PKCS #1 v1.5.
    public var isPSS = false
    /// Entries in DER, in place of `entries`.
    public var entriesDER: [UInt8]?

    /// A list of a day, from a minute before `moment`.
    public init(_ entries: [Entry] = [], number: UInt64? = 1, at moment: WallTime) {
        self.entries = entries
        self.number = number
        thisUpdate = moment.adding(seconds: -60)
        nextUpdate = moment.adding(seconds: 86_400 - 60)
    }

    /// issuingDistributionPoint, critical, of whole fields in their order.
    public static func scope(_ fields: [UInt8]...) -> [UInt8] {
        DER.extension(28, isCritical: true, DER.element(0x30, fields.flatMap { $0 }))
    }

    /// `[0] { [0] { [6] uri } }`: the field of a scope, or of a certificate's distribution point.
    public static func point(_ uri: String) -> [UInt8] {
        DER.element(0xA0, DER.element(0xA0, DER.element(0x86, Array(uri.utf8))))
    }

    /// A delta CRL's indicator.
    public static func delta(base: UInt64) -> [UInt8] {
        DER.extension(27, isCritical: true, DER.integer(base))
    }

    /// The list in DER, signed by an authority's key under its name, or under that of `named`.
    public func signed(by authority: TestAuthority, named: Certificate? = nil) -> [UInt8] {
        let key = authority.identity.key
        let algorithm = key.signatureAlgorithm(digest, isPSS: isPSS)
        let signed = toBeSigned(issuer: (named ?? authority.certificate).subject.der, algorithm)
        return DER.sequence(
            signed, algorithm, DER.element(0x03, [0] + key.signature(over: signed, digest, isPSS: isPSS)))
    }

    private func toBeSigned(issuer: [UInt8], _ algorithm: [UInt8]) -> [UInt8] {
        var all = extensions
        if let number { all.insert(DER.extension(20, DER.integer(number)), at: 0) }
        let list = entriesDER ?? entries.flatMap(\.der)
        return DER.sequence(
            version, algorithm, issuer, DER.time(thisUpdate), nextUpdate.map(DER.time) ?? [],
            list.isEmpty ? [] : DER.element(0x30, list),
            all.isEmpty ? [] : DER.element(0xA0, DER.element(0x30, all.flatMap { $0 })))
    }
}

extension Certificate {
    /// The content octets of the serial number's INTEGER, of test certificates: never negative.
    public var serialOctets: [UInt8] {
        let octets = Hex.decode(serialHex) ?? []
        return (octets.first ?? 0) >= 0x80 ? [0] + octets : octets
    }
}

extension TestKey {
    /// The AlgorithmIdentifier of a signature by this key.
    func signatureAlgorithm(_ digest: TestDigest, isPSS: Bool) -> [UInt8] {
        if isPSS { return pssAlgorithm(digest) }
        var signature: Int32 = 0
        let digestNumber = unsafe self.digest(digest).map { unsafe EVP_MD_get_type($0) } ?? NID_undef
        let keyType = unsafe EVP_PKEY_get_base_id(handle)
        if keyType == EVP_PKEY_ED25519 {
            signature = NID_ED25519
        } else {
            precondition(unsafe OBJ_find_sigid_by_algs(&signature, digestNumber, keyType) == 1)
        }
        return DER.sequence(oid(signature), keyType == EVP_PKEY_RSA ? [5, 0] : [])
    }

    /// With the digest in both places and a salt of 32 octets.
    private func pssAlgorithm(_ digest: TestDigest) -> [UInt8] {
        let hash = unsafe DER.sequence(oid(EVP_MD_get_type(self.digest(digest))), [5, 0])
        return DER.sequence(
            oid(NID_rsassaPss),
            DER.sequence(
                DER.element(0xA0, hash), DER.element(0xA1, DER.sequence(oid(NID_mgf1), hash)),
                DER.element(0xA2, DER.integer(32))))
    }

    private func oid(_ number: Int32) -> [UInt8] {
        var oid = [UInt8](repeating: 0, count: 32)
        let length = unsafe oid.withUnsafeMutableBufferPointer { bytes in
            var cursor = bytes.baseAddress
            return unsafe Int(i2d_ASN1_OBJECT(OBJ_nid2obj(number), &cursor))
        }
        return Array(oid.prefix(length))
    }

    func signature(over message: [UInt8], _ digest: TestDigest, isPSS: Bool) -> [UInt8] {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var length = 1024
        var signature = [UInt8](repeating: 0, count: length)
        var keyContext: OpaquePointer?
        guard unsafe EVP_DigestSignInit(context, &keyContext, self.digest(digest), nil, handle) == 1,
            unsafe !isPSS || EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING) == 1,
            unsafe !isPSS || EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, 32) == 1,
            unsafe EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        else { preconditionFailure("libcrypto cannot sign this test list") }
        return Array(signature.prefix(length))
    }
}
