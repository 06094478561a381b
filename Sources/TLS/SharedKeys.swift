import COpenSSL
import Glibc
import Synchronization
import X509

/// Keys of certificates that were read before, all of one kind: the same bytes are decoded once, and all who
/// read them again share the key.
///
/// OpenSSL decodes the keys of a chain anew for each handshake. It makes the whole curve for each, or what
/// arithmetic modulo the key needs. Here a decoder and a key manager of our own stand in front of the default
/// provider's. A decoder hands a key to the key manager by a reference that only those two understand
/// (provider-object(7), provider-keymgmt(7)), so it may be a key that others hold too; giving it back then
/// only counts. A shared key is never changed: what would change it is refused. What OpenSSL itself adds to a
/// key in use, once, it does under the key's own lock.
@safe final class SharedKeys: @unchecked Sendable {
    // Proof for `@unchecked`: the functions are `let`s, and the rest is behind a lock.

    /// Kinds of key that are shared.
    enum Kind: Int, CaseIterable {
        case ec, rsa, rsaPSS

        /// OpenSSL's name for it.
        var name: String {
            switch self {
            case .ec: "EC"
            case .rsa: "RSA"
            case .rsaPSS: "RSA-PSS"
            }
        }

        /// A SubjectPublicKeyInfo up to this size is kept: on a named curve, or for up to 4096 bits.
        fileprivate var bytesKeptMax: Int { self == .ec ? 256 : 640 }
    }

    private let kind: Kind
    /// The kind's name, for OpenSSL to keep the address of; never freed.
    private let typeName: UnsafeMutablePointer<CChar>
    let functions: DefaultKeyFunctions

    /// What OpenSSL is to call instead.
    let decoderTable: DispatchTable
    let managerTable: DispatchTable

    /// For each default provider, which does not know the keys of others. `holders` may be locked within.
    private let shelves = Mutex<[UInt: Shelf]>([:])
    /// How many hold each key that is shared, by its address.
    private let holders = Mutex<[UInt: Int]>([:])

    private typealias Shelf = RecentCache<[UInt8], Shelved>

    /// Nil when these are not the functions that OpenSSL 3.0 has: then nothing stands in front of them.
    init?(_ kind: Kind, decoder: DispatchTable, manager: DispatchTable, core: DispatchTable) {
        guard let functions = unsafe DefaultKeyFunctions(decoder: decoder, manager: manager, core: core),
            let typeName = unsafe strdup(kind.name)
        else { return nil }
        self.kind = kind
        unsafe self.typeName = unsafe typeName
        unsafe self.functions = unsafe functions
        let ours = unsafe SharedKeyFunctions(of: kind)
        var decoder = unsafe decoder
        unsafe decoder.set(OSSL_FUNC_DECODER_NEWCTX, to: ours.newContext)
        unsafe decoder.set(OSSL_FUNC_DECODER_FREECTX, to: ours.freeContext)
        unsafe decoder.set(OSSL_FUNC_DECODER_DECODE, to: ours.decode)
        // For key managers of other providers. There are none beside this one; should there be, a key is
        // not read at all. The default provider's function must not see contexts of ours.
        unsafe decoder.set(OSSL_FUNC_DECODER_EXPORT_OBJECT, to: nil as Decode?)
        unsafe decoderTable = unsafe decoder
        var manager = unsafe manager
        unsafe manager.set(OSSL_FUNC_KEYMGMT_LOAD, to: ours.load)
        unsafe manager.set(OSSL_FUNC_KEYMGMT_FREE, to: ours.free)
        unsafe manager.set(OSSL_FUNC_KEYMGMT_IMPORT, to: ours.import)
        if unsafe functions.setParameters != nil {
            unsafe manager.set(OSSL_FUNC_KEYMGMT_SET_PARAMS, to: ours.setParameters)
        }
        unsafe managerTable = unsafe manager
    }

    // MARK: Reading

    /// Decodes what is in `input`, and offers the key to `take`. As the default provider has it, 1 is also
    /// the answer when it is none.
    func decode(
        for provider: UnsafeMutableRawPointer, _ input: OpaquePointer?, _ selection: Int32, _ take: Take,
        _ argument: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let der = unsafe bytes(of: input) else { return 0 }
        let isShareable = selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY != 0 && der.count <= kind.bytesKeptMax
        if isShareable, let key = unsafe known(der, provider) { return unsafe offer(key, take, argument) }
        var found: Key?
        let result = unsafe decodeAnew(der, provider, selection, &found)
        guard let key = unsafe found else { return result }
        if isShareable { unsafe keep(key, as: der, provider) }
        return unsafe offer(key, take, argument)
    }

    private func decodeAnew(
        _ der: [UInt8], _ provider: UnsafeMutableRawPointer, _ selection: Int32, _ found: inout Key?
    ) -> Int32 {
        guard let context = unsafe functions.newContext(provider) else { return 0 }
        defer { unsafe functions.freeContext(context) }
        return unsafe der.withUnsafeBytes { bytes in
            guard let input = unsafe functions.newMemory(bytes.baseAddress, Int32(bytes.count))
            else { return 0 }
            defer { _ = unsafe functions.freeMemory(input) }
            var caught = unsafe Caught(keys: self)
            defer { unsafe found = unsafe caught.key }
            return unsafe withUnsafeMutablePointer(to: &caught) { caught in
                unsafe functions.decode(context, input, selection, catchKey, caught, nil, nil)
            }
        }
    }

    /// Where the default provider's decoder leaves a key.
    @unsafe fileprivate struct Caught {
        unowned let keys: SharedKeys
        var key: Key?
    }

    /// Takes over the key that the default provider's decoder has made.
    fileprivate func load(_ parameters: UnsafePointer<OSSL_PARAM>?) -> Key? {
        guard let type = unsafe OSSL_PARAM_locate_const(parameters, Name.dataType),
            unsafe type.pointee.data_type == OSSL_PARAM_UTF8_STRING, let text = unsafe type.pointee.data,
            unsafe strcmp(text.assumingMemoryBound(to: CChar.self), typeName) == 0,
            let reference = unsafe OSSL_PARAM_locate_const(parameters, Name.reference)
        else { return nil }
        return unsafe functions.load(reference.pointee.data, reference.pointee.data_size)
    }

    /// Hands a key to whoever asked for it, by a reference that the key manager takes it from. If it is left
    /// there, nobody wanted it.
    private func offer(_ key: Key, _ take: Take, _ argument: UnsafeMutableRawPointer?) -> Int32 {
        var type = OSSL_OBJECT_PKEY
        var reference: Key? = unsafe key
        let result = unsafe withUnsafeMutablePointer(to: &reference) { reference in
            unsafe withUnsafeMutablePointer(to: &type) { type in
                let parameters = unsafe [
                    OSSL_PARAM_construct_int(Name.type, type),
                    OSSL_PARAM_construct_utf8_string(Name.dataType, typeName, 0),
                    OSSL_PARAM_construct_octet_string(
                        Name.reference, reference, MemoryLayout<Key?>.size),
                    OSSL_PARAM_construct_end(),
                ]
                return unsafe take(parameters, argument)
            }
        }
        if let unwanted = unsafe reference { unsafe release(unwanted) }
        return result
    }

    /// All there is; nil when that is more than a key can have.
    private func bytes(of input: OpaquePointer?) -> [UInt8]? {
        unsafe withUnsafeTemporaryAllocation(byteCount: Self.bytesMax + 1, alignment: 1) { buffer in
            var total = 0
            while total < buffer.count {
                var count = 0
                let start = unsafe buffer.baseAddress.map { unsafe $0 + total }
                guard unsafe functions.read(input, start, buffer.count - total, &count) == 1, count > 0
                else { break }
                total += count
            }
            return total < buffer.count ? unsafe Array(buffer[..<total]) : nil
        }
    }

    // MARK: Sharing

    /// A key for one more holder.
    private func known(_ der: [UInt8], _ provider: UnsafeMutableRawPointer) -> Key? {
        let provider = UInt(bitPattern: provider)
        var dropped: [[UInt8]: Shelved] = [:]
        return unsafe shelves.withLock { shelves in
            guard let shelved = shelves[provider]?.value(for: der, dropping: &dropped) else { return nil }
            holders.withLock { $0[shelved.address, default: 0] += 1 }
            return unsafe shelved.key
        }
    }

    /// Keeps a key that has one holder so far.
    private func keep(_ key: Key, as der: [UInt8], _ provider: UnsafeMutableRawPointer) {
        let provider = UInt(bitPattern: provider)
        let shelved = unsafe Shelved(key, of: self)
        // Hundreds may make room at once: they are freed when the shelves are open again.
        var dropped: [[UInt8]: Shelved] = [:]
        holders.withLock { $0[shelved.address] = 2 }
        shelves.withLock { shelves in
            shelves[provider, default: Shelf(halfMax: Self.halfMax)]
                .insert(shelved, for: der, dropping: &dropped)
        }
    }

    /// Gives a key back, shared or not.
    func release(_ key: Key) {
        let address = UInt(bitPattern: key)
        let isHeld = holders.withLock { holders in
            guard let count = holders[address] else { return false }
            holders[address] = count > 1 ? count - 1 : nil
            return count > 1
        }
        if !isHeld { unsafe functions.free(key) }
    }

    func isShared(_ key: Key?) -> Bool {
        let address = UInt(bitPattern: key)
        return holders.withLock { $0[address] != nil }
    }

    /// Of all keys that are shared now: each has one for the shelf, and one for each who reads with it.
    var holderCount: Int { holders.withLock { $0.values.reduce(0, +) } }

    /// The shelf's own hold on a key.
    @safe private final class Shelved: @unchecked Sendable {
        // Proof for `@unchecked`: a constant address of something that nobody changes.
        let key: Key
        private unowned let owner: SharedKeys

        init(_ key: Key, of owner: SharedKeys) {
            unsafe self.key = unsafe key
            self.owner = owner
        }

        deinit { unsafe owner.release(key) }

        var address: UInt { unsafe UInt(bitPattern: key) }
    }

    /// For each loop at most twice as many keys, of some 2 KB; an issuer's is in use all the time.
    static let halfMax = 512
    private static let bytesMax = 8 * 1024
}

/// Texts that OpenSSL keeps the address of.
private enum Name {
    // Proof for `nonisolated(unsafe)`: constant, and never freed.
    nonisolated(unsafe) static let type = unsafe strdup(OSSL_OBJECT_PARAM_TYPE)
    nonisolated(unsafe) static let dataType = unsafe strdup(OSSL_OBJECT_PARAM_DATA_TYPE)
    nonisolated(unsafe) static let reference = unsafe strdup(OSSL_OBJECT_PARAM_REFERENCE)
}

/// OpenSSL's call when the default provider's decoder has made a key.
private func catchKey(
    _ parameters: UnsafePointer<OSSL_PARAM>?, _ caught: UnsafeMutableRawPointer?
) -> Int32 {
    guard let caught = unsafe caught?.assumingMemoryBound(to: SharedKeys.Caught.self),
        let key = unsafe caught.pointee.keys.load(parameters)
    else { return 0 }
    unsafe caught.pointee.key = unsafe key
    return 1
}
