import Authorization
import Crypto
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
    let riskRules: RiskRules
    let wrongAnswersMax: Int
    let pinLength: Int
    let pinKey: SealingKey
    private let offersSkipping: Bool

    var partners: PartnerRegistry { directory.current.registry }

    /// - Parameter pinKey: Seals 照会用暗証番号 in the store.
    init(
        _ settings: ConsentSettings, pinKey: SealingKey, store: any PartnerRepository,
        journal: ConsentJournal
    ) {
        issuer = settings.issuer.origin
        apiOrigin = (settings.apiOrigin ?? settings.issuer).origin
        institution = Institution(
            name: settings.institution.name, serviceName: settings.institution.service)
        directory = PartnerDirectory(settings, store: store, journal: journal)
        lifetimes = Lifetimes(settings.lifetimes)
        riskRules = RiskRules(settings.challenge.when.map { $0.map(RiskFact.init) })
        wrongAnswersMax = settings.challenge.wrongAnswersMax
        pinLength = settings.pins.length
        offersSkipping = settings.pins.offersSkipping
        self.pinKey = pinKey
    }

    /// 登録せずに次へ needs something that 許可 could be about.
    func offersSkippingPINs(_ customer: CustomerRecord) -> Bool {
        offersSkipping && !customer.accountsForInquiry.isEmpty
    }
}

extension GrantEnding {
    init(_ ending: ConsentSettings.GrantRules.Ending) {
        self =
            switch ending {
            case .certRevoked: .certRevoked
            case .userSuspended: .userSuspended
            case .passwordLockout: .passwordLockout
            case .passwordChange: .passwordChange
            }
    }
}

extension RiskFact {
    fileprivate init(_ fact: ConsentSettings.Challenge.Fact) {
        self =
            switch fact {
            case .certificate: .certificate
            case .password: .password
            case .newAddress: .newAddress
            case .newCertificate: .newCertificate
            }
    }
}
