import Text

/// Everything of a CertificateList but its entries (RFC 5280 §5.1), as values and as offsets into its bytes.
struct RevocationListHead {
    let toBeSigned: Range<Int>
    let algorithm: Range<Int>
    /// The signature's own bytes.
    let signatureBits: Range<Int>
    let issuer: Range<Int>
    let thisUpdate: WallTime
    let nextUpdate: WallTime?
    /// The content of revokedCertificates; empty when there is none.
    let entries: Range<Int>
    private(set) var number: RevocationListNumber?
    private(set) var baseNumber: RevocationListNumber?
    private(set) var scope = RevocationScope()
    /// Why a list that decodes cannot be used.
    private(set) var objection: RevocationListFault?

    init(reading bytes: Span<UInt8>) throws(DERFault) {
        var file = DERCursor(0..<bytes.count)
        let whole = try file.next(DERTag.sequence, in: bytes)
        try file.expectEnd()

        var outer = DERCursor(whole.content)
        let signed = try outer.next(DERTag.sequence, in: bytes)
        toBeSigned = signed.whole
        algorithm = try outer.next(DERTag.sequence, in: bytes).whole
        let signature = try outer.next(DERTag.bitString, in: bytes).content
        try outer.expectEnd()
        guard signature.count > 1, bytes[signature.lowerBound] == 0 else {
            throw DERFault(offset: signature.lowerBound)
        }
        signatureBits = signature.dropFirst()

        var inner = DERCursor(signed.content)
        let version = try inner.nextIf(DERTag.integer, in: bytes)
        if let version, !bytes.matches(version.content, [1]) { throw DERFault(offset: version.start) }
        let signedAlgorithm = try inner.next(DERTag.sequence, in: bytes).whole
        guard bytes.matches(signedAlgorithm, bytes.array(algorithm)) else {
            throw DERFault(offset: signedAlgorithm.lowerBound)
        }
        issuer = try inner.next(DERTag.sequence, in: bytes).whole
        let this = try inner.next(in: bytes)
        guard let time = bytes.wallTime(this) else { throw DERFault(offset: this.start) }
        thisUpdate = time
        nextUpdate = try Self.nextUpdate(&inner, in: bytes)
        let entries = try inner.nextIf(DERTag.sequence, in: bytes)?.content
        self.entries = entries ?? inner.position..<inner.position
        let extensions = try inner.nextIf(DERTag.constructed(0), in: bytes)
        try inner.expectEnd()
        guard let extensions else { return }
        // Extensions came with version 2.
        guard version != nil else { throw DERFault(offset: extensions.start) }
        var wrapper = DERCursor(extensions.content)
        let list = try wrapper.next(DERTag.sequence, in: bytes)
        try wrapper.expectEnd()
        try readExtensions(list.content, in: bytes)
    }

    private static func nextUpdate(
        _ inner: inout DERCursor, in bytes: Span<UInt8>
    ) throws(DERFault) -> WallTime? {
        let tag = inner.nextTag(in: bytes)
        guard tag == DERTag.utcTime || tag == DERTag.generalizedTime else { return nil }
        let element = try inner.next(in: bytes)
        guard let time = bytes.wallTime(element) else { throw DERFault(offset: element.start) }
        return time
    }

    private mutating func readExtensions(_ content: Range<Int>, in bytes: Span<UInt8>) throws(DERFault) {
        var cursor = DERCursor(content)
        var seen: Set<[UInt8]> = []
        while !cursor.isAtEnd {
            let item = try DERExtension(reading: &cursor, in: bytes)
            let oid = bytes.array(item.oid)
            guard seen.insert(oid).inserted else { throw DERFault(offset: item.oid.lowerBound) }
            switch oid {
            case OID.cRLNumber: number = try RevocationListNumber(reading: item.value, in: bytes)
            case OID.deltaCRLIndicator: baseNumber = try RevocationListNumber(reading: item.value, in: bytes)
            case OID.issuingDistributionPoint:
                scope = try RevocationScope(reading: item.value, in: bytes)
                if scope.isIndirect { objection = .indirect }
            // Which key has signed is found out by verifying, not by being told.
            case OID.authorityKeyIdentifier: continue
            default:
                guard item.isCritical, objection == nil else { continue }
                objection = .unknownCriticalExtension(oid: dottedDecimal(ofContent: oid), entry: nil)
            }
        }
    }
}

/// One extension (RFC 5280 §4.1): offsets of the identifier's content and of what the OCTET STRING holds.
struct DERExtension {
    let oid: Range<Int>
    let isCritical: Bool
    let value: Range<Int>

    init(reading cursor: inout DERCursor, in bytes: Span<UInt8>) throws(DERFault) {
        let sequence = try cursor.next(DERTag.sequence, in: bytes)
        var inner = DERCursor(sequence.content)
        oid = try inner.next(DERTag.objectIdentifier, in: bytes).content
        let critical = try inner.nextIf(DERTag.boolean, in: bytes)
        isCritical =
            try critical.map { element throws(DERFault) in try bytes.boolean(element.content) } ?? false
        value = try inner.next(DERTag.octetString, in: bytes).content
        try inner.expectEnd()
    }
}

/// Contents of the object identifiers that CRLs are read by: 2.5.29.n.
enum OID {
    static let cRLNumber: [UInt8] = [0x55, 0x1D, 20]
    static let reasonCode: [UInt8] = [0x55, 0x1D, 21]
    static let deltaCRLIndicator: [UInt8] = [0x55, 0x1D, 27]
    static let issuingDistributionPoint: [UInt8] = [0x55, 0x1D, 28]
    static let certificateIssuer: [UInt8] = [0x55, 0x1D, 29]
    static let authorityKeyIdentifier: [UInt8] = [0x55, 0x1D, 35]
    static let invalidityDate: [UInt8] = [0x55, 0x1D, 24]
}
