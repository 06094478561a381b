import Reactor
import Settings
import X509

/// What the files of one trust store say, or all that is wrong with them. Reading may block for as long as
/// large CRLs take.
struct TrustFiles {
    private(set) var anchors: [Certificate] = []
    private(set) var intermediates: [Certificate] = []
    private(set) var revocationLists: [RevocationList] = []
    private(set) var policy = TrustPolicy()
    private(set) var complaints: [String] = []

    init(reading store: GatewaySettings.TrustStore) {
        anchors = store.anchors.flatMap { certificates($0) }
        intermediates = store.intermediates.flatMap { certificates($0) }
        revocationLists = store.crls.flatMap { listsAtPath($0) }
        policy = TrustPolicy(
            depthMax: store.depthMax,
            clientAuthPurpose: store.clientAuthPurpose == .required ? .required : .allowAbsent,
            keyBitsMinRSA: store.rsaBitsMin, partialChain: store.partialChain,
            requiredPolicies: Set(store.requiredPolicies), revocation: revocationPolicy(store))
    }

    private mutating func revocationPolicy(_ store: GatewaySettings.TrustStore) -> RevocationPolicy {
        var policy = RevocationPolicy()
        policy.check =
            switch store.revocation.check ?? (store.crls.isEmpty ? .none : .chain) {
            case .none: .none
            case .leaf: .leaf
            case .chain: .chain
            }
        policy.tolerance = Self.tolerance(store.revocation.whenUnknown, store.revocation.graceHours)
        for exception in store.revocation.exceptions {
            let tolerance = Self.tolerance(exception.whenUnknown, exception.graceHours)
            for issuer in certificates(exception.issuer) {
                policy.exceptions[issuer.subject.der] = tolerance
            }
        }
        return policy
    }

    private static func tolerance(
        _ setting: GatewaySettings.RevocationUnknown, _ hours: Int
    ) -> RevocationPolicy.Tolerance {
        switch setting {
        case .deny: .deny
        case .grace: .grace(hours: hours)
        case .allow: .allow
        }
    }

    private mutating func certificates(_ path: String) -> [Certificate] {
        guard let bytes = read(path, bytesMax: certificateBytesMax) else { return [] }
        do throws(CertificateFault) {
            return try Certificate.parse(pem: bytes)
        } catch {
            complaints.append("\(path): \(error)")
            return []
        }
    }

    /// Of a file, or of every file of a folder but those whose names begin with a dot.
    private mutating func listsAtPath(_ path: String) -> [RevocationList] {
        guard Files.isFolder(path) else { return lists(path) }
        do throws(SystemFault) {
            let names = try Files.names(in: path, countMax: folderFilesMax)
            return names.filter { !$0.hasPrefix(".") }.flatMap { lists("\(path)/\($0)") }
        } catch {
            complaints.append("\(error)")
            return []
        }
    }

    private mutating func lists(_ path: String) -> [RevocationList] {
        guard let bytes = read(path, bytesMax: revocationListBytesMax) else { return [] }
        do throws(RevocationFileFault) {
            return try RevocationList.parse(bytes)
        } catch {
            complaints.append("\(path): \(error)")
            return []
        }
    }

    private mutating func read(_ path: String, bytesMax: Int) -> [UInt8]? {
        do throws(SystemFault) {
            return try Files.read(path, bytesMax: bytesMax)
        } catch {
            complaints.append("\(error)")
            return nil
        }
    }
}

private let certificateBytesMax = 16 << 20
/// Some ten million entries.
private let revocationListBytesMax = 512 << 20
private let folderFilesMax = 1000
