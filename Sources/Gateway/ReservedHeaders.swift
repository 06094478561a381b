import HTTP

/// Names that speak of identity or of the way a request took: only the gateway may say such things.
///
/// Compared after folding case and `-`, `_`, `.` onto each other, since backends do the same.
enum ReservedHeaders {
    /// Removes them from a client's request; returns how many there were.
    static func strip(_ headers: inout HeaderFields) -> Int {
        headers.removeAll { name, _ in isReserved(HeaderFields.foldedName(name)) }
    }

    static func isReserved(_ folded: String) -> Bool {
        exact.contains(folded) || prefixes.contains { folded.utf8.starts(with: $0.utf8) }
    }

    private static let exact: Set<String> = [
        "client-cert", "client-cert-chain", "forwarded", "x-real-ip", "x-request-id", "x-client-ip",
        "true-client-ip",
        "x-remote-user", "remote-user", "x-authenticated-user", "x-customer-id", "x-user-id", "x-user",
        "cf-access-jwt-assertion", "x-original-url", "x-rewrite-url", "x-http-method-override", "proxy",
    ]

    private static let prefixes = [
        "sekisho-", "x-sekisho-", "x-forwarded-", "x-ssl-", "ssl-client", "x-client-cert", "x-client-verify",
        "x-amzn-mtls-", "x-pomerium-", "x-goog-iap-",
    ]
}
