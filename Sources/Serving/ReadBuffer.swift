/// A buffer that the connections of one loop read into in turn.
public final class ReadBuffer {
    private var storage = [UInt8](repeating: 0, count: BufferSize.read)

    public init() {}

    func read(from stream: ByteStream) -> StreamTransfer {
        unsafe storage.withUnsafeMutableBytes { unsafe stream.read(into: $0) }
    }

    func withBytes(_ count: Int, _ body: (Span<UInt8>) -> Void) {
        let storage = self.storage
        body(storage.span.extracting(first: count))
    }
}
