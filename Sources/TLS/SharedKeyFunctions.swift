import COpenSSL
import Glibc

// What decoders and key managers call each other by (provider-decoder(7), provider-keymgmt(7)).
extension SharedKeys {
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
}

/// The default provider's decoder and key manager for one kind of key, and what libcrypto lends providers to
/// read with (provider-base(7)).
@unsafe struct DefaultKeyFunctions {
    let newContext: SharedKeys.NewContext
    let freeContext: SharedKeys.FreeContext
    let decode: SharedKeys.Decode
    let load: SharedKeys.Load
    let free: SharedKeys.Free
    let `import`: SharedKeys.Import
    /// Not for all kinds of key.
    let setParameters: SharedKeys.SetParameters?
    let read: SharedKeys.Read
    let newMemory: SharedKeys.NewMemory
    let freeMemory: SharedKeys.FreeMemory

    /// Nil when these are not the functions that OpenSSL 3.0 has.
    init?(decoder: DispatchTable, manager: DispatchTable, core: DispatchTable) {
        guard unsafe decoder.numbers == Self.decoderNumbers,
            let newContext = unsafe decoder.function(
                OSSL_FUNC_DECODER_NEWCTX, as: SharedKeys.NewContext.self),
            let freeContext = unsafe decoder.function(
                OSSL_FUNC_DECODER_FREECTX, as: SharedKeys.FreeContext.self),
            let decode = unsafe decoder.function(OSSL_FUNC_DECODER_DECODE, as: SharedKeys.Decode.self),
            let load = unsafe manager.function(OSSL_FUNC_KEYMGMT_LOAD, as: SharedKeys.Load.self),
            let free = unsafe manager.function(OSSL_FUNC_KEYMGMT_FREE, as: SharedKeys.Free.self),
            let `import` = unsafe manager.function(OSSL_FUNC_KEYMGMT_IMPORT, as: SharedKeys.Import.self),
            let read = unsafe core.function(OSSL_FUNC_BIO_READ_EX, as: SharedKeys.Read.self),
            let newMemory = unsafe core.function(OSSL_FUNC_BIO_NEW_MEMBUF, as: SharedKeys.NewMemory.self),
            let freeMemory = unsafe core.function(OSSL_FUNC_BIO_FREE, as: SharedKeys.FreeMemory.self)
        else { return nil }
        unsafe self.newContext = unsafe newContext
        unsafe self.freeContext = unsafe freeContext
        unsafe self.decode = unsafe decode
        unsafe self.load = unsafe load
        unsafe self.free = unsafe free
        unsafe self.import = unsafe `import`
        unsafe setParameters = unsafe manager.function(
            OSSL_FUNC_KEYMGMT_SET_PARAMS, as: SharedKeys.SetParameters.self)
        unsafe self.read = unsafe read
        unsafe self.newMemory = unsafe newMemory
        unsafe self.freeMemory = unsafe freeMemory
    }

    private static let decoderNumbers: Set<Int32> = [
        OSSL_FUNC_DECODER_NEWCTX, OSSL_FUNC_DECODER_FREECTX, OSSL_FUNC_DECODER_DOES_SELECTION,
        OSSL_FUNC_DECODER_DECODE, OSSL_FUNC_DECODER_EXPORT_OBJECT,
    ]
}

/// What stands in front of them. OpenSSL does not say whom it calls, so each kind has functions of its own.
@unsafe struct SharedKeyFunctions {
    let decode: SharedKeys.Decode
    let free: SharedKeys.Free
    let `import`: SharedKeys.Import
    let setParameters: SharedKeys.SetParameters
    // Contexts are made when something has to be decoded.
    let newContext: SharedKeys.NewContext = { provider in unsafe provider }
    let freeContext: SharedKeys.FreeContext = { _ in }
    let load: SharedKeys.Load = unsafe takeOffered

    init(of kind: SharedKeys.Kind) {
        switch kind {
        case .ec:
            unsafe decode = { unsafe decodeShared(.ec, $0, $1, $2, $3, $4, $5, $6) }
            unsafe free = { unsafe giveBack(.ec, $0) }
            unsafe `import` = { unsafe importUnlessShared(.ec, $0, $1, $2) }
            unsafe setParameters = { unsafe setUnlessShared(.ec, $0, $1) }
        case .rsa:
            unsafe decode = { unsafe decodeShared(.rsa, $0, $1, $2, $3, $4, $5, $6) }
            unsafe free = { unsafe giveBack(.rsa, $0) }
            unsafe `import` = { unsafe importUnlessShared(.rsa, $0, $1, $2) }
            unsafe setParameters = { unsafe setUnlessShared(.rsa, $0, $1) }
        case .rsaPSS:
            unsafe decode = { unsafe decodeShared(.rsaPSS, $0, $1, $2, $3, $4, $5, $6) }
            unsafe free = { unsafe giveBack(.rsaPSS, $0) }
            unsafe `import` = { unsafe importUnlessShared(.rsaPSS, $0, $1, $2) }
            unsafe setParameters = { unsafe setUnlessShared(.rsaPSS, $0, $1) }
        }
    }
}

// MARK: Called by OpenSSL

private func decodeShared(
    _ kind: SharedKeys.Kind, _ provider: UnsafeMutableRawPointer?, _ input: OpaquePointer?,
    _ selection: Int32, _ take: SharedKeys.Take?, _ argument: UnsafeMutableRawPointer?, _: OpaquePointer?,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let keys = LeanProvider.sharedKeys(kind), let provider = unsafe provider,
        let take = unsafe take
    else { return 0 }
    return unsafe keys.decode(for: provider, input, selection, take, argument)
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

private func giveBack(_ kind: SharedKeys.Kind, _ key: SharedKeys.Key?) {
    guard let key = unsafe key else { return }
    unsafe LeanProvider.sharedKeys(kind)?.release(key)
}

private func importUnlessShared(
    _ kind: SharedKeys.Kind, _ key: SharedKeys.Key?, _ selection: Int32,
    _ parameters: UnsafePointer<OSSL_PARAM>?
) -> Int32 {
    guard let keys = LeanProvider.sharedKeys(kind), unsafe !keys.isShared(key) else { return 0 }
    return unsafe keys.functions.import(key, selection, parameters)
}

private func setUnlessShared(
    _ kind: SharedKeys.Kind, _ key: SharedKeys.Key?, _ parameters: UnsafePointer<OSSL_PARAM>?
) -> Int32 {
    guard let keys = LeanProvider.sharedKeys(kind), unsafe !keys.isShared(key),
        let setParameters = unsafe keys.functions.setParameters
    else { return 0 }
    return unsafe setParameters(key, parameters)
}
