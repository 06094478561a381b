/// A subject name as a test wants it: attributes grouped into relative names, in the order of the
/// certificate.
public struct TestName: Sendable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    public let relativeNames: [[TestAttribute]]

    public init(_ relativeNames: [[TestAttribute]]) {
        self.relativeNames = relativeNames
    }

    /// Each attribute is a relative name of its own.
    public init(arrayLiteral attributes: TestAttribute...) {
        relativeNames = attributes.map { [$0] }
    }

    /// A common name in UTF-8 and nothing else: `"TSUSER0001"`.
    public init(stringLiteral commonName: String) {
        relativeNames = [[.utf8("CN", commonName)]]
    }
}

/// One attribute with exactly the string type and bytes given, valid or not.
public struct TestAttribute: Sendable {
    /// A name OpenSSL knows (`CN`) or dotted decimal.
    public let type: String
    /// The universal ASN.1 tag of the value.
    public let tag: Int32
    public let bytes: [UInt8]

    public init(_ type: String, tag: Int32, bytes: [UInt8]) {
        self.type = type
        self.tag = tag
        self.bytes = bytes
    }

    public static func utf8(_ type: String, _ value: String) -> TestAttribute {
        TestAttribute(type, tag: 12, bytes: Array(value.utf8))
    }

    public static func printable(_ type: String, _ value: String) -> TestAttribute {
        TestAttribute(type, tag: 19, bytes: Array(value.utf8))
    }

    public static func ia5(_ type: String, _ value: String) -> TestAttribute {
        TestAttribute(type, tag: 22, bytes: Array(value.utf8))
    }

    public static func teletex(_ type: String, _ bytes: [UInt8]) -> TestAttribute {
        TestAttribute(type, tag: 20, bytes: bytes)
    }

    public static func bmp(_ type: String, _ value: String) -> TestAttribute {
        TestAttribute(type, tag: 30, bytes: value.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] })
    }

    public static func universal(_ type: String, _ value: String) -> TestAttribute {
        let bytes = value.unicodeScalars.flatMap { scalar in
            stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: scalar.value >> UInt32($0)) }
        }
        return TestAttribute(type, tag: 28, bytes: bytes)
    }
}
