/// Room that the TLS connections of one loop use in turn, each for the length of a call: for what is read
/// from its socket, and for what is to be sent. An idle connection needs none of its own.
///
/// Not `Sendable`: connections that share it are used on one thread.
@safe public final class TLSBuffers {
    let input: UnsafeMutableRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    public init() {
        unsafe input = .allocate(byteCount: Self.inputBytes, alignment: 16)
        unsafe output = .allocate(byteCount: Self.outputBytes, alignment: 16)
    }

    deinit {
        unsafe input.deallocate()
        unsafe output.deallocate()
    }

    static let inputBytes = 64 * 1024
    /// For the records of one call of `TLSConnection.write`.
    static let outputBytes = recordsPerWriteMax * (recordBytesMax + 512)
    static let recordsPerWriteMax = 4
    /// Plaintext in one record (RFC 8446 §5.1).
    static let recordBytesMax = 16 * 1024
}
