import Crypto
import Issuing
import Replay
import Synchronization
import Text

/// Makes the certificates for the customers of a trace.
final class CredentialMint: Sendable {
    let authorities: Authorities
    private let now: WallTime
    private let validityDays: Int64
    /// RSA keys take long to make and are shared; by size.
    private let sharedKeys: [Int: [CertificateKey]]
    var sharedKeyCount: Int { sharedKeys.values.reduce(0) { $0 + $1.count } }
    /// Serial numbers by the issuer's name.
    private let revoked = Mutex<[String: [[UInt8]]]>([:])

    init(
        for keys: some Sequence<CredentialKey>, rsaKeyCount: Int, at now: WallTime, days: Int64
    ) throws(CryptoFault) {
        var (rungs, sizes) = (1, Set<Int>())
        for key in keys {
            if key.defect != .chainTooLong { rungs = max(rungs, min(9, key.chainCount - 1)) }
            if case .rsa(let bitCount)? = CertificateKey.Kind(named: key.key) { sizes.insert(bitCount) }
        }
        authorities = try Authorities(rungs: rungs, Validity(from: now, days: -60, to: days + 60))
        var shared: [Int: [CertificateKey]] = [:]
        for bitCount in sizes {
            for _ in 0..<max(1, rsaKeyCount) {
                shared[bitCount, default: []].append(try CertificateKey(.rsa(bitCount: bitCount)))
            }
        }
        sharedKeys = shared
        self.now = now
        validityDays = days
    }

    /// One certificate; from any thread.
    ///
    /// - Parameter number: Its place among all, by which RSA keys are dealt out.
    func credential(_ key: CredentialKey, number: Int) throws(CryptoFault) -> Credential {
        guard let kind = CertificateKey.Kind(named: key.key) else {
            throw .malformed("key: nothing is known of “\(key.key)”")
        }
        let privateKey: CertificateKey
        if case .rsa(let bitCount) = kind, let shared = sharedKeys[bitCount] {
            privateKey = shared[number % shared.count]
        } else {
            privateKey = try CertificateKey(kind)
        }
        let (issuer, presented) = authorities.issuer(for: key)
        let validity =
            switch key.defect {
            case .expired: Validity(from: now, days: -30, to: -1)
            case .notYetValid: Validity(from: now, days: 30, to: validityDays + 30)
            default: Validity(from: now, days: -1, to: validityDays)
            }
        let (certificate, serial) = try issuer.issue(
            key.defect == .unmapped ? nil : key.customer, for: privateKey, validity,
            isForServers: key.defect == .wrongPurpose)
        if key.defect == .revoked { revoked.withLock { $0[issuer.name, default: []].append(serial) } }
        return Credential(
            key: key, certificate: certificate, issuers: presented.map(\.name), numbers: privateKey.numbers)
    }

    /// To be called when all certificates are made.
    func revocationLists() throws(CryptoFault) -> [(name: String, list: [UInt8])] {
        try authorities.revocationLists(
            revoked.withLock { $0 }, Validity(from: now, days: -1, to: validityDays))
    }
}

extension CertificateKey.Kind {
    /// Of a name as `CredentialKey` has it.
    init?(named name: String) {
        if name == "Ed25519" {
            self = .ed25519
        } else if let curve = name.wordBehind("EC ").flatMap({ CertificateKey.Curve(rawValue: $0) }) {
            self = .ec(curve)
        } else if let bitCount = name.wordBehind("RSA ").flatMap({ Int($0) }), 1024...8192 ~= bitCount {
            self = .rsa(bitCount: bitCount)
        } else {
            return nil
        }
    }
}

extension String {
    fileprivate func wordBehind(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
