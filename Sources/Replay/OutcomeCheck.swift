public import Traces

/// Compares what a gateway reported with what the trace expects.
public struct OutcomeCheck: Sendable {
    /// What became of one connection.
    public enum Finding: Sendable, Hashable {
        case matches
        /// In words.
        case differs(String)
        /// The target says nothing.
        case unreported
    }

    /// - Parameters:
    ///   - customer: Whose certificate was shown; nil without one.
    ///   - certificate: The beginning of its SHA-256, as in the report.
    public static func compare(
        _ expected: Score.Expectation, customer: String?, certificate: String?, _ reported: ReportedOutcome?
    ) -> Finding {
        guard let reported else { return .unreported }
        if reported.verdict != expected.verdict || reported.reason != expected.reason {
            let got = Score.Expectation(verdict: reported.verdict, reason: reported.reason)
            return .differs("expected \(expected.name), got \(got.name)")
        }
        // A session that brings another's certificate back is the worst that can happen.
        if let told = reported.certificate, told != certificate {
            return .differs("\(expected.name), but for the certificate of somebody else")
        }
        if expected.verdict == .trusted, expected.reason == nil, let told = reported.customer,
            told != customer
        {
            return .differs(
                "\(expected.name), but taken for customer \(told) instead of \(customer ?? "nobody")")
        }
        return .matches
    }

    /// Whether a server that says no more let in whom it was to let in.
    ///
    /// - Parameter status: Of the first response.
    /// - Returns: Nil where the trace does not say: of clients without a certificate.
    public static func admission(_ expected: Score.Expectation, status: Int) -> Finding? {
        let isIn = (200..<400).contains(status)
        return switch expected.verdict {
        case .absent: nil
        case .trusted:
            isIn ? .matches : .differs("\(expected.name), but kept out with status \(status)")
        case .refused:
            isIn
                ? .differs("\(expected.name), but let in with status \(status)") : .matches
        }
    }
}
