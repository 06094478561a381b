import Text
import X509

/// A policy as an epoch's record has it: JSON with every member there is, always in the same order.
extension TrustPolicy {
    var recordText: String {
        var json = JSONWriter()
        json.beginObject()
        json.member("depthMax", Int64(depthMax))
        json.member("clientAuthPurpose", clientAuthPurpose.rawValue)
        json.member("keyBitsMinRSA", Int64(keyBitsMinRSA))
        json.member("chainBytesMax", Int64(chainBytesMax))
        json.member("chainCertificatesMax", Int64(chainCertificatesMax))
        json.member("partialChain", partialChain)
        json.key("requiredPolicies")
        json.beginArray()
        for policy in requiredPolicies.sorted() { json.string(policy) }
        json.endArray()
        json.member("check", revocation.check.rawValue)
        json.member("tolerance", revocation.tolerance.recordText)
        json.key("exceptions")
        json.beginObject()
        for (name, tolerance) in revocation.exceptions.map({ (Hex.encode($0), $1.recordText) }).sorted(by: <)
        {
            json.member(name, tolerance)
        }
        json.endObject()
        json.endObject()
        return json.text
    }

    /// Nil for anything but what `recordText` writes: a policy that is understood in part would be another.
    init?(recorded text: String) {
        guard let json = try? JSONReader.read(Array(text.utf8), dialect: .json),
            let depthMax = json["depthMax"]?.integer.flatMap(Int.init(exactly:)),
            let purpose = json["clientAuthPurpose"]?.string.flatMap(ClientAuthPurpose.init),
            let keyBits = json["keyBitsMinRSA"]?.integer.flatMap(Int.init(exactly:)),
            let bytes = json["chainBytesMax"]?.integer.flatMap(Int.init(exactly:)),
            let certificates = json["chainCertificatesMax"]?.integer.flatMap(Int.init(exactly:)),
            let partialChain = json["partialChain"]?.bool,
            let policies = json["requiredPolicies"]?.array?.compactMap(\.string),
            let check = json["check"]?.string.flatMap(RevocationPolicy.Check.init),
            let tolerance = json["tolerance"]?.string.flatMap(RevocationPolicy.Tolerance.init(recorded:)),
            let exceptions = json["exceptions"]?.members
        else { return nil }
        var revocation = RevocationPolicy(check: check, tolerance: tolerance)
        for exception in exceptions {
            guard let name = Hex.decode(exception.key) else { return nil }
            revocation.exceptions[name] = exception.node.string.flatMap { .init(recorded: $0) }
        }
        self.init(
            depthMax: depthMax, clientAuthPurpose: purpose, keyBitsMinRSA: keyBits, chainBytesMax: bytes,
            chainCertificatesMax: certificates, partialChain: partialChain,
            requiredPolicies: Set(policies), revocation: revocation)
        guard recordText == text else { return nil }
    }
}

extension RevocationPolicy.Tolerance {
    /// `deny`, `allow`, or the hours of grace.
    fileprivate var recordText: String {
        switch self {
        case .deny: "deny"
        case .allow: "allow"
        case .grace(let hours): "\(hours)"
        }
    }

    fileprivate init?(recorded text: String) {
        switch text {
        case "deny": self = .deny
        case "allow": self = .allow
        default:
            guard let hours = Int(text) else { return nil }
            self = .grace(hours: hours)
        }
    }
}
