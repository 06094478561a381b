public import Text

/// Why a certificate was revoked (RFC 5280 §5.3.1).
public enum RevocationReason: UInt8, Sendable, Hashable, CaseIterable {
    case unspecified = 0
    case keyCompromise, cACompromise, affiliationChanged, superseded, cessationOfOperation, certificateHold
    case removeFromCRL = 8
    case privilegeWithdrawn, aACompromise
}

/// What a CRL says of one certificate.
public struct RevokedEntry: Sendable, Hashable {
    /// nil when the list's date is none that can be read.
    public let date: WallTime?
    public let reason: RevocationReason
}

/// The entries of one CRL, as compact as they can be and still be found at once.
///
/// A serial number is brought to the width of the longest one by repeating its sign, so that two of them
/// are the same bytes exactly when they are the same number. Its last eight octets are mixed with the
/// others to a key that is spread evenly, whatever the authority's way of numbering; the key says in which
/// bucket the entry stands. Key and other octets together still say the number. Per entry: 8 octets of key,
/// those beyond 8, 5 of date and reason, and half an octet of bucket.
struct RevokedSerials: Sendable {
    /// How many entries there are, and how long their numbers get.
    struct Shape {
        private(set) var count = 0
        private(set) var width = 8
        /// The first entry that cannot be used, although it decodes.
        private(set) var objection: RevocationListFault?
    }

    let count: Int
    private let keys: [UInt64]
    /// `extraWidth` octets an entry: what stands in front of the last eight.
    private let extras: [UInt8]
    private let extraWidth: Int
    /// Seconds since 1970; 0 when unknown.
    private let dates: [UInt32]
    private let reasons: [UInt8]
    /// Where each bucket begins, and the end of the last.
    private let buckets: [UInt32]
    private let bucketShift: UInt64

    /// What is said of a certificate with this serial number (the content of its INTEGER, minimal).
    func entry(for serial: [UInt8]) -> RevokedEntry? {
        let width = 8 + extraWidth
        guard count > 0, !serial.isEmpty, serial.count <= width else { return nil }
        let number = WideSerial(serial.span, 0..<serial.count, width: width)
        let bucket = Int(number.key >> bucketShift)
        var found: RevokedEntry?
        for index in Int(buckets[bucket])..<Int(buckets[bucket + 1]) where keys[index] == number.key {
            guard number.hasExtra(extras, at: index * extraWidth) else { continue }
            let entry = RevokedEntry(
                date: dates[index] == 0 ? nil : WallTime(seconds: Int64(dates[index])),
                reason: RevocationReason(rawValue: reasons[index]) ?? .unspecified)
            // Of two entries for one number the one that revokes counts.
            if entry.reason != .removeFromCRL { return entry }
            found = entry
        }
        return found
    }
}

extension RevokedSerials.Shape {
    /// Reads every entry once.
    init(of entries: Range<Int>, in bytes: Span<UInt8>) throws(DERFault) {
        var cursor = DERCursor(entries)
        while !cursor.isAtEnd {
            let entry = try RevokedEntryReader(&cursor, in: bytes)
            count += 1
            width = max(width, entry.serial.count)
            if objection != nil { continue }
            if entry.serial.count > serialOctetsMax {
                objection = .serialTooLong(entry: count)
            } else if let oid = entry.unknownCritical {
                let isIssuer = bytes.matches(oid, OID.certificateIssuer)
                let text = dottedDecimal(ofContent: bytes.array(oid))
                objection = isIssuer ? .indirect : .unknownCriticalExtension(oid: text, entry: count)
            } else if count > entryCountMax {
                objection = .tooManyEntries(countMax: entryCountMax)
            }
        }
    }
}

extension RevokedSerials {
    /// Takes up entries of which a shape has been made, so that they are known to decode.
    init(_ entries: Range<Int>, of shape: Shape, in bytes: Span<UInt8>) {
        count = shape.count
        extraWidth = shape.width - 8
        // About eight entries a bucket.
        let bucketBits = UInt64(max(0, Int.bitWidth - max(1, shape.count / 8).leadingZeroBitCount - 1))
        // A shift by all 64 bits gives 0: one bucket.
        let shift = 64 - bucketBits
        bucketShift = shift
        var ends = [UInt32](repeating: 0, count: 1 << Int(bucketBits) + 1)
        var counting = DERCursor(entries)
        while let entry = RevokedEntryReader.next(&counting, in: bytes) {
            let number = WideSerial(bytes, entry.serial, width: shape.width)
            ends[Int(number.key >> shift)] += 1
        }
        var total: UInt32 = 0
        for index in ends.indices {
            total += ends[index]
            ends[index] = total
        }
        var keys = [UInt64](repeating: 0, count: count)
        var extras = [UInt8](repeating: 0, count: count * extraWidth)
        var dates = [UInt32](repeating: 0, count: count)
        var reasons = [UInt8](repeating: 0, count: count)
        var placing = DERCursor(entries)
        while let entry = RevokedEntryReader.next(&placing, in: bytes) {
            let number = WideSerial(bytes, entry.serial, width: shape.width)
            let bucket = Int(number.key >> shift)
            ends[bucket] -= 1
            let index = Int(ends[bucket])
            keys[index] = number.key
            number.storeExtra(in: &extras, at: index * extraWidth)
            dates[index] = UInt32(clamping: bytes.wallTime(entry.date)?.seconds ?? 0)
            reasons[index] = entry.reason
        }
        self.keys = keys
        self.extras = extras
        self.dates = dates
        self.reasons = reasons
        buckets = ends
    }
}

/// One entry of revokedCertificates, as offsets.
private struct RevokedEntryReader {
    /// The number's content without octets that only repeat its sign.
    let serial: Range<Int>
    let date: DERElement
    private(set) var reason = RevocationReason.unspecified.rawValue
    /// The content of the identifier of the first critical extension that is not understood.
    private(set) var unknownCritical: Range<Int>?

    init(_ cursor: inout DERCursor, in bytes: Span<UInt8>) throws(DERFault) {
        let whole = try cursor.next(DERTag.sequence, in: bytes)
        var inner = DERCursor(whole.content)
        serial = try bytes.minimalInteger(inner.next(DERTag.integer, in: bytes).content)
        date = try inner.next(in: bytes)
        guard date.tag == DERTag.utcTime || date.tag == DERTag.generalizedTime else {
            throw DERFault(offset: date.start)
        }
        let extensions = try inner.nextIf(DERTag.sequence, in: bytes)
        try inner.expectEnd()
        guard let extensions else { return }
        var items = DERCursor(extensions.content)
        while !items.isAtEnd {
            let item = try DERExtension(reading: &items, in: bytes)
            if bytes.matches(item.oid, OID.reasonCode) {
                reason = try Self.reason(item.value, in: bytes)
            } else if bytes.matches(item.oid, OID.certificateIssuer) {
                // Critical or not: the entry is about another authority's certificate.
                unknownCritical = unknownCritical ?? item.oid
            } else if item.isCritical, !bytes.matches(item.oid, OID.invalidityDate) {
                unknownCritical = unknownCritical ?? item.oid
            }
        }
    }

    /// The next of entries that are known to decode; nil at their end.
    static func next(_ cursor: inout DERCursor, in bytes: Span<UInt8>) -> RevokedEntryReader? {
        cursor.isAtEnd ? nil : try? RevokedEntryReader(&cursor, in: bytes)
    }

    /// A reason without a name revokes as much as any other.
    private static func reason(_ value: Range<Int>, in bytes: Span<UInt8>) throws(DERFault) -> UInt8 {
        var cursor = DERCursor(value)
        let content = try cursor.next(DERTag.enumerated, in: bytes).content
        try cursor.expectEnd()
        guard !content.isEmpty else { throw DERFault(offset: value.lowerBound) }
        let code = bytes[content.lowerBound]
        guard content.count == 1, RevocationReason(rawValue: code) != nil else {
            return RevocationReason.unspecified.rawValue
        }
        return code
    }
}

/// A serial number as 256 bits of two's complement, and the key it is found by.
private struct WideSerial {
    /// Most significant first.
    private var words: InlineArray<4, UInt64>
    private let extraWidth: Int
    let key: UInt64

    /// - Parameters:
    ///   - content: a minimal INTEGER of 1 to `width` octets.
    ///   - width: 8 to 32.
    init(_ bytes: Span<UInt8>, _ content: Range<Int>, width: Int) {
        let sign: UInt64 = bytes[content.lowerBound] >= 0x80 ? .max : 0
        words = InlineArray(repeating: sign)
        var end = content.upperBound
        var place = 3
        while end > content.lowerBound {
            let start = max(content.lowerBound, end - 8)
            // Octets that are not there only repeat the sign.
            var word = sign
            for index in start..<end { word = word << 8 | UInt64(bytes[index]) }
            words[place] = word
            end = start
            place -= 1
        }
        extraWidth = width - 8
        var mixed = words[3]
        // Without extra octets the first three words only repeat the sign.
        if extraWidth > 0 {
            mixed ^=
                words[0] &* 0x9E37_79B9_7F4A_7C15 ^ words[1] &* 0xC2B2_AE3D_27D4_EB4F
                ^ words[2] &* 0x1656_67B1_9E37_79F9
        }
        mixed ^= mixed >> 32
        key = mixed &* 0x9FB2_1C65_1E98_DF25
    }

    func storeExtra(in extras: inout [UInt8], at offset: Int) {
        for place in 0..<extraWidth { extras[offset + place] = extraOctet(place) }
    }

    func hasExtra(_ extras: [UInt8], at offset: Int) -> Bool {
        for place in 0..<extraWidth where extras[offset + place] != extraOctet(place) { return false }
        return true
    }

    /// Of the octets in front of the last eight, the most significant first.
    private func extraOctet(_ place: Int) -> UInt8 {
        let fromEnd = extraWidth - 1 - place
        return UInt8(truncatingIfNeeded: words[2 - fromEnd / 8] >> (8 * UInt64(fromEnd % 8)))
    }
}

private let serialOctetsMax = 32
private let entryCountMax = 1 << 24
