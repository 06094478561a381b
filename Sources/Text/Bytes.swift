extension [UInt8] {
    /// Appends text: half the time of appending its view.
    package mutating func append(_ text: String) {
        unsafe text.utf8.span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
