import Authorization
import Crypto
import HTTP
import Serving
import Text

/// The token endpoint and the sample API, for partners.
struct TokenDesk: Sendable {
    private let setup: ConsentSetup
    private let store: any ConsentApplication.Store
    private let journal: ConsentJournal
    private let bank = SampleCoreBanking()

    init(_ setup: ConsentSetup, store: any ConsentApplication.Store, journal: ConsentJournal) {
        self.setup = setup
        self.store = store
        self.journal = journal
    }

    // MARK: POST /token

    func token(_ call: Call, _ certificate: PartnerCertificate) -> WebResponse {
        let form = call.form
        do throws(TokenError) {
            guard let form else { throw TokenError(.invalidRequest, "the body is no form") }
            let request = try TokenRequest.parse(
                Parameters(form), certificate: certificate, partners: setup.partners)
            return try redeem(request, call, certificate)
        } catch {
            let partner = form.flatMap { Parameters($0)["client_id"] }
            journal.tokenRefused(error, partner: partner, call.assertion)
            return Self.error(error.code.rawValue, error.detail, status: error.status)
        }
    }

    private func redeem(
        _ request: TokenRequest, _ call: Call, _ certificate: PartnerCertificate
    ) throws(TokenError) -> WebResponse {
        let token = SecureRandom.token()
        let tokenHash = SHA256Digest(of: Array(token.utf8)).bytes
        let verifierDigest = SHA256Digest(of: request.verifier.bytes).bytes
        let redemption: Redemption
        do throws(ConsentStoreFault) {
            redemption = try store.redeem(
                codeHash: SHA256Digest(of: Array(request.code.utf8)).bytes, partner: request.partner,
                at: call.now
            ) { code, grant in
                guard code.admits(request, verifierDigest: verifierDigest) else { return nil }
                return AccessToken(
                    hash: tokenHash, grant: grant, certificate: certificate, at: call.now,
                    lifetimes: setup.lifetimes)
            }
        } catch {
            return failed(error)
        }
        journal.redeemed(redemption, partner: request.partner, call.assertion)
        // Why it is no good is for the log only.
        guard case .issued(let issued, _) = redemption else { throw TokenError(.invalidGrant) }
        return answer(token, issued, at: call.now)
    }

    private func answer(_ token: String, _ issued: AccessToken, at now: WallTime) -> WebResponse {
        var json = JSONWriter()
        json.beginObject()
        json.member("access_token", token)
        json.member("token_type", "Bearer")
        json.member("expires_in", issued.expiresAt.seconds - now.seconds)
        json.member("scope", issued.scopes.text)
        json.endObject()
        return WebResponse.json(json.bytes).unstored
    }

    // MARK: GET /api/v1/accounts

    func accounts(_ call: Call, _ certificate: PartnerCertificate) -> WebResponse {
        do throws(ResourceError) {
            let grant: Grant
            do throws(AccessFault) {
                grant = try self.grant(for: .balance, call, certificate)
            } catch {
                switch error {
                case .refused(let error): throw error
                case .store(let fault): return failed(fault)
                }
            }
            journal.resourceRead(call.request.head.path, grant, call.assertion)
            return WebResponse.json(document(bank.accounts(of: grant.customer))).unstored
        } catch {
            journal.resourceRefused(call.request.head.path, error, call.assertion)
            var response = Self.error(
                error == .missingToken ? "unauthorized" : error.rawValue, nil, status: error.status)
            response.headers.set("WWW-Authenticate", error.challenge)
            return response
        }
    }

    /// The grant that a request's token stands for, when it allows `scope`.
    private func grant(
        for scope: Scope, _ call: Call, _ certificate: PartnerCertificate
    ) throws(AccessFault) -> Grant {
        let token: String
        do throws(ResourceError) { token = try Self.bearerToken(call.request.head.headers) } catch {
            throw .refused(error)
        }
        let stored: (token: AccessToken, grant: Grant)?
        do throws(ConsentStoreFault) {
            stored = try store.token(hash: SHA256Digest(of: Array(token.utf8)).bytes)
        } catch {
            throw .store(error)
        }
        // A partner that is registered no more has no access, whatever it holds.
        guard let stored, setup.partners[stored.grant.partner] != nil else { throw .refused(.invalidToken) }
        do throws(ResourceError) {
            try stored.token.admits(scope, grant: stored.grant, certificate: certificate, at: call.now)
        } catch {
            throw .refused(error)
        }
        return stored.grant
    }

    /// From `Authorization` and nowhere else (RFC 9700 §4.3.2).
    private static func bearerToken(_ headers: HeaderFields) throws(ResourceError) -> String {
        let values = headers.values(of: "Authorization")
        guard let value = values.first else { throw .missingToken }
        let parts = value.split(separator: " ", omittingEmptySubsequences: true)
        guard values.count == 1, parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw .invalidRequest
        }
        return String(parts[1])
    }

    private func document(_ accounts: [SampleCoreBanking.Account]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("accounts")
        json.beginArray()
        for account in accounts {
            json.beginObject()
            json.member("branch_code", account.branchCode)
            json.member("branch_name", account.branchName)
            json.member("type", account.type)
            json.member("number", account.number)
            json.member("currency", "JPY")
            json.member("balance", account.balance)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    // MARK: Parts

    private func failed(_ fault: ConsentStoreFault) -> WebResponse {
        let code = SupportCode()
        journal.storeFailed(fault, code)
        return Self.error("temporarily_unavailable", code.text, status: 503)
    }

    private static func error(_ error: String, _ description: String?, status: Int) -> WebResponse {
        var json = JSONWriter()
        json.beginObject()
        json.member("error", error)
        if let description { json.member("error_description", description) }
        json.endObject()
        return WebResponse.json(json.bytes, status: status).unstored
    }
}

/// Why there is no grant to act on.
private enum AccessFault: Error {
    case refused(ResourceError)
    case store(ConsentStoreFault)
}
