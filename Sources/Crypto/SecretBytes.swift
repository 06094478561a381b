import COpenSSL

/// Bytes that are wiped when nobody holds them any more. They never move and are never copied by us.
@safe final class SecretBytes: @unchecked Sendable {
    // Proof for `@unchecked`: the memory is written in `init` only and read afterwards.
    private let memory: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) {
        unsafe memory = .allocate(capacity: bytes.count)
        _ = unsafe memory.initialize(fromContentsOf: bytes)
    }

    deinit {
        unsafe OPENSSL_cleanse(memory.baseAddress, memory.count)
        unsafe memory.deallocate()
    }

    /// Lends the bytes for the length of a call.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        withExtendedLifetime(self) { unsafe body(UnsafeBufferPointer(memory)) }
    }
}

/// Wipes what an array holds, when this is its only owner; another owner's copy is beyond reach.
func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
}
