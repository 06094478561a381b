/// How long things are good.
public struct Lifetimes: Sendable, Hashable {
    /// An authorization code; FAPI 2.0 §5.3.2.1 allows sixty seconds, RFC 6749 §4.1.2 ten minutes.
    public var codeSeconds: Int
    /// An access token, unless its grant ends sooner.
    public var accessTokenSeconds: Int
    /// A pushed request (RFC 9126 §2.2; FAPI 2.0 §5.3.2.2: less than 600 seconds). The customer logs in
    /// before it is looked up.
    public var pushedRequestSeconds: Int
    /// A refresh token that nobody uses.
    public var refreshIdleSeconds: Int
    /// A flow in which nothing is asked for or sent.
    public var flowIdleSeconds: Int
    /// A flow, however busy the customer.
    public var flowSeconds: Int

    public init(
        codeSeconds: Int = 60, accessTokenSeconds: Int = 600, pushedRequestSeconds: Int = 300,
        refreshIdleSeconds: Int = 90 * 86_400, flowIdleSeconds: Int = 600, flowSeconds: Int = 1800
    ) {
        self.codeSeconds = codeSeconds
        self.accessTokenSeconds = accessTokenSeconds
        self.pushedRequestSeconds = pushedRequestSeconds
        self.refreshIdleSeconds = refreshIdleSeconds
        self.flowIdleSeconds = flowIdleSeconds
        self.flowSeconds = flowSeconds
    }
}
