public import Text
public import X509

/// A certificate made for a test, with its key.
public struct TestCertificate: Sendable {
    public let certificate: Certificate
    public let key: TestKey
    /// The certificate alone, as one PEM block.
    public let pem: [UInt8]
    public var keyPEM: [UInt8] { key.pem }
}

/// A certification authority that lives for one test: a root, or an intermediate below one.
///
///     let root = TestAuthority(name: "Test Root")
///     let issuing = root.intermediate(name: "Test Client CA G1")
///     let customer = issuing.issue("TSUSER0001")
public struct TestAuthority: Sendable {
    /// The authority's own certificate and key.
    public let identity: TestCertificate

    public var certificate: Certificate { identity.certificate }
    public var pem: [UInt8] { identity.pem }

    /// Validity of everything made here, unless told otherwise: 2020 to 2040.
    public static let notBefore = WallTime(seconds: 1_577_836_800)
    public static let notAfter = WallTime(seconds: 2_208_988_800)

    /// A self-signed root.
    public init(
        name: TestName, key: TestKeyKind = .p256, notBefore: WallTime = Self.notBefore,
        notAfter: WallTime = Self.notAfter, digest: TestDigest = .sha256, isCA: Bool = true,
        keyUsage: String? = "critical,keyCertSign,cRLSign", extensions: [TestExtension] = []
    ) {
        var form = TestForm(subject: name, notBefore: notBefore, notAfter: notAfter, digest: digest)
        form.extensions =
            Self.authorityExtensions(isCA: isCA, pathLength: nil, keyUsage: keyUsage) + extensions
        identity = form.sign(for: .make(key), by: nil)
    }

    /// An authority whose certificate this one signs.
    public func intermediate(
        name: TestName, key: TestKeyKind = .p256, notBefore: WallTime = Self.notBefore,
        notAfter: WallTime = Self.notAfter, digest: TestDigest = .sha256, isCA: Bool = true,
        pathLength: Int? = nil,
        keyUsage: String? = "critical,keyCertSign,cRLSign", hasKeyIdentifiers: Bool = true,
        extensions: [TestExtension] = []
    ) -> TestAuthority {
        var form = TestForm(subject: name, notBefore: notBefore, notAfter: notAfter, digest: digest)
        form.hasKeyIdentifiers = hasKeyIdentifiers
        form.extensions =
            Self.authorityExtensions(isCA: isCA, pathLength: pathLength, keyUsage: keyUsage) + extensions
        return TestAuthority(identity: form.sign(for: .make(key), by: identity))
    }

    /// Another certificate for an authority that exists: its name and key, signed by this one.
    public func certify(
        _ other: TestAuthority, notAfter: WallTime = Self.notAfter, pathLength: Int? = nil,
        hasKeyIdentifiers: Bool = true, extensions: [TestExtension] = []
    ) -> TestAuthority {
        var form = TestForm(
            subject: "", notBefore: Self.notBefore, notAfter: notAfter, digest: .sha256)
        form.subjectOf = other.certificate
        form.hasKeyIdentifiers = hasKeyIdentifiers
        form.extensions =
            Self.authorityExtensions(
                isCA: true, pathLength: pathLength, keyUsage: "critical,keyCertSign,cRLSign") + extensions
        return TestAuthority(identity: form.sign(for: other.identity.key, by: identity))
    }

    /// A certificate for the key of an authority that exists, under another name.
    public func certify(_ other: TestAuthority, as name: TestName) -> TestAuthority {
        var form = TestForm(
            subject: name, notBefore: Self.notBefore, notAfter: Self.notAfter, digest: .sha256)
        form.extensions = Self.authorityExtensions(
            isCA: true, pathLength: nil, keyUsage: "critical,keyCertSign,cRLSign")
        return TestAuthority(identity: form.sign(for: other.identity.key, by: identity))
    }

    /// A self-signed root of the same key, with a new certificate.
    public func renewed(name: TestName) -> TestAuthority {
        var form = TestForm(
            subject: name, notBefore: Self.notBefore, notAfter: Self.notAfter, digest: .sha256)
        form.extensions = Self.authorityExtensions(
            isCA: true, pathLength: nil, keyUsage: "critical,keyCertSign,cRLSign")
        return TestAuthority(identity: form.sign(for: identity.key, by: nil))
    }

    /// An end-entity certificate; as it stands, one that proves a customer.
    ///
    /// - Parameters:
    ///   - extendedKeyUsage: OpenSSL's names (`serverAuth`); nil leaves the extension out.
    ///   - keyUsage: OpenSSL's names, comma-separated; nil leaves the extension out.
    ///   - san: OpenSSL's form: `DNS:a.example`, `URI:…`, `email:…`, `IP:…`.
    ///   - serial: big-endian; random when nil.
    public func issue(
        _ subject: TestName, key: TestKeyKind = .p256, notBefore: WallTime = Self.notBefore,
        notAfter: WallTime = Self.notAfter, extendedKeyUsage: [String]? = ["clientAuth"],
        keyUsage: String? = "critical,digitalSignature", isCA: Bool = false, san: [String] = [],
        serial: [UInt8]? = nil, digest: TestDigest = .sha256, hasKeyIdentifiers: Bool = true,
        extensions: [TestExtension] = []
    ) -> TestCertificate {
        var form = TestForm(subject: subject, notBefore: notBefore, notAfter: notAfter, digest: digest)
        form.serial = serial
        form.hasKeyIdentifiers = hasKeyIdentifiers
        form.extensions = [TestExtension("basicConstraints", "critical,CA:\(isCA ? "TRUE" : "FALSE")")]
        if let keyUsage { form.extensions.append(TestExtension("keyUsage", keyUsage)) }
        if let extendedKeyUsage {
            form.extensions.append(TestExtension("extendedKeyUsage", extendedKeyUsage.joined(separator: ",")))
        }
        if !san.isEmpty {
            form.extensions.append(TestExtension("subjectAltName", san.joined(separator: ",")))
        }
        form.extensions += extensions
        return form.sign(for: .make(key), by: identity)
    }

    /// A certificate for servers of these names.
    public func issueServer(names: [String], key: TestKeyKind = .p256) -> TestCertificate {
        issue(
            TestName([[.utf8("CN", names.first ?? "server")]]), key: key, extendedKeyUsage: ["serverAuth"],
            san: names.map { "DNS:\($0)" })
    }

    /// Signs with a certificate that exists already, whether it may or not.
    public init(identity: TestCertificate) {
        self.identity = identity
    }

    private static func authorityExtensions(isCA: Bool, pathLength: Int?, keyUsage: String?)
        -> [TestExtension]
    {
        let length = pathLength.map { ",pathlen:\($0)" } ?? ""
        let constraints = TestExtension("basicConstraints", "critical,CA:\(isCA ? "TRUE" : "FALSE")\(length)")
        return [constraints] + (keyUsage.map { [TestExtension("keyUsage", $0)] } ?? [])
    }
}

/// One extension in OpenSSL's configuration syntax; `("1.2.3.4", "critical,DER:0500")` gives any bytes.
public struct TestExtension: Sendable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
