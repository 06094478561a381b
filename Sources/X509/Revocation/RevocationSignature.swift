import COpenSSL

/// The signature over a CRL, and the digest of what it signs, so that the list itself need not be kept
/// until its authority is known.
struct RevocationSignature: Sendable {
    private enum Scheme: Sendable, Equatable {
        case digest(name: String)
        /// RSASSA-PSS with the same digest for its mask.
        case pss(digest: String, saltLength: Int32)
        /// Edwards curves sign the message itself.
        case message

        var digestName: String? {
            switch self {
            case .digest(let name), .pss(let name, _): name
            case .message: nil
            }
        }
    }

    private let scheme: Scheme
    /// The kinds of key that may have made it, as `EVP_PKEY_…` numbers.
    private let keyTypes: [Int32]
    /// The digest, or the message.
    private let covered: [UInt8]
    private let bits: [UInt8]

    /// - Parameter algorithm: the AlgorithmIdentifier, whole.
    init(
        algorithm: [UInt8], bits: [UInt8], over message: ArraySlice<UInt8>
    ) throws(RevocationListFault) {
        defer { ERR_clear_error() }
        let identifier: SignatureAlgorithm
        do throws(DERFault) {
            identifier = try SignatureAlgorithm(algorithm)
        } catch {
            throw .weakSignature(algorithm: "unreadable")
        }
        self.bits = bits
        switch identifier.kind {
        case .digest(let name, let keyType):
            scheme = .digest(name: name)
            keyTypes = [keyType]
        case .pss(let digest, let saltLength):
            scheme = .pss(digest: digest, saltLength: saltLength)
            keyTypes = [EVP_PKEY_RSA, EVP_PKEY_RSA_PSS]
        case .message(let keyType):
            scheme = .message
            keyTypes = [keyType]
            covered = Array(message)
            return
        case .unknown:
            throw .weakSignature(algorithm: identifier.name)
        }
        guard let name = scheme.digestName, let digest = strongDigest(of: message, name) else {
            throw .weakSignature(algorithm: identifier.name)
        }
        covered = digest
    }

    /// Whether the key of this certificate has made it.
    func isValid(under certificate: Certificate) -> Bool {
        defer { ERR_clear_error() }
        return unsafe certificate.withHandle { handle in
            guard let key = unsafe X509_get0_pubkey(handle),
                keyTypes.contains(unsafe EVP_PKEY_get_base_id(key))
            else { return false }
            return unsafe scheme == .message ? verifyMessage(key) : verifyDigest(key)
        }
    }

    private func verifyMessage(_ key: OpaquePointer) -> Bool {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
        return unsafe EVP_DigestVerify(context, bits, bits.count, covered, covered.count) == 1
    }

    private func verifyDigest(_ key: OpaquePointer) -> Bool {
        guard let name = scheme.digestName, let digest = unsafe EVP_get_digestbyname(name) else {
            return false
        }
        let context = unsafe EVP_PKEY_CTX_new(key, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe EVP_PKEY_verify_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_signature_md(context, digest) == 1
        else { return false }
        if case .pss(_, let saltLength) = scheme {
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(context, saltLength) == 1
            else { return false }
        } else if keyTypes == [EVP_PKEY_RSA] {
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 else { return false }
        }
        return unsafe EVP_PKEY_verify(context, bits, bits.count, covered, covered.count) == 1
    }
}

/// An AlgorithmIdentifier of a signature (RFC 5280 §4.1.1.2), as far as it can be told what it asks for.
private struct SignatureAlgorithm {
    enum Kind {
        case digest(name: String, keyType: Int32)
        case pss(digest: String, saltLength: Int32)
        case message(keyType: Int32)
        case unknown
    }

    let kind: Kind
    /// For people.
    let name: String

    init(_ identifier: [UInt8]) throws(DERFault) {
        let bytes = identifier.span
        var outer = DERCursor(0..<bytes.count)
        var inner = DERCursor(try outer.next(DERTag.sequence, in: bytes).content)
        let oid = bytes.array(try inner.next(DERTag.objectIdentifier, in: bytes).content)
        let parameters = inner.isAtEnd ? nil : try inner.next(in: bytes)
        let nid = numericIdentifier(ofContent: oid)
        name = shortName(nid) ?? dottedDecimal(ofContent: oid)
        var digest: Int32 = 0
        var keyType: Int32 = 0
        let isKnown = unsafe OBJ_find_sigid_algs(nid, &digest, &keyType) == 1
        if nid == NID_rsassaPss {
            kind =
                try parameters.flatMap { element throws(DERFault) in
                    try Self.pss(element, in: bytes)
                } ?? .unknown
        } else if nid == NID_ED25519 || nid == NID_ED448 {
            kind = parameters == nil ? .message(keyType: nid) : .unknown
        } else if isKnown, digest != NID_undef, parameters == nil || parameters?.tag == DERTag.null,
            let digestName = shortName(digest)
        {
            kind = .digest(name: digestName, keyType: keyType)
        } else {
            kind = .unknown
        }
    }

    /// RSASSA-PSS-params (RFC 4055 §3.1). What it leaves out stands for SHA-1, so nothing may be left out but
    /// the salt's length and the trailer.
    private static func pss(_ element: DERElement, in bytes: Span<UInt8>) throws(DERFault) -> Kind? {
        guard element.tag == DERTag.sequence else { return nil }
        var cursor = DERCursor(element.content)
        guard let hash = try cursor.nextIf(DERTag.constructed(0), in: bytes),
            let mask = try cursor.nextIf(DERTag.constructed(1), in: bytes)
        else { return nil }
        var hashCursor = DERCursor(hash.content)
        let digest = try oid(&hashCursor, in: bytes)
        var maskCursor = DERCursor(mask.content)
        var maskInner = DERCursor(try maskCursor.next(DERTag.sequence, in: bytes).content)
        let function = bytes.array(try maskInner.next(DERTag.objectIdentifier, in: bytes).content)
        let maskDigest = try oid(&maskInner, in: bytes)
        var saltLength: Int32 = 20
        if let salt = try cursor.nextIf(DERTag.constructed(2), in: bytes) {
            var saltCursor = DERCursor(salt.content)
            let octets = bytes.array(try saltCursor.next(DERTag.integer, in: bytes).content)
            guard (1...2).contains(octets.count), octets[0] < 0x80 else { return nil }
            saltLength = octets.reduce(0) { $0 << 8 | Int32($1) }
        }
        guard try cursor.nextIf(DERTag.constructed(3), in: bytes) == nil, cursor.isAtEnd,
            numericIdentifier(ofContent: function) == NID_mgf1, digest == maskDigest,
            let name = shortName(numericIdentifier(ofContent: digest))
        else { return nil }
        return .pss(digest: name, saltLength: saltLength)
    }

    private static func oid(_ cursor: inout DERCursor, in bytes: Span<UInt8>) throws(DERFault) -> [UInt8] {
        var inner = DERCursor(try cursor.next(DERTag.sequence, in: bytes).content)
        return bytes.array(try inner.next(DERTag.objectIdentifier, in: bytes).content)
    }
}

/// nil for digests that are too weak (less than 224 bits long) or that this libcrypto does not have.
private func strongDigest(of message: ArraySlice<UInt8>, _ name: String) -> [UInt8]? {
    guard let type = unsafe EVP_get_digestbyname(name), unsafe EVP_MD_get_size(type) >= 28 else { return nil }
    return unsafe message.withUnsafeBytes { input in
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard unsafe EVP_Digest(input.baseAddress, input.count, &digest, &length, type, nil) == 1 else {
            return nil
        }
        return Array(digest.prefix(Int(length)))
    }
}
