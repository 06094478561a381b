import Authorization
import Testing

@Suite struct AuthorizationRequestTests {
    private func judge(_ parameters: Parameters) -> AuthorizationDecision {
        AuthorizationRequest.parse(parameters, partners: partners)
    }

    private func errorCode(_ parameters: Parameters) -> AuthorizationError.Code? {
        guard case .redirect(let error, _) = judge(parameters) else { return nil }
        return error.code
    }

    @Test(arguments: [nil, "unknown", "SAMPLE"])
    func `row 3, an unknown partner gets a page and no redirect`(id: String?) {
        #expect(judge(goodRequest.with("client_id", id)) == .local(.unknownPartner))
    }

    @Test func `row 3, a repeated client_id gets a page and no redirect`() {
        #expect(judge(goodRequest.repeating("client_id")) == .local(.unknownPartner))
    }

    @Test(arguments: [
        nil, "https://p.example/cb/", "https://p.example/CB", "https://p.example/cb?a=2",
        "http://p.example/cb",
        "https://p.example:443/cb", "https://p.example/cb#x", "https://evil.example/",
        "https://p.example/c%62",
        "https://o.example/",
    ])
    func `rows 2 and 4, any other redirect URI gets a page and no redirect`(address: String?) {
        #expect(judge(goodRequest.with("redirect_uri", address)) == .local(.redirectURI))
    }

    @Test func `row 2, a repeated redirect URI gets a page and no redirect`() {
        #expect(judge(goodRequest.repeating("redirect_uri")) == .local(.redirectURI))
    }

    @Test(arguments: ["response_type", "state", "scope", "code_challenge", "code_challenge_method"])
    func `row 1, a repeated parameter is an invalid request`(name: String) {
        #expect(errorCode(goodRequest.repeating(name)) == .invalidRequest)
    }

    @Test func `row 1, even an unknown parameter may not be repeated`() {
        #expect(errorCode(Parameters(goodRequest + [("x", "1"), ("x", "2")])) == .invalidRequest)
    }

    @Test func `row 1, an unknown parameter is ignored and an empty one counts as left out`() {
        guard case .accepted = judge(Parameters(goodRequest + [("x", "1"), ("scope", "")])) else {
            Issue.record("not accepted")
            return
        }
        #expect(errorCode(goodRequest.with("response_type", "")) == .invalidRequest)
    }

    @Test(arguments: ["token", "code token", "id_token", "CODE"])
    func `row 5, any response type but code is refused`(type: String) {
        #expect(errorCode(goodRequest.with("response_type", type)) == .unsupportedResponseType)
    }

    @Test func `row 5, a missing response type is an invalid request`() {
        #expect(errorCode(goodRequest.with("response_type", nil)) == .invalidRequest)
    }

    @Test func `a response mode other than query is an invalid request`() {
        #expect(errorCode(goodRequest.with("response_mode", "fragment")) == .invalidRequest)
    }

    @Test(arguments: [nil, "plain", "s256"])
    func `row 7, a challenge method other than S256 is an invalid request`(method: String?) {
        #expect(errorCode(goodRequest.with("code_challenge_method", method)) == .invalidRequest)
    }

    @Test(arguments: [
        nil, String(challengeText.dropLast()), challengeText + "A", challengeText.replacing("-", with: "+"),
        String(repeating: "=", count: 43),
    ])
    func `row 6, a missing or malformed challenge is an invalid request`(challenge: String?) {
        #expect(errorCode(goodRequest.with("code_challenge", challenge)) == .invalidRequest)
    }

    @Test(arguments: [
        "transfers", "balance transfers", "unknown", "balance  movements", " balance", "BALANCE",
    ])
    func `row 13, a scope the partner is not registered for is invalid`(scope: String) {
        #expect(errorCode(goodRequest.with("scope", scope)) == .invalidScope)
    }

    @Test func `row 13, request objects are refused by their names`() {
        #expect(errorCode(goodRequest.with("request", "e30.e30.")) == .requestNotSupported)
        #expect(errorCode(goodRequest.with("request_uri", "urn:x")) == .requestURINotSupported)
    }

    @Test func `row 17, a partner that must push its requests cannot send them by the browser`() {
        let pushing = Partner(
            id: "sample", name: "P", company: "P", redirectURIs: samplePartner.redirectURIs,
            scopes: samplePartner.scopes,
            consentDays: 1, authentication: samplePartner.authentication, requiresPushedRequests: true)
        let decision = AuthorizationRequest.parse(
            Parameters(goodRequest), partners: PartnerRegistry([pushing]))
        guard case .redirect(let error, _) = decision else {
            Issue.record("not redirected")
            return
        }
        #expect(error.code == .invalidRequest)
    }

    @Test(arguments: ["a\nb", "ä", String(repeating: "a", count: 1025)])
    func `row 11, a state that cannot be echoed is an invalid request and not echoed`(state: String) {
        guard case .redirect(let error, let back) = judge(goodRequest.with("state", state)) else {
            Issue.record("not redirected")
            return
        }
        #expect(error.code == .invalidRequest)
        #expect(back.state == nil)
    }

    @Test(arguments: ["s t&1", "~", String(repeating: "a", count: 1024)])
    func `row 11, the state comes back with an error`(state: String) {
        let parameters = Parameters(
            goodRequest.filter { $0.name != "state" && $0.name != "response_type" } + [("state", state)])
        guard case .redirect(_, let back) = judge(parameters) else {
            Issue.record("not redirected")
            return
        }
        #expect(back.state == state)
    }

    @Test func `a good request is accepted as it came`() throws {
        let expected = AuthorizationRequest(
            partner: "sample", redirectURI: "https://p.example/cb", state: "s t&1",
            scopes: Scopes([.balance]),
            challenge: try #require(CodeChallenge(challengeText)))
        #expect(judge(Parameters(goodRequest)) == .accepted(expected))
    }

    @Test func `without a scope the partner gets all it is registered for`() {
        guard case .accepted(let request) = judge(goodRequest.with("scope", nil)) else {
            Issue.record("not accepted")
            return
        }
        #expect(request.scopes.text == "balance movements")
    }
}

@Suite struct ReturnAddressTests {
    @Test func `rows 11 and 12, a code comes with state and issuer, each encoded`() {
        let back = ReturnAddress(redirectURI: "https://p.example/cb", state: "s t&1")
        #expect(
            back.granted(code: "c+/=", issuer: "https://fb.example")
                == "https://p.example/cb?code=c%2B%2F%3D&state=s%20t%261&iss=https%3A%2F%2Ffb.example")
    }

    @Test func `rows 12 and 14, an error comes with state and issuer, and keeps a query`() {
        let back = ReturnAddress(redirectURI: "https://p.example/cb?a=1", state: nil)
        #expect(
            back.refused(AuthorizationError(.accessDenied), issuer: "https://fb.example")
                == "https://p.example/cb?a=1&error=access_denied&iss=https%3A%2F%2Ffb.example")
    }

    @Test(arguments: [
        ("https://p.example:8444/cb?x=https://y", "https://p.example:8444"),
        ("https://p.example", "https://p.example"),
        ("https://p.example?x", "https://p.example"),
    ])
    func `the origin is scheme, host and port`(address: String, origin: String) {
        #expect(ReturnAddress(redirectURI: address, state: nil).origin == origin)
    }

    @Test func `an address without an authority has no origin`() {
        #expect(ReturnAddress(redirectURI: "app:/cb", state: nil).origin == nil)
    }
}
