import Authorization
import Crypto
import Reactor
public import Settings

/// A partner with what it needs to be recognised.
struct RegisteredPartner: Sendable {
    let partner: Partner
    /// None unless it signs assertions.
    let keys: [PublicKey]

    /// - Parameter lifetimes: where the partner has none of its own.
    init(_ settings: ConsentSettings.Partner, _ lifetimes: ConsentSettings.Lifetimes) throws(PartnerFault) {
        partner = Partner(settings, lifetimes)
        switch settings.authentication {
        case .keys(let keys): self.keys = try Self.keys(ConsentSettings.PartnerKey.keySet(keys), settings)
        case .keysFile(let path):
            let text: [UInt8]
            do throws(SystemFault) {
                text = try Files.read(path, bytesMax: 64 * 1024)
            } catch {
                throw PartnerFault("partner \(settings.id): \(error)")
            }
            keys = try Self.keys(text, settings)
        default: keys = []
        }
    }

    private static func keys(
        _ text: [UInt8], _ settings: ConsentSettings.Partner
    ) throws(PartnerFault) -> [PublicKey] {
        do throws(CryptoFault) {
            return try PublicKeySet.decode(text)
        } catch {
            guard case .malformed(let detail) = error else {
                throw PartnerFault("partner \(settings.id): \(error)")
            }
            throw PartnerFault("partner \(settings.id): \(detail)")
        }
    }
}

/// Why a partner that is well-formed in the file cannot be one.
public struct PartnerFault: Error, Sendable, CustomStringConvertible {
    /// For the operator.
    public let description: String

    init(_ description: String) { self.description = description }

    /// What is wrong with the partners of a configuration, beyond what its schema can tell.
    public static func all(in settings: ConsentSettings) -> [PartnerFault] {
        settings.partners.compactMap { one(in: $0) }
    }

    /// What is wrong with one partner, beyond what its schema can tell.
    public static func one(in partner: ConsentSettings.Partner) -> PartnerFault? {
        do throws(PartnerFault) {
            _ = try RegisteredPartner(partner, ConsentSettings.Lifetimes())
            return nil
        } catch {
            return error
        }
    }
}

extension Lifetimes {
    init(_ settings: ConsentSettings.Lifetimes) {
        self.init(
            codeSeconds: settings.codeSeconds, accessTokenSeconds: settings.accessTokenSeconds,
            pushedRequestSeconds: settings.pushedRequestSeconds,
            refreshIdleSeconds: settings.refreshIdleSeconds, flowIdleSeconds: settings.flowIdleSeconds,
            flowSeconds: settings.flowSeconds)
    }
}

extension Partner {
    fileprivate init(_ settings: ConsentSettings.Partner, _ common: ConsentSettings.Lifetimes) {
        let authentication: PartnerAuthentication =
            switch settings.authentication {
            case .subject(let subject): .subject(subject)
            case .dns(let name): .alternativeName(.dns(name))
            case .uri(let uri): .alternativeName(.uri(uri))
            case .address(let bytes): .alternativeName(.address(bytes))
            case .email(let mailbox): .alternativeName(.email(mailbox))
            case .fingerprint(let fingerprint): .fingerprint(fingerprint)
            case .keys, .keysFile: .signedAssertion
            }
        var lifetimes = Lifetimes(common)
        lifetimes.codeSeconds = settings.lifetimes.code ?? lifetimes.codeSeconds
        lifetimes.accessTokenSeconds = settings.lifetimes.accessToken ?? lifetimes.accessTokenSeconds
        lifetimes.pushedRequestSeconds = settings.lifetimes.pushedRequest ?? lifetimes.pushedRequestSeconds
        lifetimes.refreshIdleSeconds = settings.lifetimes.refreshIdle ?? lifetimes.refreshIdleSeconds
        self.init(
            id: settings.id, name: settings.name, company: settings.company,
            redirectURIs: settings.redirectURIs.map(\.text), scopes: Scopes(settings.scopes.map(Scope.init)),
            consentDays: settings.consentDays, authentication: authentication,
            profile: settings.profile == .fapi2 ? .fapi2 : .bcp,
            requiresPushedRequests: settings.requirePushedRequests, getsRefreshTokens: settings.refreshTokens,
            choosesScopes: settings.scopeSelection == .user, mayAskForConsent: settings.newConsents,
            lifetimes: lifetimes)
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
