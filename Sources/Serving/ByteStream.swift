public import Reactor
public import TLS

/// What one read or write on a stream came to.
enum StreamTransfer {
    case bytes(Int)
    case wantRead
    case wantWrite
    /// The peer ended the stream properly.
    case closed
    case failed(StreamFault)
}

/// Why a stream broke.
public enum StreamFault: Error, Sendable {
    case socket(SystemFault)
    case tls(TLSFault)
    /// The peer did not do its part in time; the phase it was in.
    case timeout(String)
    case closedEarly

    /// Short and stable, for logs and metrics.
    public var code: String {
        switch self {
        case .socket(let fault): "socket.\(fault.number)"
        case .tls(let fault): fault.code
        case .timeout(let phase): "timeout.\(phase)"
        case .closedEarly: "closedEarly"
        }
    }
}

/// A connected socket, plain or under TLS. Owns the descriptor and closes it.
final class ByteStream {
    let descriptor: Int32
    let tls: TLSConnection?
    private var isOpen = true

    init(descriptor: Int32, tls: TLSConnection?) {
        self.descriptor = descriptor
        self.tls = tls
    }

    deinit { close() }

    func handshake() -> TLSStep {
        tls?.handshake() ?? .done
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> StreamTransfer {
        if let tls { return unsafe StreamTransfer(tls.read(into: buffer)) }
        return switch unsafe Sockets.read(descriptor, into: buffer) {
        case .bytes(let count): .bytes(count)
        case .wouldBlock: .wantRead
        case .closed: .closed
        case .failed(let fault): .failed(.socket(fault))
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> StreamTransfer {
        if let tls { return unsafe StreamTransfer(tls.write(bytes)) }
        return switch unsafe Sockets.write(descriptor, bytes) {
        case .bytes(let count): .bytes(count)
        case .wouldBlock: .wantWrite
        case .closed: .closed
        case .failed(let fault): .failed(.socket(fault))
        }
    }

    /// Whether a read that brought so many bytes has most likely emptied the socket. Another read would then
    /// be a call for nothing: should this be wrong, the loop tells of the rest.
    func isProbablyEmpty(after count: Int) -> Bool {
        guard let tls else { return count < BufferSize.read }
        return tls.hasDrainedSocket && !tls.hasPendingInput
    }

    /// True when TLS holds decrypted bytes that the socket will not announce again.
    var hasPendingInput: Bool { tls?.hasPendingInput ?? false }

    /// Tells the peer that nothing more will be sent; reading goes on.
    func finishWriting() {
        if let tls { _ = tls.sendCloseNotify() }
        Sockets.shutdownWrite(descriptor)
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        Sockets.close(descriptor)
    }
}

extension StreamTransfer {
    fileprivate init(_ transfer: TLSTransfer) {
        self =
            switch transfer {
            case .bytes(let count): .bytes(count)
            case .wantRead: .wantRead
            case .wantWrite: .wantWrite
            case .closed: .closed
            case .failed(let fault): .failed(.tls(fault))
            }
    }
}
