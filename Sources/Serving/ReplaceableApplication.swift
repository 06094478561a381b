import Reactor

/// An application that another takes the place of while it serves: each request is answered by one of them,
/// whole.
public final class ReplaceableApplication: WebApplication {
    private let current: Published<any WebApplication>

    public init(_ application: any WebApplication) { current = Published(application) }

    /// For all requests that begin from now on.
    public func replace(by application: any WebApplication) { current.replace(application) }

    public func answer(_ request: WebRequest) -> WebResponse { current.current.answer(request) }
}
