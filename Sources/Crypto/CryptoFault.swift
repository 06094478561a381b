/// Why a cryptographic operation gave no result. Never says anything of the secret it was about.
public enum CryptoFault: Error, Sendable, Hashable {
    /// What was to be read is not of the form it should have.
    case malformed(String)
    /// Parameters outside the limits held here.
    case outOfRange(String)
    /// libcrypto refused; the operation.
    case failed(String)
}
