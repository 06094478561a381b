import Reactor
import Settings
import Trust
import X509

/// The files of a trust store as the configuration names them.
struct TrustFiles {
    /// Reads them all, or says all that is wrong with them.
    static func bundle(_ store: GatewaySettings.TrustStore) throws(TrustBundleFault) -> TrustBundle {
        var parts: [EpochPart] = []
        var complaints: [String] = []
        func take(_ paths: [String], as role: EpochPart.Role) {
            for path in paths {
                do throws(SystemFault) {
                    let bytes = try Files.read(path, bytesMax: bytesMax)
                    // Somebody has begun to write it.
                    if bytes.isEmpty { complaints.append("\(path): empty") }
                    parts.append(EpochPart(role, name: path, bytes: bytes))
                } catch {
                    complaints.append("\(error)")
                }
            }
        }
        take(store.anchors, as: .anchors)
        take(store.intermediates, as: .intermediates)
        for path in store.crls {
            do throws(SystemFault) {
                take(try listFiles(path), as: .crl)
            } catch {
                complaints.append("\(error)")
            }
        }
        let policy = policy(store, &complaints)
        guard complaints.isEmpty else { throw TrustBundleFault(complaints: complaints) }
        return TrustBundle(policy: policy, parts: parts)
    }

    /// The file, or every file of a folder but those whose names begin with a dot.
    private static func listFiles(_ path: String) throws(SystemFault) -> [String] {
        guard Files.isFolder(path) else { return [path] }
        return try Files.names(in: path, countMax: folderFilesMax).filter { !$0.hasPrefix(".") }
            .map { "\(path)/\($0)" }
    }

    private static func policy(
        _ store: GatewaySettings.TrustStore, _ complaints: inout [String]
    ) -> TrustPolicy {
        var revocation = RevocationPolicy(
            check: RevocationPolicy.Check(store.revocation.check ?? (store.crls.isEmpty ? .none : .chain)),
            tolerance: RevocationPolicy.Tolerance(
                store.revocation.whenUnknown, store.revocation.graceHours))
        for exception in store.revocation.exceptions {
            do {
                for issuer in try Certificate.parse(pem: Files.read(exception.issuer)) {
                    revocation.exceptions[issuer.subject.der] = RevocationPolicy.Tolerance(
                        exception.whenUnknown, exception.graceHours)
                }
            } catch {
                complaints.append("\(exception.issuer): \(error)")
            }
        }
        return TrustPolicy(store, revocation)
    }

    /// A revocation list of several million entries.
    private static let bytesMax = 256 << 20
    private static let folderFilesMax = 1000
}

extension TrustPolicy {
    fileprivate init(_ store: GatewaySettings.TrustStore, _ revocation: RevocationPolicy) {
        self.init(
            depthMax: store.depthMax,
            clientAuthPurpose: store.clientAuthPurpose == .required ? .required : .allowAbsent,
            keyBitsMinRSA: store.rsaBitsMin, partialChain: store.partialChain,
            requiredPolicies: Set(store.requiredPolicies), revocation: revocation)
    }
}

extension RevocationPolicy.Check {
    fileprivate init(_ setting: GatewaySettings.RevocationCheck) {
        switch setting {
        case .none: self = .none
        case .leaf: self = .leaf
        case .chain: self = .chain
        }
    }
}

extension RevocationPolicy.Tolerance {
    fileprivate init(_ setting: GatewaySettings.RevocationUnknown, _ graceHours: Int) {
        switch setting {
        case .deny: self = .deny
        case .grace: self = .grace(hours: graceHours)
        case .allow: self = .allow
        }
    }
}
