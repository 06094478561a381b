/// Why bytes are not a certificate, or not a bundle of them.
public enum CertificateFault: Error, Sendable, Hashable {
    /// Not one complete DER certificate (RFC 5280 §4.1): truncated, trailing bytes, or not canonical.
    case undecodable
}
