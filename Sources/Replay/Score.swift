public import Traces

/// A trace made ready to be played: who does what when, in the order of time, some forty bytes a connection.
public struct Score: Sendable {
    /// What clients offer, and to which host: few in any trace.
    public struct Profile: Sendable, Hashable {
        public var host: String
        /// `1.2` or `1.3`.
        public var version: String
        public var group: String?
        public var cipher: String?
        public var alpn: String?
    }

    /// How a client leaves.
    public enum Departure: UInt8, Sendable {
        /// It says goodbye (close_notify).
        case properly
        /// It is gone.
        case abruptly
        /// It stays, silent, until the server ends it.
        case never
        /// In the middle of the handshake.
        case early
    }

    /// One connection.
    public struct Part: Sendable {
        public var offsetMicroseconds: Int
        /// In the file.
        public var line: Int32
        /// A place in `profiles`.
        public var profile: UInt16
        /// A place in `expectations`; nil when the trace tells no verdict.
        public var expectation: UInt16?
        /// A place in `credentials`; nil without a certificate.
        public var credential: Int32?
        public var requestCount: Int32
        /// As far as 32 bits go: 49 days.
        public var lastedMilliseconds: UInt32
        public var resumes: Bool
        public var departure: Departure
    }

    /// What the gateway must say, apart from the customer.
    public struct Expectation: Sendable, Hashable {
        public var verdict: TraceLine.Verdict
        public var reason: String?

        /// `trusted`, `refused: expired`.
        public var name: String { reason.map { "\(verdict.rawValue): \($0)" } ?? verdict.rawValue }
    }

    public private(set) var parts: [Part] = []
    public private(set) var profiles: [Profile] = []
    public private(set) var expectations: [Expectation] = []
    public private(set) var credentials: [CredentialKey] = []
    /// Lines that cannot be played: why, and how many.
    public private(set) var leftOut: [String: Int] = [:]

    private var profilePlaces: [Profile: UInt16] = [:]
    private var expectationPlaces: [Expectation: UInt16] = [:]
    private var credentialPlaces: [CredentialKey: Int32] = [:]
    private let hosts: [String: String]

    /// - Parameter hosts: Names of the trace and what they are called at the target; `*` for all others.
    public init(hosts: [String: String] = [:]) { self.hosts = hosts }

    /// - Parameter number: The line's, in the file.
    public mutating func add(_ line: TraceLine, _ number: Int) {
        guard parts.count < Self.partsMax else { return leaveOut("more than \(Self.partsMax) lines") }
        guard let host = line.host ?? hosts["*"] else { return leaveOut("no host") }
        let credential: Int32?
        do throws(TraceFault) {
            credential = try CredentialKey.of(line).map { enter($0) }
        } catch {
            return leaveOut(error.description)
        }
        let profile = Profile(
            host: hosts[host] ?? hosts["*"] ?? host, version: line.version ?? "1.3", group: line.group,
            cipher: line.cipher, alpn: line.alpn)
        guard let profilePlace = place(of: profile) else { return leaveOut("too many kinds of clients") }
        parts.append(
            Part(
                offsetMicroseconds: line.offsetMicroseconds, line: Int32(clamping: number),
                profile: profilePlace,
                expectation: line.verdict.flatMap {
                    place(of: Expectation(verdict: $0, reason: line.reason))
                },
                credential: credential, requestCount: Int32(clamping: line.requestCount),
                lastedMilliseconds: UInt32(clamping: line.lastedMicroseconds / 1000),
                resumes: line.handshake == .resumed, departure: Departure(of: line)))
    }

    /// To be called when all lines are added. The first connection comes at once.
    public mutating func finish() {
        // Connections are written down when they end, so lines are not in order.
        parts.sort { ($0.offsetMicroseconds, $0.line) < ($1.offsetMicroseconds, $1.line) }
        let start = parts.first?.offsetMicroseconds ?? 0
        for index in parts.indices { parts[index].offsetMicroseconds -= start }
    }

    /// From the first connection to the last.
    public var spanMicroseconds: Int { parts.last?.offsetMicroseconds ?? 0 }

    /// A place in `credentials`; nil when no part needs such a one.
    public func place(of key: CredentialKey) -> Int32? { credentialPlaces[key] }

    private mutating func leaveOut(_ reason: String) { leftOut[reason, default: 0] += 1 }

    private mutating func place(of profile: Profile) -> UInt16? {
        if let known = profilePlaces[profile] { return known }
        guard profiles.count < Self.profilesMax else { return nil }
        profiles.append(profile)
        profilePlaces[profile] = UInt16(profiles.count - 1)
        return UInt16(profiles.count - 1)
    }

    private mutating func place(of expectation: Expectation) -> UInt16? {
        if let known = expectationPlaces[expectation] { return known }
        guard expectations.count < Int(UInt16.max) else { return nil }
        expectations.append(expectation)
        expectationPlaces[expectation] = UInt16(expectations.count - 1)
        return UInt16(expectations.count - 1)
    }

    private mutating func enter(_ key: CredentialKey) -> Int32 {
        if let known = credentialPlaces[key] { return known }
        credentials.append(key)
        credentialPlaces[key] = Int32(credentials.count - 1)
        return Int32(credentials.count - 1)
    }

    public static let partsMax = 5_000_000
    /// Each has a TLS context in every loop.
    private static let profilesMax = 200
}

extension Score.Departure {
    init(of line: TraceLine) {
        self =
            if line.handshake == .failed {
                .early
            } else if line.ending == TraceLine.closed {
                .properly
            } else if line.ending.hasPrefix("timeout.") {
                .never
            } else {
                .abruptly
            }
    }
}
