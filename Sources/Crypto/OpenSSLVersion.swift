import COpenSSL

/// Which OpenSSL the process runs on.
public struct OpenSSLVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let major, minor, patch: Int

    public init(major: Int, minor: Int, patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Of the library loaded, not of the headers we were built with.
    public static let current: OpenSSLVersion = {
        let number = Int(OpenSSL_version_num())
        return OpenSSLVersion(
            major: number >> 28 & 0xF, minor: number >> 20 & 0xFF, patch: number >> 4 & 0xFF)
    }()

    /// What the library calls itself: `OpenSSL 3.0.19 27 Jan 2026`.
    public static let currentText: String =
        unsafe OpenSSL_version(OPENSSL_VERSION).map { unsafe String(cString: $0) } ?? ""

    /// Whether this version, as OpenSSL released it, has every fix this project relies on (CVE-2026-28388 is
    /// the latest). Distributions fix without a new number, so this is a reason to warn and no reason to
    /// stop.
    public var hasKnownFixes: Bool {
        guard let floor = Self.floors.first(where: { $0.major == major && $0.minor == minor }) else {
            return Self.floors.allSatisfy { self > $0 }
        }
        return self >= floor
    }

    /// Whether a daemon may start on it: 3.0.9, or anything later. Below that stand holes in the very
    /// checks that everything here rests on (CVE-2023-0286 in CRLs, CVE-2023-0464, -0465 and -0466 in
    /// policies, CVE-2022-3602 in names), and no distribution still maintained is there.
    public var isSafeEnough: Bool { self >= OpenSSLVersion(major: 3, minor: 0, patch: 9) }

    public static func < (a: OpenSSLVersion, b: OpenSSLVersion) -> Bool {
        (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
    }

    /// `3.0.19`
    public var description: String { "\(major).\(minor).\(patch)" }

    /// The first release of each maintained branch with the fixes.
    private static let floors = [
        OpenSSLVersion(major: 3, minor: 0, patch: 20), OpenSSLVersion(major: 3, minor: 3, patch: 7),
        OpenSSLVersion(major: 3, minor: 4, patch: 5), OpenSSLVersion(major: 3, minor: 5, patch: 6),
        OpenSSLVersion(major: 3, minor: 6, patch: 2),
    ]
}
