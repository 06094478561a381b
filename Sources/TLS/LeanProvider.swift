import COpenSSL
import Synchronization

/// A provider (provider(7)) that hands out, of what OpenSSL's default provider has, what certificates and the
/// handshake use. OpenSSL 3.0 goes through all kinds of keys, all decoders and all algorithms that are there
/// for each public key it reads.
///
/// Each instance has a default provider behind it, loaded in a context that nobody else sees; algorithms run
/// with that one's provider context. Everything here is OpenSSL's public interface.
enum LeanProvider {
    static let name = "sekisho-lean"

    /// What is offered of an operation; all of it when nil. Of several names an algorithm has, the first.
    fileprivate static func names(of operation: Int32) -> Set<Substring>? {
        switch operation {
        // DSA and SM2 are left to those who read such a certificate again, to say why it is refused.
        case OSSL_OP_KEYMGMT: ["RSA", "RSA-PSS", "EC", "ED25519", "ED448", "X25519", "HMAC"]
        case OSSL_OP_DECODER: ["RSA", "RSA-PSS", "EC", "ED25519", "ED448"]
        // Beside those of the cipher suites, what the random generator is built on.
        case OSSL_OP_CIPHER:
            ["AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305", "AES-256-CTR", "AES-256-ECB", "NULL"]
        case OSSL_OP_MAC: ["HMAC"]
        case OSSL_OP_KDF: ["HKDF", "TLS13-KDF", "TLS1-PRF"]
        case OSSL_OP_KEYEXCH: ["ECDH", "X25519"]
        case OSSL_OP_SIGNATURE: ["RSA", "ECDSA", "ED25519", "ED448", "HMAC"]
        default: nil
        }
    }

    /// The keys that are read once for all connections of a loop; nil when OpenSSL is not as expected.
    static func sharedKeys(_ kind: SharedKeys.Kind) -> SharedKeys? { LeanTables.shared?.keys[kind.rawValue] }

    fileprivate static func keeps(_ algorithm: OSSL_ALGORITHM, of operation: Int32) -> Bool {
        guard let kept = names(of: operation) else { return true }
        guard let names = unsafe algorithm.algorithm_names,
            let properties = unsafe algorithm.property_definition
        else { return false }
        let name = unsafe String(cString: names).prefix { $0 != ":" }
        guard operation == OSSL_OP_DECODER else { return kept.contains(name) }
        let definitions = unsafe String(cString: properties).split(separator: ",")
        return kept.contains(name) && definitions.contains("input=der")
            && definitions.contains("structure=SubjectPublicKeyInfo")
    }
}

/// OpenSSL's call to an added provider: fills in its functions, and its context for its algorithms.
func startLeanProvider(
    _: OpaquePointer?, _ core: UnsafePointer<OSSL_DISPATCH>?,
    _ functions: UnsafeMutablePointer<UnsafePointer<OSSL_DISPATCH>?>?,
    _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
    LeanTables.core.withLock { $0 = unsafe $0 ?? CoreFunctions(table: DispatchTable(core)) }
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
    private let offers: [(operation: Int32, algorithms: UnsafePointer<OSSL_ALGORITHM>)]
    let functions: UnsafePointer<OSSL_DISPATCH>
    /// By kind.
    let keys: [SharedKeys?]

    static let shared = LeanTables()

    /// What libcrypto lends to providers, the same to each; known when the first one starts.
    static let core = Mutex<CoreFunctions?>(nil)

    private init?() {
        guard let library = unsafe OSSL_LIB_CTX_new(),
            let provider = unsafe OSSL_PROVIDER_load(library, "default")
        else { return nil }
        unsafe self.provider = unsafe provider
        var kept = unsafe [Int32: [OSSL_ALGORITHM]]()
        for operation in Self.operationsFiltered {
            unsafe kept[operation] = unsafe offered(operation, by: provider)
            if unsafe kept[operation]?.isEmpty ?? true { return nil }
        }
        keys = SharedKeys.Kind.allCases.map { unsafe Self.shareKeys($0, &kept) }
        var offers = unsafe [(operation: Int32, algorithms: UnsafePointer<OSSL_ALGORITHM>)]()
        for unsafe(operation, algorithms) in unsafe kept {
            unsafe offers.append((operation, keptForEver(algorithms + [OSSL_ALGORITHM()])))
        }
        unsafe self.offers = unsafe offers
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

    /// Puts shared keys in front of the default provider's.
    private static func shareKeys(
        _ kind: SharedKeys.Kind, _ kept: inout [Int32: [OSSL_ALGORITHM]]
    ) -> SharedKeys? {
        func place(_ operation: Int32) -> Int? {
            unsafe kept[operation]?.firstIndex {
                unsafe String(cString: $0.algorithm_names).prefix { $0 != ":" } == kind.name
            }
        }
        guard let core = core.withLock({ $0 }), let decoder = place(OSSL_OP_DECODER),
            let manager = place(OSSL_OP_KEYMGMT),
            let decoders = unsafe kept[OSSL_OP_DECODER], let managers = unsafe kept[OSSL_OP_KEYMGMT],
            let keys = unsafe SharedKeys(
                kind, decoder: DispatchTable(decoders[decoder].implementation),
                manager: DispatchTable(managers[manager].implementation), core: core.table)
        else { return nil }
        unsafe kept[OSSL_OP_DECODER]?[decoder].implementation = unsafe keptForEver(
            keys.decoderTable.entries + [OSSL_DISPATCH()])
        unsafe kept[OSSL_OP_KEYMGMT]?[manager].implementation = unsafe keptForEver(
            keys.managerTable.entries + [OSSL_DISPATCH()])
        return keys
    }

    func algorithms(for operation: Int32) -> UnsafePointer<OSSL_ALGORITHM>? {
        unsafe offers.first { unsafe $0.operation == operation }?.algorithms
    }

    private static let operationsFiltered = [
        OSSL_OP_KEYMGMT, OSSL_OP_DECODER, OSSL_OP_CIPHER, OSSL_OP_MAC, OSSL_OP_KDF, OSSL_OP_KEYEXCH,
        OSSL_OP_SIGNATURE,
    ]
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
    guard let offered = unsafe tables.algorithms(for: operation) else {
        return unsafe OSSL_PROVIDER_query_operation(tables.provider, operation, mayNotBeCached)
    }
    unsafe mayNotBeCached?.pointee = 0
    return unsafe offered
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

/// Those of a provider's algorithms that are offered.
private func offered(_ operation: Int32, by provider: OpaquePointer) -> [OSSL_ALGORITHM] {
    var mayNotBeCached: Int32 = 0
    guard var entry = unsafe OSSL_PROVIDER_query_operation(provider, operation, &mayNotBeCached) else {
        return unsafe []
    }
    var kept = unsafe [OSSL_ALGORITHM]()
    while unsafe entry.pointee.algorithm_names != nil {
        if unsafe LeanProvider.keeps(entry.pointee, of: operation) { unsafe kept.append(entry.pointee) }
        unsafe entry += 1
    }
    return unsafe kept
}

/// What libcrypto lends to providers.
@safe private struct CoreFunctions: @unchecked Sendable {
    // Proof for `@unchecked`: functions of libcrypto, which stay where they are.
    let table: DispatchTable
}

private func keptForEver<Entry>(_ entries: [Entry]) -> UnsafePointer<Entry> {
    let memory = UnsafeMutablePointer<Entry>.allocate(capacity: entries.count)
    for (index, entry) in entries.enumerated() { unsafe (memory + index).initialize(to: entry) }
    return unsafe UnsafePointer(memory)
}
