public import HTTP
import Reactor
import Serving
public import TLS

/// Why a visitor got no further.
public struct VisitFault: Error, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// A page as a visitor sees it.
public struct VisitedPage: Sendable {
    public let url: URLReference
    public let status: Int
    public let headers: HeaderFields
    public let text: String

    public init(url: URLReference, status: Int, headers: HeaderFields, text: String) {
        self.url = url
        self.status = status
        self.headers = headers
        self.text = text
    }
}

/// A scripted browser: keeps cookies, follows redirects, fills in forms, presents its certificate where it is
/// asked.
///
/// Names below `localhost` lead to this machine (RFC 6761 §6.3); other names it does not know. One thread
/// uses it.
public final class Visitor {
    /// How often a redirect is followed before the visitor gives up.
    public var redirectsMax = 10
    /// Where the hosts under `fb.localhost` are: requests go round these addresses, as behind a load balancer
    /// that remembers nobody.
    public var nodes = ["127.0.0.1"]
    private var requestCount = 0
    private let context: ClientContext
    private var cookies: [Cookie] = []
    private var clients: [String: BlockingClient] = [:]

    private struct Cookie {
        let name: String
        let value: String
        let domain: String
        let hostOnly: Bool

        func isFor(_ host: String) -> Bool {
            host == domain || !hostOnly && host.hasSuffix("." + domain)
        }
    }

    /// - Parameters:
    ///   - anchors: PEM of the authorities that servers' certificates must come from.
    ///   - identity: The visitor's own certificate and key.
    public init(trusting anchors: [UInt8], identity: ClientIdentity? = nil) throws(VisitFault) {
        do throws(TLSFault) {
            context = try ClientContext(anchorsPEM: anchors, identity: identity)
        } catch {
            throw VisitFault("TLS: \(error)")
        }
    }

    /// Opens a page and follows redirects to where they end, those of pages that go on by themselves too.
    public func open(_ url: String) throws(VisitFault) -> VisitedPage {
        try follow("GET", try Self.url(url), body: [])
    }

    /// Sends one request and follows nothing.
    public func request(
        _ method: String, _ url: String, headers: [(String, String)] = [], form: [(String, String)]? = nil
    ) throws(VisitFault) -> VisitedPage {
        let body = form.map { Array(FormFields.encode($0).utf8) } ?? []
        return try send(method, try Self.url(url), headers: headers, body: body, isForm: form != nil)
    }

    /// Fills in the form of a page and presses a button: `fields` beside what the form carries hidden.
    public func submit(
        _ form: PageForm, on page: VisitedPage, _ fields: [(String, String)]
    ) throws(VisitFault) -> VisitedPage {
        let body = Array(FormFields.encode(form.hidden + fields).utf8)
        return try follow("POST", try Self.resolve(form.action, against: page.url), body: body)
    }

    /// The value of a cookie for a host.
    public func cookie(_ name: String, for host: String) -> String? {
        cookies.last { $0.name == name && $0.isFor(host) }?.value
    }

    /// Puts a cookie into the visitor's hands that no server gave it.
    public func plantCookie(_ name: String, _ value: String, for host: String) {
        cookies.append(Cookie(name: name, value: value, domain: host, hostOnly: true))
    }

    private func follow(_ method: String, _ url: URLReference, body: [UInt8]) throws(VisitFault)
        -> VisitedPage
    {
        var page = try send(method, url, headers: [], body: body, isForm: method == "POST")
        for _ in 0..<redirectsMax {
            let redirect = [301, 302, 303].contains(page.status) ? page.headers["Location"] : page.goesOnTo
            guard let location = redirect else { return page }
            page = try send(
                "GET", try Self.resolve(location, against: page.url), headers: [], body: [], isForm: false)
        }
        throw VisitFault(
            "more than \(redirectsMax) redirects, the last to \(page.url.origin)\(page.url.path)")
    }

    private func send(
        _ method: String, _ url: URLReference, headers extra: [(String, String)], body: [UInt8], isForm: Bool
    ) throws(VisitFault) -> VisitedPage {
        var headers = HeaderFields([("Host", url.authority), ("Accept-Language", "ja")])
        for (name, value) in extra { headers.add(name, value) }
        let mine = cookies.filter { $0.isFor(url.host) }
        if !mine.isEmpty {
            headers.add("Cookie", mine.map { "\($0.name)=\($0.value)" }.joined(separator: "; "))
        }
        if isForm {
            headers.add("Content-Type", "application/x-www-form-urlencoded")
            headers.add("Origin", url.origin)
        }
        let response: ClientResponse
        let client = try client(for: url)
        do throws(ClientFailure) {
            response = try client.send(method, url.target, headers: headers, body: body)
        } catch {
            throw VisitFault("\(method) \(url.origin)\(url.path): \(error.code)")
        }
        for value in response.head.headers.values(of: "Set-Cookie") { store(value, from: url.host) }
        return VisitedPage(
            url: url, status: response.head.status, headers: response.head.headers, text: response.text)
    }

    private func client(for url: URLReference) throws(VisitFault) -> BlockingClient {
        let isBank = url.host == "fb.localhost" || url.host.hasSuffix(".fb.localhost")
        let address = isBank ? nodes[requestCount % nodes.count] : "127.0.0.1"
        requestCount += 1
        if let known = clients["\(url.origin) \(address)"] { return known }
        guard url.host == "localhost" || url.host.hasSuffix(".localhost") else {
            throw VisitFault("no name below localhost: \(url.host)")
        }
        do throws(SystemFault) {
            let client = try BlockingClient(
                to: .tcp(address: address, port: url.port), tls: url.isSecure ? (context, url.host) : nil)
            clients["\(url.origin) \(address)"] = client
            return client
        } catch {
            throw VisitFault("\(error)")
        }
    }

    private func store(_ text: String, from host: String) {
        let parts = text.split(separator: ";").map { $0.drop { $0 == " " } }
        guard let pair = parts.first, let equals = pair.firstIndex(of: "=") else { return }
        let name = String(pair[..<equals])
        let attributes = parts.dropFirst().map { $0.split(separator: "=", maxSplits: 1) }
        let domain = attributes.first { $0.first?.lowercased() == "domain" }?.last.map(String.init)
        let isRemoved = attributes.contains { $0.first?.lowercased() == "max-age" && $0.last == "0" }
        cookies.removeAll { $0.name == name && $0.domain == domain ?? host }
        if isRemoved { return }
        // A server may set cookies for itself and its parents, for nobody else.
        if let domain, host != domain, !host.hasSuffix("." + domain) { return }
        cookies.append(
            Cookie(
                name: name, value: String(pair[pair.index(after: equals)...]), domain: domain ?? host,
                hostOnly: domain == nil))
    }

    private static func url(_ text: String) throws(VisitFault) -> URLReference {
        guard let url = URLReference(parsing: text) else { throw VisitFault("not a URL: \(text)") }
        return url
    }

    private static func resolve(_ reference: String, against base: URLReference) throws(VisitFault)
        -> URLReference
    {
        if reference.hasPrefix("/"), !reference.hasPrefix("//") { return try url(base.origin + reference) }
        return try url(reference)
    }
}
