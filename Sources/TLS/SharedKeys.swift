import COpenSSL
import Glibc
import Synchronization
import X509

/// EC keys of certificates that were read before: the same bytes are decoded once, and all who read them
/// again share the key.
///
/// OpenSSL decodes the keys of a chain anew for each handshake, and makes the whole curve for each. Here a
/// decoder and a key manager of our own stand in front of the default provider's. A decoder hands a key to
/// the key manager by a reference that only those two understand (provider-object(7), provider-keymgmt(7)),
/// so it may be a key that others hold too; giving it back then only counts. A shared key is never changed:
/// what would change it is refused.
@safe final class SharedKeys: @unchecked Sendable {
    // Proof for `@unchecked`: the functions are `let`s, and the rest is behind a lock.

    typealias Key = UnsafeMutableRawPointer
    typealias NewContext = @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
    typealias FreeContext = @convention(c) (UnsafeMutableRawPointer?) -> Void
    typealias Take = @convention(c) (UnsafePointer<OSSL_PARAM>?, UnsafeMutableRawPointer?) -> Int32
    typealias Decode =
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?, Int32, Take?, UnsafeMutableRawPointer?,
            OpaquePointer?, UnsafeMutableRawPointer?
        ) -> Int32
    typealias Load = @convention(c) (UnsafeRawPointer?, Int) -> Key?
    typealias Free = @convention(c) (Key?) -> Void
    typealias Import = @convention(c) (Key?, Int32, UnsafePointer<OSSL_PARAM>?) -> Int32
    typealias SetParameters = @convention(c) (Key?, UnsafePointer<OSSL_PARAM>?) -> Int32
    typealias Read =
        @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int, UnsafeMutablePointer<Int>?) -> Int32
    typealias NewMemory = @convention(c) (UnsafeRawPointer?, Int32) -> OpaquePointer?
    typealias FreeMemory = @convention(c) (OpaquePointer?) -> Int32

    static let keyName = "EC"

    // The default provider's decoder and key manager.
    private let newContext: NewContext
    private let freeContext: FreeContext
    private let decode: Decode
    fileprivate let load: Load
    private let free: Free
    fileprivate let `import`: Import
    fileprivate let setParameters: SetParameters
    // What libcrypto lends providers to read with (provider-base(7)).
    private let read: Read
    private let newMemory: NewMemory
    private let freeMemory: FreeMemory

    /// What OpenSSL is to call instead.
    let decoderTable: DispatchTable
    let managerTable: DispatchTable

    /// For each default provider, which does not know the keys of others. `holders` may be locked within.
    private let shelves = Mutex<[UInt: RecentCache<[UInt8], Shelved>]>([:])
    /// How many hold each key that is shared, by its address.
    private let holders = Mutex<[UInt: Int]>([:])

    /// Nil when these are not the functions that OpenSSL 3.0 has: then nothing stands in front of them.
    init?(decoder: DispatchTable, manager: DispatchTable, core: DispatchTable) {
        guard unsafe decoder.numbers == Self.decoderNumbers,
            let newContext = unsafe decoder.function(OSSL_FUNC_DECODER_NEWCTX, as: NewContext.self),
            let freeContext = unsafe decoder.function(OSSL_FUNC_DECODER_FREECTX, as: FreeContext.self),
            let decode = unsafe decoder.function(OSSL_FUNC_DECODER_DECODE, as: Decode.self),
            let load = unsafe manager.function(OSSL_FUNC_KEYMGMT_LOAD, as: Load.self),
            let free = unsafe manager.function(OSSL_FUNC_KEYMGMT_FREE, as: Free.self),
            let `import` = unsafe manager.function(OSSL_FUNC_KEYMGMT_IMPORT, as: Import.self),
            let setParameters = unsafe manager.function(
                OSSL_FUNC_KEYMGMT_SET_PARAMS, as: SetParameters.self),
            let read = unsafe core.function(OSSL_FUNC_BIO_READ_EX, as: Read.self),
            let newMemory = unsafe core.function(OSSL_FUNC_BIO_NEW_MEMBUF, as: NewMemory.self),
            let freeMemory = unsafe core.function(OSSL_FUNC_BIO_FREE, as: FreeMemory.self)
        else { return nil }
        unsafe self.newContext = unsafe newContext
        unsafe self.freeContext = unsafe freeContext
        unsafe self.decode = unsafe decode
        unsafe self.load = unsafe load
        unsafe self.free = unsafe free
        unsafe self.import = unsafe `import`
        unsafe self.setParameters = unsafe setParameters
        unsafe self.read = unsafe read
        unsafe self.newMemory = unsafe newMemory
        unsafe self.freeMemory = unsafe freeMemory
        var decoder = unsafe decoder
        unsafe decoder.set(OSSL_FUNC_DECODER_NEWCTX, to: providerAsContext as NewContext)
        unsafe decoder.set(OSSL_FUNC_DECODER_FREECTX, to: leaveProvider as FreeContext)
        unsafe decoder.set(OSSL_FUNC_DECODER_DECODE, to: decodeShared as Decode)
        // For key managers of other providers; there are none beside this one.
        unsafe decoder.set(OSSL_FUNC_DECODER_EXPORT_OBJECT, to: nil as Decode?)
        unsafe decoderTable = unsafe decoder
        var manager = unsafe manager
        unsafe manager.set(OSSL_FUNC_KEYMGMT_LOAD, to: takeOffered as Load)
        unsafe manager.set(OSSL_FUNC_KEYMGMT_FREE, to: giveBack as Free)
        unsafe manager.set(OSSL_FUNC_KEYMGMT_IMPORT, to: importUnlessShared as Import)
        unsafe manager.set(OSSL_FUNC_KEYMGMT_SET_PARAMS, to: setUnlessShared as SetParameters)
        unsafe managerTable = unsafe manager
    }

    private static let decoderNumbers: Set<Int32> = [
        OSSL_FUNC_DECODER_NEWCTX, OSSL_FUNC_DECODER_FREECTX, OSSL_FUNC_DECODER_DOES_SELECTION,
        OSSL_FUNC_DECODER_DECODE, OSSL_FUNC_DECODER_EXPORT_OBJECT,
    ]

    // MARK: Reading

    /// Decodes what is in `input`, and offers the key to `take`. As the default provider has it, 1 is also
    /// the answer when it is none.
    fileprivate func decode(
        for provider: UnsafeMutableRawPointer, _ input: OpaquePointer?, _ selection: Int32, _ take: Take,
        _ argument: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let der = unsafe bytes(of: input) else { return 0 }
        let isShareable = selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY != 0 && der.count <= Self.bytesKeptMax
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
        guard let context = unsafe newContext(provider) else { return 0 }
        defer { unsafe freeContext(context) }
        return unsafe der.withUnsafeBytes { bytes in
            guard let input = unsafe newMemory(bytes.baseAddress, Int32(bytes.count)) else { return 0 }
            defer { _ = unsafe freeMemory(input) }
            return unsafe withUnsafeMutablePointer(to: &found) { found in
                unsafe decode(context, input, selection, catchKey, found, nil, nil)
            }
        }
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
                    OSSL_PARAM_construct_utf8_string(Name.dataType, Name.key, 0),
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

    /// All there is; nil when that is more than an EC key can have.
    private func bytes(of input: OpaquePointer?) -> [UInt8]? {
        unsafe withUnsafeTemporaryAllocation(byteCount: Self.bytesMax + 1, alignment: 1) { buffer in
            var total = 0
            while total < buffer.count {
                var count = 0
                let start = unsafe buffer.baseAddress.map { unsafe $0 + total }
                guard unsafe read(input, start, buffer.count - total, &count) == 1, count > 0 else { break }
                total += count
            }
            return total < buffer.count ? unsafe Array(buffer[..<total]) : nil
        }
    }

    // MARK: Sharing

    /// A key for one more holder.
    private func known(_ der: [UInt8], _ provider: UnsafeMutableRawPointer) -> Key? {
        let provider = UInt(bitPattern: provider)
        return unsafe shelves.withLock { shelves in
            guard let shelved = shelves[provider]?.value(for: der) else { return nil }
            holders.withLock { $0[shelved.address, default: 0] += 1 }
            return unsafe shelved.key
        }
    }

    /// Keeps a key that has one holder so far.
    private func keep(_ key: Key, as der: [UInt8], _ provider: UnsafeMutableRawPointer) {
        let provider = UInt(bitPattern: provider)
        let shelved = unsafe Shelved(key, of: self)
        holders.withLock { $0[shelved.address] = 2 }
        shelves.withLock { shelves in
            shelves[provider, default: RecentCache(halfMax: Self.halfMax)].insert(shelved, for: der)
        }
    }

    /// Gives a key back, shared or not.
    fileprivate func release(_ key: Key) {
        let address = UInt(bitPattern: key)
        let isHeld = holders.withLock { holders in
            guard let count = holders[address] else { return false }
            holders[address] = count > 1 ? count - 1 : nil
            return count > 1
        }
        if !isHeld { unsafe free(key) }
    }

    fileprivate func isShared(_ key: Key?) -> Bool {
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
    /// Keys on named curves are smaller.
    private static let bytesKeptMax = 256
    private static let bytesMax = 8 * 1024
}

/// Texts that OpenSSL keeps the address of.
private enum Name {
    // Proof for `nonisolated(unsafe)` and for `!`: constant, never freed, and there is memory at the start.
    nonisolated(unsafe) static let type = unsafe strdup(OSSL_OBJECT_PARAM_TYPE)
    nonisolated(unsafe) static let dataType = unsafe strdup(OSSL_OBJECT_PARAM_DATA_TYPE)
    nonisolated(unsafe) static let reference = unsafe strdup(OSSL_OBJECT_PARAM_REFERENCE)
    nonisolated(unsafe) static let key = unsafe strdup(SharedKeys.keyName)
}

// MARK: Called by OpenSSL

/// Contexts are made when something has to be decoded.
private func providerAsContext(_ provider: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    unsafe provider
}

private func leaveProvider(_: UnsafeMutableRawPointer?) {}

private func decodeShared(
    _ provider: UnsafeMutableRawPointer?, _ input: OpaquePointer?, _ selection: Int32,
    _ take: SharedKeys.Take?, _ argument: UnsafeMutableRawPointer?, _: OpaquePointer?,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let keys = LeanProvider.sharedKeys, let provider = unsafe provider, let take = unsafe take else {
        return 0
    }
    return unsafe keys.decode(for: provider, input, selection, take, argument)
}

/// Takes over the key that the default provider's decoder has made.
private func catchKey(
    _ parameters: UnsafePointer<OSSL_PARAM>?, _ found: UnsafeMutableRawPointer?
) -> Int32 {
    guard let keys = LeanProvider.sharedKeys, let found = unsafe found,
        let type = unsafe OSSL_PARAM_locate_const(parameters, Name.dataType),
        unsafe type.pointee.data_type == OSSL_PARAM_UTF8_STRING, let text = unsafe type.pointee.data,
        unsafe strcmp(text.assumingMemoryBound(to: CChar.self), Name.key!) == 0,
        let reference = unsafe OSSL_PARAM_locate_const(parameters, Name.reference),
        let key = unsafe keys.load(reference.pointee.data, reference.pointee.data_size)
    else { return 0 }
    unsafe found.assumingMemoryBound(to: SharedKeys.Key?.self).pointee = unsafe key
    return 1
}

/// Only `SharedKeys.offer` makes such references.
private func takeOffered(_ reference: UnsafeRawPointer?, _ byteCount: Int) -> SharedKeys.Key? {
    guard unsafe byteCount == MemoryLayout<SharedKeys.Key?>.size, let reference = unsafe reference else {
        return nil
    }
    let place = unsafe UnsafeMutableRawPointer(mutating: reference)
        .assumingMemoryBound(to: SharedKeys.Key?.self)
    defer { unsafe place.pointee = nil }
    return unsafe place.pointee
}

private func giveBack(_ key: SharedKeys.Key?) {
    guard let key = unsafe key else { return }
    unsafe LeanProvider.sharedKeys?.release(key)
}

private func importUnlessShared(
    _ key: SharedKeys.Key?, _ selection: Int32, _ parameters: UnsafePointer<OSSL_PARAM>?
) -> Int32 {
    guard let keys = LeanProvider.sharedKeys, unsafe !keys.isShared(key) else { return 0 }
    return unsafe keys.import(key, selection, parameters)
}

private func setUnlessShared(
    _ key: SharedKeys.Key?, _ parameters: UnsafePointer<OSSL_PARAM>?
) -> Int32 {
    guard let keys = LeanProvider.sharedKeys, unsafe !keys.isShared(key) else { return 0 }
    return unsafe keys.setParameters(key, parameters)
}
