/// Why bytes are not a certificate, or not a bundle of them.
public enum CertificateFault: Error, Sendable, Hashable {
    /// Not one complete DER certificate (RFC 5280 §4.1): truncated, trailing bytes, or not canonical.
    case undecodable
    /// A bundle without a single certificate in it.
    case emptyBundle
    /// A bundle with something wrong in its `ordinal`-th block (from 1), which begins at `line` (from 1).
    case badBlock(ordinal: Int, line: Int, problem: PEMProblem)

    /// What is wrong with one PEM block.
    public enum PEMProblem: String, Sendable, Hashable {
        /// A `-----BEGIN` or `-----END` line that is not exactly as RFC 7468 §3 has it.
        case badBoundary
        /// An END without BEGIN, a BEGIN inside a block, or labels that differ.
        case unbalanced
        /// The text ends inside the block: a file half written.
        case unfinished
        /// Something else than a certificate, a private key for instance.
        case notCertificate
        /// What stands inside is not base 64.
        case badBase64
        /// The bytes are not one DER certificate.
        case undecodable
    }
}
