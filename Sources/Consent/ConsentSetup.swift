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
    /// Who is registered; ask anew with each request.
    let directory: PartnerDirectory
    let lifetimes: Lifetimes

    var partners: PartnerRegistry { directory.current.registry }

    init(_ settings: ConsentSettings, store: any PartnerRepository, journal: ConsentJournal) {
        issuer = settings.issuer.origin
        apiOrigin = (settings.apiOrigin ?? settings.issuer).origin
        institution = Institution(
            name: settings.institution.name, serviceName: settings.institution.service)
        directory = PartnerDirectory(settings, store: store, journal: journal)
        lifetimes = Lifetimes(settings.lifetimes)
    }
}
