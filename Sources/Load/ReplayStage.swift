import Crypto
import Reactor
import Replay
import TLS
import Text
import X509

/// What the clients of one loop need for their parts: contexts, certificates, sessions.
///
/// Confined to the loop.
final class ReplayStage {
    /// One kind of client of the score.
    struct Costume {
        let context: ClientContext
        let host: String
        /// One whole request.
        let request: [UInt8]
        /// A TLS 1.3 session is good for one connection (RFC 8446 §C.4).
        let sessionsServeOnce: Bool
    }

    /// A certificate as it is shown, and how the gateway names it.
    struct Props {
        let credential: ClientCredential
        let fingerprint: String
    }

    let costumes: [Costume]
    private let library: LibraryContext
    private let credentials: CredentialShelf
    private var authorities: [String: ClientAuthority] = [:]
    /// Whose sessions are taken up at some time.
    private let returning: Set<SessionPlace>
    /// Some ten kilobytes each.
    private var props = RecentCache<Int32, Props>(halfMax: 1024)
    /// About a kilobyte each.
    private var sessions = RecentCache<SessionPlace, [ClientSession]>(halfMax: 32_768)

    /// Whose sessions can be taken up for what.
    struct SessionPlace: Hashable {
        let credential: Int32?
        let profile: UInt16

        init(_ part: Score.Part) {
            credential = part.credential
            profile = part.profile
        }
    }

    init(
        _ plan: ReplayPlan, _ score: Score, parts: [Int32], _ credentials: CredentialShelf, loopIndex: Int
    ) throws(ReplayFault) {
        self.credentials = credentials
        returning =
            plan.neverResumes
            ? [] : Set(parts.map { score.parts[Int($0)] }.filter(\.resumes).map { SessionPlace($0) })
        do throws(TLSFault) {
            library = try LibraryContext.ofLoop(loopIndex)
            var costumes: [Costume] = []
            for profile in score.profiles { costumes.append(try Self.costume(profile, plan, library)) }
            self.costumes = costumes
            for (name, der) in credentials.authorities {
                authorities[name] = try ClientAuthority(der, library: library)
            }
        } catch {
            throw ReplayFault(error.reason)
        }
    }

    private static func costume(
        _ profile: Score.Profile, _ plan: ReplayPlan, _ library: LibraryContext
    ) throws(TLSFault) -> Costume {
        let version: TLSVersion = profile.version == "1.2" ? .tls12 : .tls13
        let context = try ClientContext(
            anchorsPEM: plan.anchors,
            standingIn: ClientOffer(
                version: version, group: profile.group, cipher: profile.cipher,
                alpn: profile.alpn.map { [$0] } ?? []), library: library)
        var authority = profile.host
        if case .tcp(_, let port) = plan.endpoint, port != 443 { authority += ":\(port)" }
        let request = """
            GET \(plan.path) HTTP/1.1\r\nHost: \(authority)\r\nUser-Agent: sekisho-replay\r\n\
            Accept: */*\r\n\r\n
            """
        return Costume(
            context: context, host: profile.host, request: Array(request.utf8),
            sessionsServeOnce: version == .tls13)
    }

    /// The certificate of a client; nil when it cannot be read.
    func props(_ place: Int32) -> Props? {
        if let known = props.value(for: place) { return known }
        guard let credential = credentials.credential(place) else { return nil }
        let shown = credential.issuers.compactMap { authorities[$0] }
        guard shown.count == credential.issuers.count,
            let made = try? ClientCredential(
                leaf: credential.certificate, authorities: shown, numbers: credential.numbers,
                curve: credential.key.key.hasPrefix("EC ") ? String(credential.key.key.dropFirst(3)) : nil,
                library: library)
        else { return nil }
        let fingerprint = SHA256Digest(of: credential.certificate).bytes.prefix(8)
        let props = Props(credential: made, fingerprint: Hex.encode(Array(fingerprint)))
        self.props.insert(props, for: place)
        return props
    }

    func hasSession(at place: SessionPlace) -> Bool { sessions.value(for: place)?.isEmpty == false }

    /// A session to take up, if there is one.
    func session(at place: SessionPlace) -> ClientSession? {
        guard var waiting = sessions.value(for: place), let session = waiting.last else { return nil }
        if costumes[Int(place.profile)].sessionsServeOnce {
            waiting.removeLast()
            sessions.insert(waiting, for: place)
        }
        return session
    }

    /// Nothing is kept for those who never come back with one.
    func keep(_ session: ClientSession, at place: SessionPlace) {
        guard returning.contains(place) else { return }
        var waiting = sessions.value(for: place) ?? []
        if waiting.count >= (place.credential == nil ? Self.sessionsOfNobodyMax : Self.sessionsOfOneMax) {
            waiting.removeFirst()
        }
        waiting.append(session)
        sessions.insert(waiting, for: place)
    }

    private static let sessionsOfOneMax = 4
    /// Those who show no certificate are one to us.
    private static let sessionsOfNobodyMax = 256
}
