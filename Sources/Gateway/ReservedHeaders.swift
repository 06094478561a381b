import HTTP

/// Names that speak of identity or of the way a request took: only the gateway may say such things.
///
/// Compared after folding case and `-`, `_`, `.` onto each other, since backends do the same.
enum ReservedHeaders {
    /// Removes them from a client's request; returns how many there were.
    static func strip(_ headers: inout HeaderFields) -> Int {
        headers.removeAll(whereName: isReserved)
    }

    static func isReserved(_ name: Span<UInt8>) -> Bool {
        guard !name.isEmpty, initials & initial(name[0]) != 0 else { return false }
        return exact.contains { name.folds(onto: $0.span) }
            || prefixes.contains { name.foldedStarts(with: $0.span) }
    }

    static let exact: [[UInt8]] = [
        "client-cert", "client-cert-chain", "forwarded", "x-real-ip", "x-request-id", "x-client-ip",
        "true-client-ip",
        "x-remote-user", "remote-user", "x-authenticated-user", "x-customer-id", "x-user-id", "x-user",
        "cf-access-jwt-assertion", "x-original-url", "x-rewrite-url", "x-http-method-override", "proxy",
    ].map { Array($0.utf8) }

    static let prefixes: [[UInt8]] = [
        "sekisho-", "x-sekisho-", "x-forwarded-", "x-ssl-", "ssl-client", "x-client-cert", "x-client-verify",
        "x-amzn-mtls-", "x-pomerium-", "x-goog-iap-",
    ].map { Array($0.utf8) }

    /// The letters that any of them begin with, in either case: most names need not be compared.
    private static let initials = (exact + prefixes).reduce(0) { $0 | initial($1[0]) }

    private static func initial(_ byte: UInt8) -> UInt32 { 1 << UInt32(byte & 31) }
}
