public import Text

/// One part of an epoch as it was staged: a PEM bundle, a CRL.
public struct EpochPart: Sendable, Hashable {
    public enum Role: String, Sendable, Hashable, CaseIterable {
        case anchors, intermediates, crl
    }

    public let role: Role
    /// Where it came from, for people: a file's name.
    public let name: String
    /// SHA-256 of `bytes`, as it was when the part was recorded.
    public let hash: [UInt8]
    public let bytes: [UInt8]

    public init(role: Role, name: String, hash: [UInt8], bytes: [UInt8]) {
        self.role = role
        self.name = name
        self.hash = hash
        self.bytes = bytes
    }
}

/// How an epoch came to be.
public enum EpochOrigin: String, Sendable, Hashable, CaseIterable {
    /// The first of its store, from the files of the configuration.
    case imported
    /// From files that had changed, at a reload.
    case reloaded
    case committed
    case rolledBack
}

/// What the history of a trust store says of one epoch.
public struct EpochSummary: Sendable, Hashable {
    public let number: UInt64
    /// SHA-256 over everything that decides.
    public let contentHash: [UInt8]
    public let origin: EpochOrigin
    /// The epoch whose content was brought back, of one that is `rolledBack`.
    public let source: UInt64?
    /// Who did it: an account of the operating system, or the gateway itself.
    public let author: String
    public let recordedAt: WallTime
    /// Whether the parts are kept, so that it can be brought back.
    public let isKept: Bool

    public init(
        number: UInt64, contentHash: [UInt8], origin: EpochOrigin, source: UInt64?, author: String,
        recordedAt: WallTime, isKept: Bool
    ) {
        self.number = number
        self.contentHash = contentHash
        self.origin = origin
        self.source = source
        self.author = author
        self.recordedAt = recordedAt
        self.isKept = isKept
    }
}

/// An epoch to be recorded.
public struct EpochDraft: Sendable, Hashable {
    public let store: String
    public let contentHash: [UInt8]
    /// SHA-256 over policy and parts, by which a half-written epoch is found out.
    public let digest: [UInt8]
    /// The policy, in the words of whoever wrote it.
    public let policy: String
    public let parts: [EpochPart]
    public let origin: EpochOrigin
    public let source: UInt64?
    public let author: String
    public let at: WallTime

    public init(
        store: String, contentHash: [UInt8], digest: [UInt8], policy: String, parts: [EpochPart],
        origin: EpochOrigin, source: UInt64? = nil, author: String, at: WallTime
    ) {
        self.store = store
        self.contentHash = contentHash
        self.digest = digest
        self.policy = policy
        self.parts = parts
        self.origin = origin
        self.source = source
        self.author = author
        self.at = at
    }
}

/// An epoch as the store has it.
public struct EpochRecord: Sendable, Hashable {
    public let summary: EpochSummary
    public let digest: [UInt8]
    public let policy: String
    public let parts: [EpochPart]

    public init(summary: EpochSummary, digest: [UInt8], policy: String, parts: [EpochPart]) {
        self.summary = summary
        self.digest = digest
        self.policy = policy
        self.parts = parts
    }
}

/// A certificate that was presented lately, so that it can be judged again under another epoch.
public struct SeenCertificate: Sendable, Hashable {
    /// SHA-256 of `der`.
    public let fingerprint: [UInt8]
    /// RFC 4514, for people, as `subject` is.
    public var issuer: String
    /// Lower-case hexadecimal.
    public var serial: String
    public var subject: String
    /// Whom it logged in, or was mapped to; nil while nobody knows.
    public var customer: String?
    /// The anchor its path ended at (SHA-256); nil when it was refused.
    public var anchor: [UInt8]?
    /// `trusted`, or the reason it was refused for.
    public var verdict: String
    /// The epoch of that verdict.
    public var epoch: UInt64
    public var lastSeen: WallTime
    public var der: [UInt8]
    /// What the client sent behind it.
    public var chain: [SeenIssuer]

    public init(
        fingerprint: [UInt8], issuer: String, serial: String, subject: String, customer: String? = nil,
        anchor: [UInt8]?, verdict: String, epoch: UInt64, lastSeen: WallTime, der: [UInt8],
        chain: [SeenIssuer] = []
    ) {
        self.fingerprint = fingerprint
        self.issuer = issuer
        self.serial = serial
        self.subject = subject
        self.customer = customer
        self.anchor = anchor
        self.verdict = verdict
        self.epoch = epoch
        self.lastSeen = lastSeen
        self.der = der
        self.chain = chain
    }

    public var isTrusted: Bool { anchor != nil }
}

/// A certificate that a client sent behind its own.
public struct SeenIssuer: Sendable, Hashable {
    /// SHA-256 of `der`.
    public let fingerprint: [UInt8]
    public let der: [UInt8]

    public init(fingerprint: [UInt8], der: [UInt8]) {
        self.fingerprint = fingerprint
        self.der = der
    }
}

/// How much an anchor is used, from the certificates lately seen.
public struct AnchorUse: Sendable, Hashable {
    /// SHA-256 of the anchor.
    public let anchor: [UInt8]
    public let lastSeen: WallTime
    public let certificateCount: Int
    /// Customers that are known by name.
    public let customerCount: Int

    public init(anchor: [UInt8], lastSeen: WallTime, certificateCount: Int, customerCount: Int) {
        self.anchor = anchor
        self.lastSeen = lastSeen
        self.certificateCount = certificateCount
        self.customerCount = customerCount
    }
}
