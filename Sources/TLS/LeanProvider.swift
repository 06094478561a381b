import COpenSSL

/// A provider (provider(7)) that hands out what OpenSSL's default provider has, except for most of its
/// decoders and for kinds of keys that neither certificates nor the handshake have: OpenSSL 3.0 goes through
/// both lists for each public key it reads.
///
/// Each instance has a default provider behind it, loaded in a context that nobody else sees; algorithms run
/// with that one's provider context. Everything here is OpenSSL's public interface.
enum LeanProvider {
    static let name = "sekisho-lean"

    /// The keys that certificates of TLS peers can have; `DER` reads the SubjectPublicKeyInfo around them.
    private static let keyNames: Set = ["RSA", "RSA-PSS", "EC", "ED25519", "ED448", "DER"]

    /// Key exchanges that hosts do not offer, and what is a kind of key to OpenSSL and to nobody else.
    private static let keyNamesLeftOut: Set = [
        "DH", "DHX", "X448", "SIPHASH", "POLY1305", "CMAC", "HKDF", "TLS1-PRF", "SCRYPT",
    ]

    /// Whether a key manager may be wanted. DSA and SM2 are, by certificates that are refused for it.
    fileprivate static func keepsManager(_ algorithm: OSSL_ALGORITHM) -> Bool {
        guard let names = unsafe algorithm.algorithm_names else { return false }
        return !keyNamesLeftOut.contains(String(unsafe String(cString: names).prefix { $0 != ":" }))
    }

    /// Whether a decoder is one that reads a certificate's public key.
    fileprivate static func keepsDecoder(_ algorithm: OSSL_ALGORITHM) -> Bool {
        guard let names = unsafe algorithm.algorithm_names,
            let properties = unsafe algorithm.property_definition
        else { return false }
        let definitions = unsafe String(cString: properties).split(separator: ",")
        return definitions.contains("input=der") && definitions.contains("structure=SubjectPublicKeyInfo")
            && keyNames.contains(String(unsafe String(cString: names).prefix { $0 != ":" }))
    }
}

/// OpenSSL's call to an added provider: fills in its functions, and its context for its algorithms.
func startLeanProvider(
    _: OpaquePointer?, _: UnsafePointer<OSSL_DISPATCH>?,
    _ functions: UnsafeMutablePointer<UnsafePointer<OSSL_DISPATCH>?>?,
    _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
    guard let tables = LeanTables.shared, let library = unsafe OSSL_LIB_CTX_new() else { return 0 }
    guard let provider = unsafe OSSL_PROVIDER_load(library, "default") else {
        unsafe OSSL_LIB_CTX_free(library)
        return 0
    }
    unsafe context?.pointee = unsafe OSSL_PROVIDER_get0_provider_ctx(provider)
    unsafe functions?.pointee = unsafe tables.functions
    return 1
}

/// What all instances share, made once and kept for ever.
@safe private final class LeanTables: @unchecked Sendable {
    // Proof for `@unchecked`: every property is a `let`, and what it points to is never written again.
    /// Asked for its tables, which are the same for each instance of the default provider.
    let provider: OpaquePointer
    // Each ends with an entry of zeros, as OpenSSL's own tables do.
    let decoders: UnsafePointer<OSSL_ALGORITHM>
    let keyManagers: UnsafePointer<OSSL_ALGORITHM>
    let functions: UnsafePointer<OSSL_DISPATCH>

    static let shared = LeanTables()

    private init?() {
        guard let library = unsafe OSSL_LIB_CTX_new(),
            let provider = unsafe OSSL_PROVIDER_load(library, "default"),
            let decoders = unsafe table(OSSL_OP_DECODER, of: provider, keeping: LeanProvider.keepsDecoder),
            let managers = unsafe table(OSSL_OP_KEYMGMT, of: provider, keeping: LeanProvider.keepsManager)
        else { return nil }
        unsafe self.provider = unsafe provider
        unsafe self.decoders = unsafe decoders
        unsafe keyManagers = unsafe managers
        unsafe functions = unsafe keptForEver([
            OSSL_DISPATCH(
                function_id: OSSL_FUNC_PROVIDER_QUERY_OPERATION,
                function: unsafeBitCast(
                    queryOperation as QueryOperation, to: (@convention(c) () -> Void).self)),
            OSSL_DISPATCH(
                function_id: OSSL_FUNC_PROVIDER_GET_CAPABILITIES,
                function: unsafeBitCast(
                    getCapabilities as GetCapabilities, to: (@convention(c) () -> Void).self)),
            OSSL_DISPATCH(),
        ])
    }
}

private typealias QueryOperation =
    @convention(c) (UnsafeMutableRawPointer?, Int32, UnsafeMutablePointer<Int32>?) -> UnsafePointer<
        OSSL_ALGORITHM
    >?
private typealias GetCapabilities =
    @convention(c) (
        UnsafeMutableRawPointer?, UnsafePointer<CChar>?,
        (@convention(c) (UnsafePointer<OSSL_PARAM>?, UnsafeMutableRawPointer?) -> Int32)?,
        UnsafeMutableRawPointer?
    ) -> Int32

private func queryOperation(
    _: UnsafeMutableRawPointer?, _ operation: Int32, _ mayNotBeCached: UnsafeMutablePointer<Int32>?
) -> UnsafePointer<OSSL_ALGORITHM>? {
    guard let tables = LeanTables.shared else { return nil }
    unsafe mayNotBeCached?.pointee = 0
    switch operation {
    case OSSL_OP_DECODER: return unsafe tables.decoders
    case OSSL_OP_KEYMGMT: return unsafe tables.keyManagers
    default: return unsafe OSSL_PROVIDER_query_operation(tables.provider, operation, mayNotBeCached)
    }
}

/// The groups of TLS.
private func getCapabilities(
    _: UnsafeMutableRawPointer?, _ capability: UnsafePointer<CChar>?,
    _ take: (@convention(c) (UnsafePointer<OSSL_PARAM>?, UnsafeMutableRawPointer?) -> Int32)?,
    _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let tables = LeanTables.shared else { return 0 }
    return unsafe OSSL_PROVIDER_get_capabilities(tables.provider, capability, take, argument)
}

/// A provider's algorithms of one kind, without those that are not to be kept; nil when none are left.
private func table(
    _ operation: Int32, of provider: OpaquePointer, keeping isKept: (OSSL_ALGORITHM) -> Bool
) -> UnsafePointer<OSSL_ALGORITHM>? {
    var mayNotBeCached: Int32 = 0
    guard var entry = unsafe OSSL_PROVIDER_query_operation(provider, operation, &mayNotBeCached) else {
        return nil
    }
    var kept = unsafe [OSSL_ALGORITHM]()
    while unsafe entry.pointee.algorithm_names != nil {
        if unsafe isKept(entry.pointee) { unsafe kept.append(entry.pointee) }
        unsafe entry += 1
    }
    return unsafe kept.isEmpty ? nil : keptForEver(kept + [OSSL_ALGORITHM()])
}

private func keptForEver<Entry>(_ entries: [Entry]) -> UnsafePointer<Entry> {
    let memory = UnsafeMutablePointer<Entry>.allocate(capacity: entries.count)
    for (index, entry) in entries.enumerated() { unsafe (memory + index).initialize(to: entry) }
    return unsafe UnsafePointer(memory)
}
