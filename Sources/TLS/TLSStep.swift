/// What one non-blocking step of a handshake or of a close came to.
public enum TLSStep: Sendable, Hashable {
    case done
    /// Call again when the socket is readable.
    case wantRead
    /// Call again when the socket is writable.
    case wantWrite
    /// The connection is of no more use.
    case failed(TLSFault)
}

/// What one non-blocking read or write came to.
public enum TLSTransfer: Sendable, Hashable {
    /// This many bytes were moved; at least one, unless the buffer was empty.
    case bytes(Int)
    /// Call again when the socket is readable.
    case wantRead
    /// Call again when the socket is writable.
    case wantWrite
    /// The peer has said that it sends no more (close_notify, RFC 8446 §6.1). Writing may still work.
    case closed
    /// The connection is of no more use. A close without close_notify is `peer.truncated`.
    case failed(TLSFault)
}

/// The protocol versions in use here.
public enum TLSVersion: Int32, Sendable, Hashable, CaseIterable {
    case tls12 = 0x0303
    case tls13 = 0x0304
}
