import Authorization
import Crypto
import HTTP
import Serving
import Text

/// 連携中サービス一覧, and 解除: what 情報アクセス許可 has promised.
struct ServicesDesk: CustomerDesk {
    let setup: ConsentSetup
    private let store: any ConsentApplication.Store
    private let watch: GrantWatch
    let journal: ConsentJournal

    init(
        _ setup: ConsentSetup, store: any ConsentApplication.Store, watch: GrantWatch, journal: ConsentJournal
    ) {
        self.setup = setup
        self.store = store
        self.watch = watch
        self.journal = journal
    }

    static let path = "/consent/services"

    // MARK: GET /consent/services

    func show(_ call: Call, _ session: CustomerSession) -> WebResponse {
        let query = try? QueryParameters(parsing: call.request.head.query)
        func named(_ name: String) -> GrantID? { query?.single(name).map { GrantID($0) } }
        return page(call, session, ended: named("ended"), unchanged: named("unchanged"))
    }

    // MARK: POST /consent/services

    /// 解除. Pressed twice it ends the grant once and answers alike.
    func end(_ call: Call, _ session: CustomerSession) -> WebResponse {
        guard let form = call.form.map(Parameters.init), let id = form["grant"].map({ GrantID($0) }),
            let token = form["token"]
        else { return notice(.malformed, call) }
        do throws(ConsentStoreFault) {
            let expected = try self.token(for: id, session)
            guard ConstantTime.equal(Array(token.utf8), Array(expected.utf8)) else {
                return list("unchanged", id)
            }
            // Another customer's grant looks like one that is not there.
            guard let grant = try store.grant(id), grant.customer == session.customer else {
                return list("unchanged", id)
            }
            if try store.end(id, as: .revokedByCustomer) {
                journal.grantEnded(grant, as: .revokedByCustomer, call.assertion)
            }
        } catch {
            return failed(error, call)
        }
        return list("ended", id)
    }

    // MARK: Parts

    /// Leads the browser to the list, which says what became of the form, as far as that is so.
    private func list(_ outcome: String, _ grant: GrantID) -> WebResponse {
        let isID = grant.text.utf8.count <= Self.idBytesMax
        let query = isID ? "?" + FormFields.encode([(outcome, grant.text)]) : ""
        var response = WebResponse.redirect(to: Self.path + query).unstored
        response.headers.set("Referrer-Policy", "no-referrer")
        return response
    }

    /// More than an id has; a form may say anything.
    private static let idBytesMax = 64

    private func page(
        _ call: Call, _ session: CustomerSession, ended: GrantID?, unchanged: GrantID?
    ) -> WebResponse {
        do throws(ConsentStoreFault) {
            let grants = try store.grants(of: session.customer)
            let customer = try store.customer(session.customer)
            var services: [ConnectedService] = []
            for grant in grants where grant.isInForce(at: call.now) {
                guard try watch.keeps(grant, call.assertion) else { continue }
                services.append(
                    ConnectedService(
                        grant: grant, partner: setup.partners[grant.partner],
                        accounts: customer.accounts.filter { grant.accounts.contains($0.key) },
                        formToken: try token(for: grant.id, session)))
            }
            let ended = grants.first { $0.id == ended && $0.status == .revokedByCustomer }
            return ConsentPages(setup, for: call.request).services(
                services, ended: ended.map { setup.partners[$0.partner]?.name ?? $0.partner },
                problem: services.contains { $0.grant.id == unchanged } ? .staleForm : nil)
        } catch {
            return failed(error, call)
        }
    }

    /// Good for one grant in one session; what it does can be done only once.
    private func token(for grant: GrantID, _ session: CustomerSession) throws(ConsentStoreFault) -> String {
        let key = try store.secret("services-form", orElse: SecureRandom.bytes(32))
        let form = "\(session.evidence.session) \(grant.text)"
        return Base64URL.encode(HMACSHA256.code(Array(form.utf8), key: key))
    }
}

/// A grant in force, as its customer sees it.
struct ConnectedService: Sendable {
    let grant: Grant
    /// Nil when it is registered no more.
    let partner: Partner?
    let accounts: [InquiryAccount]
    let formToken: String

    var name: String { partner?.name ?? grant.partner }
}
