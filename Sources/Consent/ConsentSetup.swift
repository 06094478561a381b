import Authorization
import Pages
import Settings

/// The configuration, in the words of the rooms that decide by it.
struct ConsentSetup: Sendable {
    /// `iss` and the start of the authorization endpoint.
    let issuer: String
    /// Where partners find the token endpoint and the API.
    let apiOrigin: String
    let institution: Institution
    let partners: PartnerRegistry
    let lifetimes: Lifetimes

    init(_ settings: ConsentSettings) {
        issuer = settings.issuer.origin
        apiOrigin = (settings.apiOrigin ?? settings.issuer).origin
        institution = Institution(
            name: settings.institution.name, serviceName: settings.institution.service)
        partners = PartnerRegistry(settings.partners.map(Partner.init))
        lifetimes = Lifetimes(
            codeSeconds: settings.lifetimes.codeSeconds,
            accessTokenSeconds: settings.lifetimes.accessTokenSeconds,
            flowIdleSeconds: settings.lifetimes.flowIdleSeconds, flowSeconds: settings.lifetimes.flowSeconds)
    }
}

extension Partner {
    fileprivate init(_ settings: ConsentSettings.Partner) {
        let authentication: PartnerAuthentication =
            switch settings.certificate {
            case .subject(let subject): .subject(subject)
            case .fingerprint(let fingerprint): .fingerprint(fingerprint)
            }
        self.init(
            id: settings.id, name: settings.name, company: settings.company,
            redirectURIs: settings.redirectURIs.map(\.text), scopes: Scopes(settings.scopes.map(Scope.init)),
            consentDays: settings.consentDays, authentication: authentication,
            requiresPushedRequests: settings.requirePushedRequests)
    }
}

extension Scope {
    fileprivate init(_ scope: ConsentSettings.Scope) {
        self =
            switch scope {
            case .balance: .balance
            case .movements: .movements
            case .transfers: .transfers
            }
    }
}
