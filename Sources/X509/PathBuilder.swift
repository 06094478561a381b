import COpenSSL
import Text

/// Finds and verifies paths from leaves to one epoch's anchors (RFC 5280 §6).
///
/// The anchors are given to libcrypto as a plain list, not as an X509_STORE: a store takes a lock for every
/// look-up and can be told to read directories; a list can do neither.
struct PathBuilder: Sendable {
    /// Anchors, and beside them intermediates, in each order worth trying; see `orders`.
    private let anchorOrders: [CertificateStack]
    private let intermediateOrders: [[Certificate]]
    private let anchors: [Certificate]
    private let depthMax: Int

    init(anchors: [Certificate], intermediates: [Certificate], depthMax: Int) {
        self.anchors = anchors
        self.depthMax = depthMax
        anchorOrders = orders(of: anchors).map { CertificateStack($0) }
        intermediateOrders = orders(of: intermediates)
    }

    /// The path from `leaf`, or the objections to it.
    func path(from leaf: Certificate, presented: [Certificate], at time: WallTime) -> CertificatePath {
        var first: CertificatePath?
        for anchors in anchorOrders {
            for intermediates in intermediateOrders {
                let path = path(from: leaf, over: presented + intermediates, to: anchors, at: time)
                guard path.hasBadSignature else { return path }
                first = first ?? path
            }
        }
        return first ?? CertificatePath(objections: [.unknownIssuer])
    }

    private func path(
        from leaf: Certificate, over helpers: [Certificate], to trusted: CertificateStack, at time: WallTime
    ) -> CertificatePath {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = unsafe X509_STORE_CTX_new() else { return CertificatePath(objections: [.policy]) }
        defer { unsafe X509_STORE_CTX_free(context) }
        let untrusted = CertificateStack(helpers)
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
                    return unsafe verify(context, known: [leaf] + helpers + anchors)
                }
            }
        }
    }

    /// An anchor need not be self-issued: PARTIAL_CHAIN. That a leaf in the list of anchors would then be
    /// trusted as it is cannot happen, since an epoch takes authorities only and refuses an authority as a
    /// leaf.
    ///
    /// X509_STRICT stays off: it refuses the older private authorities of banks, which lack key identifiers
    /// or mark basicConstraints as not critical. What it would add to security is checked by `TrustEpoch`
    /// itself.
    private func configure(_ context: OpaquePointer, at time: WallTime) -> Bool {
        guard let parameters = unsafe X509_STORE_CTX_get0_param(context) else { return false }
        let flags =
            UInt(X509_V_FLAG_PARTIAL_CHAIN) | UInt(X509_V_FLAG_TRUSTED_FIRST) | UInt(X509_V_FLAG_POLICY_CHECK)
        guard unsafe X509_VERIFY_PARAM_set_flags(parameters, flags) == 1,
            unsafe X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT) == 1,
            unsafe X509_VERIFY_PARAM_set_trust(parameters, X509_TRUST_SSL_CLIENT) == 1
        else { return false }
        unsafe X509_VERIFY_PARAM_set_depth(parameters, Int32(depthMax))
        unsafe X509_VERIFY_PARAM_set_auth_level(parameters, securityLevel)
        unsafe X509_VERIFY_PARAM_set_time(parameters, Int(time.seconds))
        return true
    }

    private func verify(_ context: OpaquePointer, known: [Certificate]) -> CertificatePath {
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
        let chain = unsafe certificates(in: handles, known: known)
        return CertificatePath(
            objections: objections.reasons, hasBadSignature: objections.hasBadSignature,
            isVerified: outcome == 1 && objections.reasons.isEmpty && chain != nil, chain: chain ?? [])
    }

    /// The certificates of a chain are among those given; they are not read a second time. nil should one not
    /// be.
    private func certificates(in chain: OpaquePointer?, known: [Certificate]) -> [Certificate]? {
        let count = max(0, unsafe shim_sk_X509_num(chain))
        let found = (0..<count).compactMap { index -> Certificate? in
            guard let handle = unsafe shim_sk_X509_value(chain, index) else { return nil }
            return known.first { unsafe $0.isOwner(of: handle) }
        }
        return found.count == count ? found : nil
    }
}

/// A way from a leaf to an anchor, as far as it was found, and what is wrong with it.
struct CertificatePath {
    var objections: Set<RefusalReason>
    /// Somewhere a name matched and the key did not.
    var hasBadSignature = false
    /// libcrypto found the path good.
    var isVerified = false
    /// Leaf first, anchor last when there is one.
    var chain: [Certificate] = []
}

/// What libcrypto's verification has said so far.
struct Objections {
    private(set) var reasons: Set<RefusalReason> = []
    private(set) var hasBadSignature = false

    /// True when verification should go on and look for more: after some findings the others say nothing, and
    /// checking signatures that a stranger chose costs time.
    @discardableResult
    mutating func note(_ error: Int32) -> Bool {
        let reason = RefusalReason(verifyError: error)
        reasons.insert(reason)
        if error == X509_V_ERR_CERT_SIGNATURE_FAILURE { hasBadSignature = true }
        return reason != .unknownIssuer && reason != .malformed && reason != .chainTooLong
    }
}

/// libcrypto's verify callback: `isGood` is 0 for every objection. Copies out and returns whether to go on.
private func noteObjection(_ isGood: Int32, _ context: OpaquePointer?) -> Int32 {
    if isGood == 1 { return 1 }
    guard let pointer = unsafe X509_STORE_CTX_get_ex_data(context, objectionsIndex) else { return 0 }
    let objections = unsafe pointer.assumingMemoryBound(to: Objections.self)
    guard unsafe objections.pointee.note(X509_STORE_CTX_get_error(context)) else { return 0 }
    // An error left standing would hide a later one: libcrypto then gives up without saying that no path was
    // found.
    unsafe X509_STORE_CTX_set_error(context, X509_V_OK)
    return 1
}

/// Certificates in orders that put each of several with the same subject name first once.
///
/// Without key identifiers libcrypto takes the first one whose name matches and tries no other, so an
/// authority that changed its key but not its name would lose its old or its new customers. At most 8 orders.
private func orders(of certificates: [Certificate]) -> [[Certificate]] {
    let bySubject = Dictionary(grouping: certificates, by: \.subject)
    let count = min(8, bySubject.values.map(\.count).max() ?? 1)
    return (0..<count).map { turn in
        var taken: [DistinguishedName: Int] = [:]
        return certificates.map { certificate in
            let namesakes = bySubject[certificate.subject] ?? [certificate]
            let place = taken[certificate.subject, default: 0]
            taken[certificate.subject] = place + 1
            return namesakes[(place + turn) % namesakes.count]
        }
    }
}

/// 112 bits: RSA 2048, P-224 and SHA-224 upwards.
private let securityLevel: Int32 = 2
/// Where the context keeps the pointer for the callback; 0 is the application's own place.
private let objectionsIndex: Int32 = 0
