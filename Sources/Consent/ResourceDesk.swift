import Authorization
import Crypto
import HTTP
import Serving
import Text

/// The API for partners: accounts, balances and movements of what a customer has allowed.
struct ResourceDesk: Sendable {
    private let setup: ConsentSetup
    private let store: any ConsentApplication.Store
    private let watch: GrantWatch
    private let journal: ConsentJournal
    private let bank: any CoreBanking
    private let vault: PINVault

    init(
        _ setup: ConsentSetup, store: any ConsentApplication.Store, watch: GrantWatch,
        journal: ConsentJournal, bank: any CoreBanking
    ) {
        self.setup = setup
        self.store = store
        self.watch = watch
        self.journal = journal
        self.bank = bank
        vault = PINVault(key: setup.pinKey)
    }

    // MARK: GET /api/v1/accounts

    func accounts(_ call: Call, _ certificate: PartnerCertificate) -> WebResponse {
        answer(call) { () throws(ResourceFault) in
            let grant = try grant(nil, call, certificate)
            let accounts = try accounts(of: grant)
            journal.resourceRead(call.request.head.path, grant, call.assertion)
            return WebResponse.json(ResourceDocuments.accounts(accounts))
        }
    }

    // MARK: GET /api/v1/accounts/ACCOUNT/balance, /movements and /transfers

    /// Nil when the path is none of these.
    static func inquiry(_ path: String) -> (account: AccountKey, inquiry: Inquiry)? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 6, path.hasPrefix("/api/v1/accounts/"), let account = AccountKey(parts[4]) else {
            return nil
        }
        switch parts[5] {
        case "balance": return (account, .balance)
        case "movements": return (account, .movements)
        case "transfers": return (account, .transfers)
        default: return nil
        }
    }

    func inquire(
        _ inquiry: Inquiry, of key: AccountKey, _ call: Call, _ certificate: PartnerCertificate
    ) -> WebResponse {
        answer(call) { () throws(ResourceFault) in
            let grant = try grant(inquiry.scope, call, certificate)
            guard let account = try accounts(of: grant).first(where: { $0.key == key }) else {
                throw .noAccount
            }
            guard let sealed = account.pin.forInquiry else { throw .pinUnregistered }
            guard let pin = vault.open(sealed, for: key, of: grant.customer) else {
                throw .pinUnreadable(key)
            }
            let isUnproven = account.pin.status == .pending
            if isUnproven { try claim(sealed, for: key, of: grant, call) }
            let reply: InquiryReply
            do throws(HostFault) {
                reply = try bank.inquire(inquiry, of: key, pin: pin, at: call.now)
            } catch {
                throw .host(error)
            }
            let outcome: PINOutcome = reply == .wrongPIN ? .refused : .accepted
            // That a proven PIN is right is no news.
            if isUnproven || outcome == .refused {
                let change = try stored { () throws(ConsentStoreFault) in
                    try store.learn(outcome, of: sealed, for: key, of: grant.customer)
                }
                if let change { journal.pinChanged(change, of: key, grant, call.assertion) }
            }
            guard reply != .wrongPIN else { throw .pinRefused }
            journal.resourceRead(call.request.head.path, grant, call.assertion)
            return WebResponse.json(ResourceDocuments.reply(reply, of: key))
        }
    }

    // MARK: Parts

    /// A PIN that may be wrong goes to the host once: the host counts wrong ones. When the host's answer is
    /// lost, it can be tried again after a while.
    private func claim(
        _ pin: SealedPIN, for account: AccountKey, of grant: Grant, _ call: Call
    ) throws(ResourceFault) {
        let isClaimed = try stored { () throws(ConsentStoreFault) in
            try store.claim(
                pin, for: account, of: grant.customer, at: call.now,
                until: call.now.adding(seconds: Self.claimSeconds))
        }
        guard isClaimed else { throw .pinBeingTried }
    }

    private static let claimSeconds: Int64 = 60

    /// Of the accounts that stood on the consent page, those the customer still has.
    private func accounts(of grant: Grant) throws(ResourceFault) -> [InquiryAccount] {
        let customer = try stored { () throws(ConsentStoreFault) in try store.customer(grant.customer) }
        return customer.accounts.filter { grant.accounts.contains($0.key) }
    }

    /// The grant that a request's token stands for, when it allows `scope`; nil asks for any.
    private func grant(
        _ scope: Scope?, _ call: Call, _ certificate: PartnerCertificate
    ) throws(ResourceFault) -> Grant {
        let token: String
        do throws(ResourceError) { token = try Self.bearerToken(call.request.head.headers) } catch {
            throw .refused(error)
        }
        let found = try stored { () throws(ConsentStoreFault) in
            try store.token(hash: SHA256Digest(of: Array(token.utf8)).bytes)
        }
        // A partner that is registered no more has no access, whatever it holds.
        guard let found, setup.partners[found.grant.partner] != nil,
            let scope = scope ?? found.token.scopes.list.first
        else { throw .refused(.invalidToken) }
        do throws(ResourceError) {
            try found.token.admits(scope, grant: found.grant, certificate: certificate, at: call.now)
        } catch {
            throw .refused(error)
        }
        let isKept = try stored { () throws(ConsentStoreFault) in
            try watch.keeps(found.grant, call.assertion)
        }
        guard isKept else { throw .refused(.invalidToken) }
        return found.grant
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

    private func stored<Value>(
        _ body: () throws(ConsentStoreFault) -> Value
    ) throws(ResourceFault) -> Value {
        do throws(ConsentStoreFault) { return try body() } catch { throw .store(error) }
    }

    private func answer(_ call: Call, _ body: () throws(ResourceFault) -> WebResponse) -> WebResponse {
        do throws(ResourceFault) {
            return try body().unstored
        } catch {
            return answer(error, call)
        }
    }

    private func answer(_ fault: ResourceFault, _ call: Call) -> WebResponse {
        let path = call.request.head.path
        let code = SupportCode()
        switch fault {
        case .refused(let error):
            journal.resourceRefused(
                path, error == .missingToken ? "missing_token" : error.rawValue, call.assertion)
            var response = PartnerEndpoint.error(
                error == .missingToken ? "unauthorized" : error.rawValue, nil, status: error.status)
            response.headers.set("WWW-Authenticate", error.challenge)
            return response
        case .noAccount: return refused("not_found", status: 404, call)
        case .pinUnregistered: return refused("pin_unregistered", status: 409, call)
        case .pinRefused: return refused("pin_refused", status: 409, call)
        case .pinBeingTried:
            var response = refused("temporarily_unavailable", status: 503, call)
            response.headers.set("Retry-After", "2")
            return response
        case .pinUnreadable(let account): journal.pinUnreadable(account, code)
        case .host(let fault): journal.hostFailed(fault, code)
        case .store(let fault): journal.storeFailed(fault, code)
        }
        return PartnerEndpoint.error("temporarily_unavailable", code.text, status: 503)
    }

    private func refused(_ error: String, status: Int, _ call: Call) -> WebResponse {
        journal.resourceRefused(call.request.head.path, error, call.assertion)
        return PartnerEndpoint.error(error, nil, status: status)
    }
}

/// Why there is nothing to show.
private enum ResourceFault: Error {
    case refused(ResourceError)
    /// None that the grant is about.
    case noAccount
    case pinUnregistered
    case pinRefused
    /// Another 照会 is trying the account's unproven PIN.
    case pinBeingTried
    case pinUnreadable(AccountKey)
    case host(HostFault)
    case store(ConsentStoreFault)
}
