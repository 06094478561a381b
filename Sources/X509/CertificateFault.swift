/// Why bytes are not a certificate, or not a bundle of them.
public enum CertificateFault: Error, Sendable, Hashable {
    /// Not one complete DER certificate (RFC 5280 §4.1): truncated, trailing bytes, or not canonical.
    case undecodable
    /// A bundle without a single certificate in it.
    case emptyBundle
    /// A bundle with something wrong in its `ordinal`-th block (from 1), which begins at `line` (from 1).
    case badBlock(ordinal: Int, line: Int, problem: PEMProblem)
}

extension CertificateFault: CustomStringConvertible {
    /// In words for the operator, behind a file's name.
    public var description: String {
        switch self {
        case .undecodable: "not one whole certificate in DER"
        case .emptyBundle: "no certificate in it: expected PEM, `-----BEGIN CERTIFICATE-----`"
        case .badBlock(let ordinal, let line, let problem):
            "PEM block \(ordinal), which begins at line \(line): \(problem)"
        }
    }
}
