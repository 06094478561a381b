/// Bytes waiting to be parsed or sent: appended behind, consumed in front.
///
/// An empty queue gives its memory back beyond a small reserve, so that an idle connection costs little.
struct ByteQueue {
    private(set) var storage: [UInt8] = []
    private(set) var start = 0

    var count: Int { storage.count - start }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ bytes: Span<UInt8>) {
        compactIfWorthIt()
        storage.append(bytes)
    }

    mutating func append(_ bytes: [UInt8]) {
        compactIfWorthIt()
        storage.append(contentsOf: bytes)
    }

    /// Lets `body` append to the storage itself, for serialisers.
    mutating func append(with body: (inout [UInt8]) -> Void) {
        compactIfWorthIt()
        body(&storage)
    }

    mutating func consume(_ count: Int) {
        start += count
        if start == storage.count {
            if storage.capacity > Self.reserve {
                storage = []
            } else {
                storage.removeAll(keepingCapacity: true)
            }
            start = 0
        }
    }

    mutating func removeAll() {
        storage = []
        start = 0
    }

    /// The waiting bytes, for the length of `body`.
    func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let bytes = storage.span
        return body(bytes.extracting(droppingFirst: start))
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe storage.withUnsafeBytes { unsafe body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    private mutating func compactIfWorthIt() {
        guard start > 0, start >= storage.count / 2 else { return }
        storage.removeSubrange(0..<start)
        start = 0
    }

    private static let reserve = 4096
}

extension [UInt8] {
    /// Appends a span at once.
    mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
