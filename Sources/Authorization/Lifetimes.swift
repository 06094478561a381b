/// How long things are good.
public struct Lifetimes: Sendable, Hashable {
    /// An authorization code; FAPI 2.0 §5.3.2.1 allows sixty seconds, RFC 6749 §4.1.2 ten minutes.
    public var codeSeconds: Int
    /// An access token, unless its grant ends sooner.
    public var accessTokenSeconds: Int
    /// A flow in which nothing is asked for or sent.
    public var flowIdleSeconds: Int
    /// A flow, however busy the customer.
    public var flowSeconds: Int

    public init(
        codeSeconds: Int = 60, accessTokenSeconds: Int = 600, flowIdleSeconds: Int = 600,
        flowSeconds: Int = 1800
    ) {
        self.codeSeconds = codeSeconds
        self.accessTokenSeconds = accessTokenSeconds
        self.flowIdleSeconds = flowIdleSeconds
        self.flowSeconds = flowSeconds
    }
}
