import Identity
import Pages
import Text

/// Why the gateway shows a page instead of going on: page id, text, and what to do next.
///
/// The texts say no more than the customer needs; the audit record under the support code says why.
struct LoginMessage: Sendable {
    let id: String
    let text: PageText
    var explanation: [PageText] = []
    var steps: [PageText] = []
    /// Whether the page offers the way to the internet banking, when its address is configured.
    var leadsToBanking = false
}

/// What a login came to, told by the page that the browser is then sent to, so that a reload sends no
/// password again.
///
/// It travels as ``LoginNote``; the raw value is part of that.
enum LoginResult: UInt8, CaseIterable {
    case badCredentials = 1
    case paused
    case stopped
    case passwordExpired
    case setupMissing
    case noticeUnread
    /// No login failed: the session before it has ended for want of activity.
    case idled
    case certificateSuperseded

    init(_ refusal: PublicLoginRefusal) {
        switch refusal {
        case .badCredentials: self = .badCredentials
        case .paused: self = .paused
        case .stopped: self = .stopped
        case .certificateSuperseded: self = .certificateSuperseded
        case .duty(.changePassword): self = .passwordExpired
        case .duty(.finishSetup): self = .setupMissing
        case .duty(.readNotice): self = .noticeUnread
        }
    }

    /// - Parameter until: When a pause ends.
    func message(until: WallTime?) -> LoginMessage {
        switch self {
        case .badCredentials: .badCredentials
        case .paused: .paused(until: until)
        case .stopped: .stopped
        case .passwordExpired: .passwordExpired
        case .setupMissing: .setupMissing
        case .noticeUnread: .noticeUnread
        case .idled: .idled
        case .certificateSuperseded: .supersededCertificate
        }
    }

    /// Whether the page still asks for ID and password.
    var leavesForm: Bool { self == .badCredentials || self == .idled }

    var status: Int {
        switch self {
        case .badCredentials: 401
        case .idled: 200
        default: 403
        }
    }
}
