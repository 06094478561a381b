import HTTP

/// Names that speak of identity or of the way a request took: only the gateway may say such things.
///
/// Compared after folding case and `-`, `_`, `.` onto each other, since backends do the same.
enum ReservedHeaders {
    /// Removes them from a client's request; returns how many there were.
    static func strip(_ headers: inout HeaderFields) -> Int {
        headers.removeAll(whereFoldedName: isReserved)
    }

    static func isReserved(_ folded: Span<UInt8>) -> Bool {
        guard !folded.isEmpty, initials & initial(folded[0]) != 0 else { return false }
        return exact.contains { $0.count == folded.count && folded.starts(with: $0) }
            || prefixes.contains { folded.starts(with: $0) }
    }

    private static let exact: [[UInt8]] = [
        "client-cert", "client-cert-chain", "forwarded", "x-real-ip", "x-request-id", "x-client-ip",
        "true-client-ip",
        "x-remote-user", "remote-user", "x-authenticated-user", "x-customer-id", "x-user-id", "x-user",
        "cf-access-jwt-assertion", "x-original-url", "x-rewrite-url", "x-http-method-override", "proxy",
    ].map { Array($0.utf8) }

    private static let prefixes: [[UInt8]] = [
        "sekisho-", "x-sekisho-", "x-forwarded-", "x-ssl-", "ssl-client", "x-client-cert", "x-client-verify",
        "x-amzn-mtls-", "x-pomerium-", "x-goog-iap-",
    ].map { Array($0.utf8) }

    /// With which letters any of them begin: most names need not be compared. Others may pass with them.
    private static let initials = (exact + prefixes).reduce(0) { $0 | initial($1[0]) }

    private static func initial(_ byte: UInt8) -> UInt32 { 1 << UInt32(byte & 31) }
}

extension Span<UInt8> {
    func starts(with bytes: [UInt8]) -> Bool {
        guard count >= bytes.count else { return false }
        for index in bytes.indices where self[index] != bytes[index] { return false }
        return true
    }
}
