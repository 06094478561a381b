import Authorization
import Testing
import Text

@Suite struct TokenRequestTests {
    private func errorCode(
        _ parameters: Parameters, from partner: Partner = samplePartner
    ) -> TokenError.Code? {
        do throws(TokenError) {
            _ = try TokenRequest.parse(parameters, from: partner)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: ["grant_type", "client_id", "redirect_uri", "code", "code_verifier"])
    func `row 1, a repeated parameter is an invalid request`(name: String) {
        #expect(errorCode(goodTokenRequest.repeating(name)) == .invalidRequest)
    }

    @Test(arguments: ["grant_type", "redirect_uri", "code", "code_verifier"])
    func `a missing parameter is an invalid request`(name: String) {
        #expect(errorCode(goodTokenRequest.with(name, nil)) == .invalidRequest)
    }

    @Test(arguments: ["password", "client_credentials", "implicit"])
    func `row 5, other grant types are unsupported`(type: String) {
        #expect(errorCode(goodTokenRequest.with("grant_type", type)) == .unsupportedGrantType)
    }

    @Test(arguments: [
        String(repeating: "a", count: 42), String(repeating: "a", count: 129),
        String(repeating: "a", count: 42) + "+",
        String(repeating: "a", count: 42) + "é",
    ])
    func `row 8, a malformed verifier is an invalid grant`(verifier: String) {
        #expect(errorCode(goodTokenRequest.with("code_verifier", verifier)) == .invalidGrant)
    }

    @Test(arguments: [43, 128])
    func `row 8, a verifier of 43 to 128 characters is read`(length: Int) {
        #expect(
            errorCode(goodTokenRequest.with("code_verifier", String(repeating: "~", count: length))) == nil)
    }

    @Test func `row 34, only an invalid client is 401`() {
        for code in TokenError.Code.allCases {
            #expect(TokenError(code).status == (code == .invalidClient ? 401 : 400))
        }
    }
}

@Suite struct AuthorizationCodeTests {
    private let digest = [UInt8](repeating: 9, count: 32)

    private func code() throws -> AuthorizationCode {
        let challenge = try #require(CodeChallenge(digest: digest))
        let request = AuthorizationRequest(
            partner: "sample", redirectURI: "https://p.example/cb", state: nil, scopes: Scopes([.balance]),
            challenge: challenge)
        return AuthorizationCode(
            hash: [1], request: request, grant: GrantID("g"), at: noon, lifetimes: Lifetimes())
    }

    private func request(
        _ parameters: Parameters, from partner: Partner = samplePartner
    ) throws -> CodeRequest {
        guard case .code(let request) = try TokenRequest.parse(parameters, from: partner) else {
            throw TokenError(.unsupportedGrantType)
        }
        return request
    }

    @Test func `row 9, a code lives for sixty seconds`() throws {
        #expect(try code().expiresAt == noon.adding(seconds: 60))
    }

    @Test func `row 10, a code is bound to its redirect URI and challenge`() throws {
        let other = try request(goodTokenRequest.with("redirect_uri", "https://p.example/cb?a=1"))
        #expect(try !code().admits(other, verifierDigest: digest))
        let good = try request(Parameters(goodTokenRequest))
        #expect(try !code().admits(good, verifierDigest: [UInt8](repeating: 8, count: 32)))
        #expect(try code().admits(good, verifierDigest: digest))
    }

    @Test func `row 10, a code is bound to its partner`() throws {
        let other = try request(Parameters(goodTokenRequest), from: fingerprintPartner)
        #expect(try !code().admits(other, verifierDigest: digest))
    }
}

@Suite struct AccessTokenTests {
    private func grant(_ status: GrantStatus = .active, until: Int64 = 86_400) -> Grant {
        Grant(
            id: GrantID("g"), customer: "C1", partner: "sample", scopes: Scopes([.balance]),
            period: ConsentPeriod(from: noon, until: noon.adding(seconds: until)),
            grantedAt: noon,
            evidence: Evidence(
                session: "s", context: "urn:x", certificateFingerprint: nil, authenticatedAt: noon),
            status: status)
    }

    private func refusal(
        _ scope: Scope = .balance, grant: Grant, certificate: PartnerCertificate = sampleCertificate,
        after seconds: Int64
    ) -> ResourceError? {
        let token = AccessToken(
            hash: [1], grant: self.grant(), certificate: sampleCertificate, at: noon, lifetimes: Lifetimes())
        do throws(ResourceError) {
            try token.admits(scope, grant: grant, certificate: certificate, at: noon.adding(seconds: seconds))
            return nil
        } catch {
            return error
        }
    }

    @Test func `row 28, a token shown with another certificate is invalid`() {
        let other = PartnerCertificate(
            fingerprint: [UInt8](repeating: 2, count: 32), subject: sampleCertificate.subject)
        #expect(refusal(grant: grant(), certificate: other, after: 0) == .invalidToken)
    }

    @Test(arguments: GrantStatus.allCases.filter { $0 != .active })
    func `a token of a grant that was ended is invalid`(status: GrantStatus) {
        #expect(refusal(grant: grant(status), after: 0) == .invalidToken)
    }

    @Test func `row 32, a token lives for ten minutes`() {
        #expect(refusal(grant: grant(), after: 600) == .invalidToken)
        #expect(refusal(grant: grant(), after: 599) == nil)
    }

    @Test func `row 31, no token outlives its grant`() {
        let short = grant(until: 100)
        let token = AccessToken(
            hash: [1], grant: short, certificate: sampleCertificate, at: noon, lifetimes: Lifetimes())
        #expect(token.expiresAt == short.period.until)
    }

    @Test func `a scope that was not granted is insufficient`() {
        #expect(refusal(.movements, grant: grant(), after: 0) == .insufficientScope)
    }

    @Test func `errors have the statuses of RFC 6750`() {
        #expect(ResourceError.allCases.map(\.status) == [401, 400, 401, 403])
        #expect(ResourceError.missingToken.challenge == "Bearer")
        #expect(ResourceError.invalidToken.challenge == "Bearer error=\"invalid_token\"")
    }
}

@Suite struct ConsentPeriodTests {
    @Test(arguments: [
        ("2026-11-22T14:59:59Z", 1, "2026年11月22日 ～ 2026年11月22日"),
        ("2026-11-22T15:00:00Z", 1, "2026年11月23日 ～ 2026年11月23日"),
        ("2026-11-23T09:50:29Z", 365, "2026年11月23日 ～ 2027年11月22日"),
        ("2028-02-28T00:00:00Z", 2, "2028年02月28日 ～ 2028年02月29日"),
    ])
    func `the period is whole days in Japan, both ends included`(start: String, days: Int, text: String)
        throws
    {
        let start = try #require(WallTime(rfc3339: start))
        #expect(ConsentPeriod(startingAt: start, days: days).japaneseText == text)
    }
}
