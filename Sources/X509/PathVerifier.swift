import COpenSSL
import Text

/// Has libcrypto verify one path (RFC 5280 §6): it is given the certificates of that path and no others, so
/// that every decision about signatures, constraints and policies is its own, and none is about where to
/// look.
///
/// X509_STRICT stays off: it refuses the older private authorities of banks, which lack key identifiers or
/// mark basicConstraints as not critical. What it would add to security is checked by `TrustEpoch` itself.
struct PathVerifier: Sendable {
    let policy: TrustPolicy

    /// - Parameter path: leaf first, anchor last; at least one certificate.
    func verify(_ path: [Certificate], at time: WallTime) -> CertificatePath {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let leaf = path.first, let anchor = path.last,
            let context = unsafe X509_STORE_CTX_new()
        else { return CertificatePath(objections: [.policy]) }
        defer { unsafe X509_STORE_CTX_free(context) }
        let untrusted = CertificateStack(Array(path.dropFirst().dropLast()))
        // A plain list, not an X509_STORE: a store takes a lock for every look-up and can be told to read
        // directories; a list can do neither.
        let trusted = CertificateStack([anchor])
        return unsafe leaf.withHandle { leafHandle in
            unsafe untrusted.withHandle { untrustedHandle in
                unsafe trusted.withHandle { trustedHandle in
                    guard unsafe X509_STORE_CTX_init(context, nil, leafHandle, untrustedHandle) == 1 else {
                        return CertificatePath(objections: [.policy])
                    }
                    unsafe X509_STORE_CTX_set0_trusted_stack(context, trustedHandle)
                    guard unsafe configure(context, at: time) else {
                        return CertificatePath(objections: [.policy])
                    }
                    return unsafe verify(context, path)
                }
            }
        }
    }

    private func configure(_ context: OpaquePointer, at time: WallTime) -> Bool {
        guard let parameters = unsafe X509_STORE_CTX_get0_param(context) else { return false }
        var flags = UInt(X509_V_FLAG_TRUSTED_FIRST) | UInt(X509_V_FLAG_POLICY_CHECK)
        if policy.partialChain { flags |= UInt(X509_V_FLAG_PARTIAL_CHAIN) }
        if !policy.requiredPolicies.isEmpty { flags |= UInt(X509_V_FLAG_EXPLICIT_POLICY) }
        guard unsafe X509_VERIFY_PARAM_set_flags(parameters, flags) == 1,
            unsafe X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT) == 1,
            unsafe X509_VERIFY_PARAM_set_trust(parameters, X509_TRUST_SSL_CLIENT) == 1
        else { return false }
        guard unsafe setInitialPolicies(parameters) else { return false }
        unsafe X509_VERIFY_PARAM_set_depth(parameters, Int32(policy.depthMax))
        unsafe X509_VERIFY_PARAM_set_auth_level(parameters, securityLevel)
        unsafe X509_VERIFY_PARAM_set_time(parameters, Int(time.seconds))
        return true
    }

    /// Without the word "any policy" libcrypto has an empty initial set, under which no path that an
    /// authority demands a policy of is ever valid.
    private func setInitialPolicies(_ parameters: OpaquePointer) -> Bool {
        if policy.requiredPolicies.isEmpty {
            return unsafe X509_VERIFY_PARAM_add0_policy(parameters, OBJ_nid2obj(NID_any_policy)) == 1
        }
        return policy.requiredPolicies.allSatisfy { policy in
            // The list takes the object over.
            guard let object = unsafe OBJ_txt2obj(policy, 1) else { return false }
            return unsafe X509_VERIFY_PARAM_add0_policy(parameters, object) == 1
        }
    }

    private func verify(_ context: OpaquePointer, _ path: [Certificate]) -> CertificatePath {
        var objections = Objections()
        let outcome = unsafe withUnsafeMutablePointer(to: &objections) { pointer in
            unsafe X509_STORE_CTX_set_ex_data(context, objectionsIndex, pointer)
            unsafe X509_STORE_CTX_set_verify_cb(context, noteObjection)
            let outcome = unsafe X509_verify_cert(context)
            unsafe X509_STORE_CTX_set_ex_data(context, objectionsIndex, nil)
            return outcome
        }
        let error = unsafe X509_STORE_CTX_get_error(context)
        // Failures such as lack of memory do not come through the callback.
        if outcome != 1 || error != X509_V_OK { objections.note(error) }
        let handles = unsafe X509_STORE_CTX_get1_chain(context)
        defer { unsafe shim_sk_X509_pop_free(handles) }
        let chain = unsafe certificates(in: handles, of: path)
        return CertificatePath(
            objections: objections.reasons, badSignatureAt: chain == nil ? nil : objections.badSignatureAt,
            isVerified: outcome == 1 && objections.reasons.isEmpty && chain != nil, chain: chain ?? [])
    }

    /// The certificates of a chain are among those given; they are not read a second time. nil should one not
    /// be.
    private func certificates(in chain: OpaquePointer?, of path: [Certificate]) -> [Certificate]? {
        let count = max(0, unsafe shim_sk_X509_num(chain))
        let found = (0..<count).compactMap { index -> Certificate? in
            guard let handle = unsafe shim_sk_X509_value(chain, index) else { return nil }
            return path.first { unsafe $0.isOwner(of: handle) }
        }
        return found.count == count ? found : nil
    }
}

/// A way from a leaf to an anchor, as far as it was found, and what is wrong with it.
struct CertificatePath {
    var objections: Set<RefusalReason>
    /// The place of a certificate that the next one's key has not signed.
    var badSignatureAt: Int?
    /// libcrypto found the path good.
    var isVerified = false
    /// Leaf first, anchor last when there is one.
    var chain: [Certificate] = []
    var revocation = PeerIdentity.Revocation.notAsked
    var revocationAnswerUntil = WallTime.endOfTime
}

/// What libcrypto's verification has said so far.
struct Objections {
    private(set) var reasons: Set<RefusalReason> = []
    private(set) var badSignatureAt: Int?

    /// True when verification should go on and look for more: after some findings the others say nothing, and
    /// checking signatures that a stranger chose costs time.
    @discardableResult
    mutating func note(_ error: Int32, depth: Int32? = nil) -> Bool {
        let reason = RefusalReason(verifyError: error)
        reasons.insert(reason)
        if error == X509_V_ERR_CERT_SIGNATURE_FAILURE, let depth { badSignatureAt = Int(depth) }
        return reason != .unknownIssuer && reason != .malformed && reason != .chainTooLong
    }
}

/// libcrypto's verify callback: `isGood` is 0 for every objection. Copies out and returns whether to go on.
private func noteObjection(_ isGood: Int32, _ context: OpaquePointer?) -> Int32 {
    if isGood == 1 { return 1 }
    guard let pointer = unsafe X509_STORE_CTX_get_ex_data(context, objectionsIndex) else { return 0 }
    let objections = unsafe pointer.assumingMemoryBound(to: Objections.self)
    let error = unsafe X509_STORE_CTX_get_error(context)
    let depth = unsafe X509_STORE_CTX_get_error_depth(context)
    guard unsafe objections.pointee.note(error, depth: depth) else { return 0 }
    // An error left standing would hide a later one: libcrypto then gives up without saying that no path was
    // found.
    unsafe X509_STORE_CTX_set_error(context, X509_V_OK)
    return 1
}

/// 112 bits: RSA 2048, P-224 and SHA-224 upwards.
private let securityLevel: Int32 = 2
/// Where the context keeps the pointer for the callback; 0 is the application's own place.
private let objectionsIndex: Int32 = 0
