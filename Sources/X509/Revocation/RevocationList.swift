public import Crypto
public import Text

/// One certificate revocation list (RFC 5280 §5), read and never changed.
///
/// Reading proves nothing: only a `TrustEpoch` finds out who signed it, and asks it about certificates. What
/// is kept is far smaller than what was read, so one list may serve many epochs.
public final class RevocationList: Sendable {
    /// SHA-256 of the whole DER.
    public let fingerprint: SHA256Digest
    public let issuer: DistinguishedName
    public let thisUpdate: WallTime
    /// When the next list is due at the latest. nil: the authority does not say (no list of RFC 5280 lacks
    /// it).
    public let nextUpdate: WallTime?
    /// cRLNumber. nil: the authority does not count its lists.
    public let number: RevocationListNumber?
    /// Of a delta CRL: the number of the oldest complete list it completes.
    public let baseNumber: RevocationListNumber?
    /// Which certificates, and which reasons, it speaks about.
    public let scope: RevocationScope
    /// How many certificates it lists.
    public var entryCount: Int { serials.count }
    public var isDelta: Bool { baseNumber != nil }

    /// What it says of a serial number, given as the content of its INTEGER (two's complement, no octet that
    /// only repeats the sign).
    public func entry(ofSerial serial: [UInt8]) -> RevokedEntry? { serials.entry(for: serial) }

    let issuerName: CanonicalName
    let signature: RevocationSignature
    let serials: RevokedSerials

    /// Reads exactly one DER CertificateList, of version 1 or 2.
    public init(der: [UInt8]) throws(RevocationListFault) {
        let head: RevocationListHead
        let shape: RevokedSerials.Shape
        do throws(DERFault) {
            head = try RevocationListHead(reading: der.span)
            shape = try RevokedSerials.Shape(of: head.entries, in: der.span)
        } catch {
            throw .malformed(offset: error.offset)
        }
        if let objection = head.objection ?? shape.objection { throw objection }
        guard let name = CanonicalName(der: Array(der[head.issuer])) else {
            throw .malformed(offset: head.issuer.lowerBound)
        }
        signature = try RevocationSignature(
            algorithm: Array(der[head.algorithm]), bits: Array(der[head.signatureBits]),
            over: der[head.toBeSigned])
        serials = RevokedSerials(head.entries, of: shape, in: der.span)
        fingerprint = SHA256Digest(of: der)
        issuerName = name
        issuer = name.distinguishedName
        thisUpdate = head.thisUpdate
        nextUpdate = head.nextUpdate
        number = head.number
        baseNumber = head.baseNumber
        scope = head.scope
    }

    /// Reads a file: one DER list, or one or more `X509 CRL` blocks (RFC 7468) with text allowed between
    /// them. All or nothing.
    public static func parse(_ bytes: [UInt8]) throws(RevocationFileFault) -> [RevocationList] {
        // DER begins with a SEQUENCE; in a text a `0` in front of the first block would be odd indeed.
        if bytes.first == DERTag.sequence {
            return [try list(der: bytes, ordinal: 1)]
        }
        var scanner = PEMScanner(bytes, label: "X509 CRL")
        var lists: [RevocationList] = []
        while let block = try nextBlock(of: &scanner) {
            lists.append(try list(der: block.der, ordinal: block.ordinal))
        }
        guard !lists.isEmpty else { throw .empty }
        return lists
    }

    private static func nextBlock(
        of scanner: inout PEMScanner
    ) throws(RevocationFileFault) -> PEMBlock? {
        do throws(PEMFault) {
            return try scanner.next()
        } catch {
            throw .badBlock(ordinal: error.ordinal, line: error.line, problem: error.problem)
        }
    }

    private static func list(der: [UInt8], ordinal: Int) throws(RevocationFileFault) -> RevocationList {
        do throws(RevocationListFault) {
            return try RevocationList(der: der)
        } catch {
            throw .badList(ordinal: ordinal, error)
        }
    }
}
