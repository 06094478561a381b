import Identity
import X509

/// What the reasons of refusals mean, and what the help desk may do, in a sentence each. `SupportCodes.md`
/// holds the same table.
public enum ReasonText {
    /// Nil for a reason that has no text of its own: it is about the machinery, not about a customer.
    public static func text(of reason: String) -> String? {
        let plain = reason.hasPrefix("partner.") ? String(reason.dropFirst("partner.".count)) : reason
        return all.first { $0.reason == plain }?.text ?? families.first { plain.hasPrefix($0.prefix) }?.text
    }

    /// In the order of the documentation.
    public static let all: [(reason: String, text: String)] =
        LoginRefusal.allCases.map { ($0.rawValue, text(of: $0)) }
        + RefusalReason.allCases.map { ($0.rawValue, text(of: $0)) }
        + SessionEnd.allCases.map { ($0.rawValue, text(of: $0)) }.filter { $0.0 != "superseded" } + others

    /// Reasons with more behind the prefix.
    public static let families: [(prefix: String, text: String)] = [
        (
            "mapping.",
            "The certificate is good, but no rule leads from it to a customer, or it is not enrolled; "
                + "`sekisho customers explain` shows the rules tried."
        ),
        ("upstream.", "The web tier behind the gateway did not answer as it should; for operators."),
        ("http.", "The request breaks the rules of HTTP; no browser sends such."),
    ]

    private static func text(of refusal: LoginRefusal) -> String {
        switch refusal {
        case .unknownCustomer: "There is no customer of the ID that was typed or is in the certificate."
        case .wrongPassword: "The password was wrong."
        case .certificateRequired: "The customer must log in with the certificate, not with ID and password."
        case .passwordRequired: "The customer logs in with ID and password, not with a certificate."
        case .paused: "Too many wrong passwords: the customer can try again after a pause."
        case .stopped:
            "Too many wrong passwords, or suspended by the bank: `sekisho customers resume` lifts it."
        case .closed: "The contract has ended."
        case .methodDisabled: "The bank does not offer this way to log in."
        case .identityMismatch: "A certificate of one customer came with the ID of another: look into it."
        case .certificateSuperseded: "A newer certificate of the same customer has been used since."
        case .passwordExpired: "The password must be changed in the internet banking first."
        case .setupMissing: "The first settings must be made in the internet banking first."
        case .noticeUnread: "A notice must be read in the internet banking first."
        }
    }

    private static func text(of reason: RefusalReason) -> String {
        switch reason {
        case .expired: "The certificate, or one of its CAs, has run out: renew it."
        case .notYetValid: "The certificate is not valid yet, or a clock is wrong."
        case .revoked: "The certificate has been revoked."
        case .unknownIssuer:
            "The certificate is not from a CA that the bank trusts: the wrong one was chosen."
        case .wrongPurpose: "The certificate is not made for logging in: the wrong one was chosen."
        case .weakKey: "The certificate's key or signature is too weak."
        case .chainTooLong: "The browser sent too many certificates."
        case .policy: "The certificate breaks a rule of its CA."
        case .revocationUnknown: "Whether it is revoked is not known: the CA's list is missing or too old."
        case .malformed: "The certificate cannot be read."
        }
    }

    private static func text(of end: SessionEnd) -> String {
        switch end {
        case .idle: "The customer did nothing for too long and has to log in again."
        case .absolute: "The session reached its longest time; the customer has to log in again."
        case .certificateMissing: "The session came without its certificate, and was ended."
        case .certificateDiffers: "The session came with another certificate, and was ended: look into it."
        case .certificateUnmapped: "The certificate no longer leads to the customer."
        case .customerStopped: "The customer was suspended or removed during the session."
        case .superseded: "A newer one has taken its place: a login elsewhere, or a newer certificate."
        }
    }

    private static let others: [(reason: String, text: String)] = [
        ("superseded", text(of: SessionEnd.superseded)),
        ("absent", "The browser sent no certificate: none was chosen, or none is installed."),
        ("none", "There was no session: the login had ended, or cookies are switched off."),
        ("continuation", "The login page was left open too long, or opened in another browser."),
        ("foreignOrigin", "The form was not sent from the bank's own page."),
        ("sourceBudget", "Too many failed logins from the customer's network: try again later."),
        ("overload", "More requests at once than the gateway may have: try again in a moment."),
        ("busy", "Too many logins at once: try again in a moment."),
        ("hours", "The service was closed at that time."),
        ("maintenance", "Maintenance was going on."),
        ("store", "The database did not answer; for operators."),
        ("upstream", "The web tier behind the gateway is not configured; for operators."),
        ("assertion", "The gateway could not sign its statement; for operators."),
        ("auditUnavailable", "The audit log could not be written, so nobody was let in; for operators."),
        ("hostMismatch", "The request named another host than its connection; no browser sends such."),
        ("path", "There is no such page."),
        ("language", "The address for choosing a language was wrong."),
        ("bodySize", "More was sent than a form of the gateway can hold."),
        ("contentType", "What was sent is no form."),
        ("form", "The form that was sent cannot be read."),
    ]
}
