import Authorization
import Crypto
import HTTP
import Serving
import Text

/// The endpoints about tokens, for partners.
struct TokenDesk: Sendable {
    private let setup: ConsentSetup
    private let store: any ConsentApplication.Store
    private let endpoint: PartnerEndpoint
    private let watch: GrantWatch
    private let journal: ConsentJournal

    init(
        _ setup: ConsentSetup, store: any ConsentApplication.Store, endpoint: PartnerEndpoint,
        watch: GrantWatch, journal: ConsentJournal
    ) {
        self.setup = setup
        self.store = store
        self.endpoint = endpoint
        self.watch = watch
        self.journal = journal
    }

    // MARK: POST /token

    func token(_ call: Call, _ certificate: PartnerCertificate) -> WebResponse {
        endpoint.answer(call, certificate) { (partner, parameters) throws(EndpointFault) in
            let request: TokenRequest
            do throws(TokenError) {
                request = try TokenRequest.parse(parameters, from: partner)
            } catch {
                throw .refused(error)
            }
            switch request {
            case .code(let request): return try redeem(request, partner, call, certificate)
            case .refresh(let request): return try refresh(request, partner, call, certificate)
            }
        }
    }

    private func redeem(
        _ request: CodeRequest, _ partner: Partner, _ call: Call, _ certificate: PartnerCertificate
    ) throws(EndpointFault) -> WebResponse {
        let token = SecureRandom.token()
        let refreshToken = partner.getsRefreshTokens ? SecureRandom.token() : nil
        let verifierDigest = SHA256Digest(of: request.verifier.bytes).bytes
        let redemption: Redemption
        do throws(ConsentStoreFault) {
            redemption = try store.redeem(
                codeHash: Self.hash(request.code), partner: partner.id, at: call.now
            ) { code, grant in
                guard code.admits(request, verifierDigest: verifierDigest) else { return nil }
                let access = AccessToken(
                    hash: Self.hash(token), grant: grant, certificate: certificate, at: call.now,
                    lifetimes: partner.lifetimes)
                let refresh = refreshToken.map {
                    RefreshToken(
                        hash: Self.hash($0), grant: grant.id, partner: partner.id, scopes: grant.scopes,
                        usedAt: call.now)
                }
                return IssuedTokens(access: access, refresh: refresh)
            }
        } catch {
            throw .store(error)
        }
        journal.redeemed(redemption, partner: partner.id, call.assertion)
        // Why it is no good is for the log only.
        guard case .issued(let issued, let grant) = redemption else {
            throw .refused(TokenError(.invalidGrant), reason: "code")
        }
        try check(grant, call)
        return answer(token, issued.access, of: grant, refreshToken: refreshToken, at: call.now)
    }

    private func refresh(
        _ request: RefreshRequest, _ partner: Partner, _ call: Call, _ certificate: PartnerCertificate
    ) throws(EndpointFault) -> WebResponse {
        guard partner.getsRefreshTokens else { throw .refused(TokenError(.unauthorizedClient)) }
        let token = SecureRandom.token()
        let refreshment: Refreshment
        do throws(ConsentStoreFault) {
            refreshment = try store.refresh(
                tokenHash: Self.hash(request.token), partner: partner.id, countMax: Self.tokensOfGrantMax,
                at: call.now
            ) { (refreshToken, grant) throws(TokenError) in
                guard refreshToken.isGood(for: grant, at: call.now, partner.lifetimes) else {
                    throw TokenError(.invalidGrant)
                }
                let scopes = request.scopes ?? refreshToken.scopes
                guard scopes.isSubset(of: refreshToken.scopes) else { throw TokenError(.invalidScope) }
                return AccessToken(
                    hash: Self.hash(token), grant: grant, scopes: scopes, certificate: certificate,
                    at: call.now, lifetimes: partner.lifetimes)
            }
        } catch {
            throw .store(error)
        }
        journal.refreshed(refreshment, partner: partner.id, call.assertion)
        switch refreshment {
        case .issued(let access, let grant):
            try check(grant, call)
            return answer(token, access, of: grant, refreshToken: nil, at: call.now)
        case .refused(let error, _): throw .refused(error, reason: "refreshToken")
        case .unknown: throw .refused(TokenError(.invalidGrant), reason: "refreshToken.unknown")
        }
    }

    /// Ending a grant removes what was just issued.
    private func check(_ grant: Grant, _ call: Call) throws(EndpointFault) {
        let isKept: Bool
        do throws(ConsentStoreFault) { isKept = try watch.keeps(grant, call.assertion) } catch {
            throw .store(error)
        }
        guard isKept else { throw .refused(TokenError(.invalidGrant), reason: "grant.ended") }
    }

    /// `consent_expires_at` is the end of 認可期間, of which partners remind their customers.
    private func answer(
        _ token: String, _ issued: AccessToken, of grant: Grant, refreshToken: String?, at now: WallTime
    ) -> WebResponse {
        var json = JSONWriter()
        json.beginObject()
        json.member("access_token", token)
        json.member("token_type", "Bearer")
        json.member("expires_in", issued.expiresAt.seconds - now.seconds)
        if let refreshToken { json.member("refresh_token", refreshToken) }
        json.member("scope", issued.scopes.text)
        json.member("consent_expires_at", grant.period.until.seconds)
        json.endObject()
        return WebResponse.json(json.bytes).unstored
    }

    // MARK: POST /revoke

    /// RFC 7009. A token that is not the partner's is as unknown as one that never was.
    func revoke(_ call: Call, _ certificate: PartnerCertificate) -> WebResponse {
        endpoint.answer(call, certificate) { (partner, parameters) throws(EndpointFault) in
            let token = try Self.token(in: parameters)
            do throws(ConsentStoreFault) {
                let revocation = try store.revoke(tokenHash: Self.hash(token), partner: partner.id)
                journal.revoked(revocation, partner: partner.id, call.assertion)
            } catch {
                throw .store(error)
            }
            return WebResponse.text("").unstored
        }
    }

    // MARK: POST /introspect

    /// RFC 7662, for a partner about its own tokens: of others it learns nothing.
    func introspect(_ call: Call, _ certificate: PartnerCertificate) -> WebResponse {
        endpoint.answer(call, certificate) { (partner, parameters) throws(EndpointFault) in
            let hash = Self.hash(try Self.token(in: parameters))
            do throws(ConsentStoreFault) {
                if let (token, grant) = try store.token(hash: hash), token.partner == partner.id,
                    call.now < token.expiresAt, grant.isInForce(at: call.now),
                    try watch.keeps(grant, call.assertion)
                {
                    return description(of: token, grant)
                }
                if let (token, grant) = try store.refreshToken(hash: hash), token.partner == partner.id,
                    partner.getsRefreshTokens, token.isGood(for: grant, at: call.now, partner.lifetimes),
                    try watch.keeps(grant, call.assertion)
                {
                    return description(of: token, grant, until: token.expiry(of: grant, partner.lifetimes))
                }
            } catch {
                throw .store(error)
            }
            return described { $0.member("active", false) }
        }
    }

    private func description(of token: AccessToken, _ grant: Grant) -> WebResponse {
        described { json in
            json.member("active", true)
            json.member("iss", setup.issuer)
            json.member("aud", setup.apiOrigin)
            json.member("client_id", token.partner)
            json.member("scope", token.scopes.text)
            json.member("token_type", "Bearer")
            json.member("exp", token.expiresAt.seconds)
            json.member("consent_expires_at", grant.period.until.seconds)
            json.key("cnf")
            json.beginObject()
            json.member("x5t#S256", Base64URL.encode(token.certificateFingerprint))
            json.endObject()
        }
    }

    private func description(of token: RefreshToken, _ grant: Grant, until expiry: WallTime) -> WebResponse {
        described { json in
            json.member("active", true)
            json.member("iss", setup.issuer)
            json.member("client_id", token.partner)
            json.member("scope", token.scopes.text)
            json.member("exp", expiry.seconds)
            json.member("consent_expires_at", grant.period.until.seconds)
        }
    }

    private func described(_ members: (inout JSONWriter) -> Void) -> WebResponse {
        var json = JSONWriter()
        json.beginObject()
        members(&json)
        json.endObject()
        return WebResponse.json(json.bytes).unstored
    }

    private static func token(in parameters: Parameters) throws(EndpointFault) -> String {
        if parameters.hasRepetition {
            throw .refused(TokenError(.invalidRequest, "a parameter is repeated"))
        }
        guard let token = parameters["token"] else {
            throw .refused(TokenError(.invalidRequest, "token is missing"))
        }
        return token
    }

    // MARK: Parts

    private static func hash(_ token: String) -> [UInt8] { SHA256Digest(of: Array(token.utf8)).bytes }

    /// A partner that asks for new access tokens all the time keeps the latest.
    private static let tokensOfGrantMax = 20
}
