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
