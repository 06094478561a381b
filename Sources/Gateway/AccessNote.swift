import Serving

/// What is counted and logged of an exchange once it is over, beside what the exchange itself knows.
final class AccessNote {
    let trace: RequestTrace
    let metrics: LoopMetrics.Host
    /// What was thought of the client's certificate.
    let certificate: String
    let isLogged: Bool

    init(_ trace: RequestTrace, _ metrics: LoopMetrics.Host, certificate: String, isLogged: Bool) {
        self.trace = trace
        self.metrics = metrics
        self.certificate = certificate
        self.isLogged = isLogged
    }
}
