/// Why bytes are not a CRL that can be used (RFC 5280 §5).
public enum RevocationListFault: Error, Sendable, Hashable {
    /// Not one complete DER CertificateList: what stands at this offset does not decode.
    case malformed(offset: Int)
    /// A CRL that also speaks for other authorities than its signer. Their customers would go unchecked, so
    /// it is refused whole: ask the authority for a CRL of its own.
    case indirect
    /// A critical extension that is not understood, of the list or (`entry`, from 1) of one certificate.
    case unknownCriticalExtension(oid: String, entry: Int?)
    /// A serial number of more than 32 octets, where RFC 5280 allows 20.
    case serialTooLong(entry: Int)
    /// More certificates than any authority revokes.
    case tooManyEntries(countMax: Int)
    /// Signed with a digest of less than 112 bits of security (MD5, SHA-1), or in a way nobody knows.
    case weakSignature(algorithm: String)
}

/// Why a file is not CRLs.
public enum RevocationFileFault: Error, Sendable, Hashable {
    /// It is neither DER nor has it a single `X509 CRL` block.
    case empty
    /// Something wrong with its `ordinal`-th block (from 1), which begins at `line` (from 1).
    case badBlock(ordinal: Int, line: Int, problem: PEMProblem)
    /// Its `ordinal`-th CRL (from 1) cannot be used.
    case badList(ordinal: Int, RevocationListFault)
}

extension RevocationListFault: CustomStringConvertible {
    /// In words for the operator.
    public var description: String {
        switch self {
        case .malformed(let offset):
            "not one whole CRL in DER: what stands at byte \(offset) does not decode"
        case .indirect:
            "an indirect CRL, which speaks for other CAs than the one that signed it; ask each CA for its own"
        case .unknownCriticalExtension(let oid, let entry?):
            "entry \(entry) has a critical extension that is not understood: \(oid)"
        case .unknownCriticalExtension(let oid, nil):
            "it has a critical extension that is not understood: \(oid)"
        case .serialTooLong(let entry): "entry \(entry) has a serial number of more than 32 octets"
        case .tooManyEntries(let countMax): "more than \(countMax) entries"
        case .weakSignature(let algorithm):
            "signed in a way that is too weak or not known: \(algorithm)"
        }
    }
}

extension RevocationFileFault: CustomStringConvertible {
    /// In words for the operator, behind a file's name.
    public var description: String {
        switch self {
        case .empty: "no CRL in it: expected DER, or PEM with `-----BEGIN X509 CRL-----`"
        case .badBlock(let ordinal, let line, let problem):
            "PEM block \(ordinal), which begins at line \(line): \(problem)"
        case .badList(let ordinal, let fault): "CRL \(ordinal): \(fault)"
        }
    }
}
