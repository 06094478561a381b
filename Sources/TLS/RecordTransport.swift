import COpenSSL
import Glibc

/// The socket under one connection, as a BIO of our own (BIO_meth_new(3)).
///
/// OpenSSL reads a record's head and body one after the other, and writes each flight and record by itself.
/// Here a call takes from the socket what there is, once, and what OpenSSL writes during the call is sent at
/// its end in one piece. What is left over then, in either direction, is kept for the next call.
@safe final class RecordTransport {
    /// What came of sending.
    enum Sent { case all, blocked, failed(Int32) }

    private let socket: Int32
    private let buffers: TLSBuffers
    private let isUsed: Bool

    // Read and not taken by OpenSSL yet: in the shared buffer during a call, here between calls.
    private var received = 0..<0
    private var leftover: [UInt8] = []
    private var leftoverStart = 0
    // Written by OpenSSL and not sent yet: in the shared buffer during a call, here between calls.
    private var outputCount = 0
    private var held: [UInt8] = []

    /// The last read from the socket took all there was, as far as one can tell.
    private(set) var isDrained = false
    private var mayReceive = true
    private(set) var hasEnded = false
    /// `errno` of a read that failed.
    private(set) var receiveError: Int32 = 0

    /// - Parameter isUsed: When not, OpenSSL reads and writes the socket itself, and nothing comes by here.
    init(socket: Int32, buffers: TLSBuffers, isUsed: Bool = true) {
        self.socket = socket
        self.buffers = buffers
        self.isUsed = isUsed
    }

    /// A BIO that calls this object, which must outlive it. Nil when out of memory.
    func makeBIO() -> OpaquePointer? {
        if !isUsed { return unsafe BIO_new_socket(socket, BIO_NOCLOSE) }
        guard let method = unsafe Self.method.handle, let bio = unsafe BIO_new(method) else { return nil }
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        unsafe BIO_set_init(bio, 1)
        return unsafe bio
    }

    /// The one that a BIO of `makeBIO` calls.
    static func transport(of bio: OpaquePointer?) -> RecordTransport? {
        guard let data = unsafe BIO_get_data(bio) else { return nil }
        return unsafe Unmanaged<RecordTransport>.fromOpaque(data).takeUnretainedValue()
    }

    /// Bytes that OpenSSL can have without the socket.
    var inputCount: Int { received.count + leftover.count - leftoverStart }

    var hasHeldOutput: Bool { !held.isEmpty }

    // MARK: A call of OpenSSL

    /// To be called in front of it.
    func begin() {
        mayReceive = true
    }

    /// To be called behind it: keeps what OpenSSL left, and sends what it wrote.
    func end() -> Sent {
        if !received.isEmpty {
            unsafe leftover.append(
                contentsOf: UnsafeMutableRawBufferPointer(rebasing: buffers.input[received]))
            received = 0..<0
        }
        return outputCount == 0 && held.isEmpty ? .all : send()
    }

    /// Sends what earlier calls could not.
    func send() -> Sent {
        while !held.isEmpty {
            let (count, error) = unsafe held.withUnsafeBytes { unsafe send($0) }
            if error != 0 {
                keepOutput()
                return error == EAGAIN ? .blocked : .failed(error)
            }
            held.removeFirst(count)
        }
        var start = 0
        while start < outputCount {
            let (count, error) = unsafe send(
                UnsafeRawBufferPointer(rebasing: buffers.output[start..<outputCount]))
            if error != 0 {
                keepOutput(from: start)
                return error == EAGAIN ? .blocked : .failed(error)
            }
            start += count
        }
        outputCount = 0
        return .all
    }

    private func keepOutput(from start: Int = 0) {
        unsafe held.append(
            contentsOf: UnsafeMutableRawBufferPointer(rebasing: buffers.output[start..<outputCount]))
        outputCount = 0
    }

    private func send(_ bytes: UnsafeRawBufferPointer) -> (count: Int, error: Int32) {
        while true {
            let count = unsafe Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            let error = errno
            if count >= 0 { return (count, 0) }
            if error != EINTR { return (0, error) }
        }
    }

    // MARK: For the BIO

    /// How many bytes were put there; 0 at the end of input and after an error; nil when there are none now.
    fileprivate func read(into target: UnsafeMutableRawPointer, atMost countMax: Int) -> Int? {
        if leftoverStart < leftover.count {
            let count = min(countMax, leftover.count - leftoverStart)
            unsafe leftover.withUnsafeBytes {
                unsafe target.copyMemory(from: $0.baseAddress! + leftoverStart, byteCount: count)
            }
            leftoverStart += count
            if leftoverStart == leftover.count {
                leftover = []
                leftoverStart = 0
            }
            return count
        }
        if received.isEmpty {
            guard mayReceive else { return nil }
            guard let count = receive() else { return nil }
            if count == 0 { return 0 }
            received = 0..<count
        }
        let count = min(countMax, received.count)
        // Not nil: the buffer is not empty.
        unsafe target.copyMemory(from: buffers.input.baseAddress! + received.lowerBound, byteCount: count)
        received = received.lowerBound + count..<received.upperBound
        return count
    }

    private func receive() -> Int? {
        while true {
            let count = unsafe recv(socket, buffers.input.baseAddress, buffers.input.count, 0)
            let error = errno
            if count >= 0 {
                hasEnded = count == 0
                isDrained = count < TLSBuffers.inputBytes
                // What came short leaves nothing behind; should it, the loop tells.
                mayReceive = !isDrained
                return count
            }
            switch error {
            case EINTR: continue
            case EAGAIN:
                isDrained = true
                mayReceive = false
                return nil
            default:
                receiveError = error
                return 0
            }
        }
    }

    fileprivate func write(_ bytes: UnsafeRawBufferPointer) {
        if outputCount + bytes.count > TLSBuffers.outputBytes {
            // A failure shows again at the end of the call.
            _ = send()
        }
        if outputCount + bytes.count > TLSBuffers.outputBytes || !held.isEmpty {
            keepOutput()
            unsafe held.append(contentsOf: bytes)
        } else {
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffers.output[outputCount...])
                .copyMemory(from: bytes)
            outputCount += bytes.count
        }
    }

    private static let method = TransportMethod()
}

/// The BIO's functions, made once and kept for ever.
@safe private final class TransportMethod: @unchecked Sendable {
    // Proof for `@unchecked`: a BIO_METHOD is not changed once BIOs are made with it.
    let handle: OpaquePointer?

    init() {
        let type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = unsafe BIO_meth_new(type, "sekisho") else {
            unsafe handle = nil
            return
        }
        unsafe BIO_meth_set_read_ex(method, readFromTransport)
        unsafe BIO_meth_set_write_ex(method, writeToTransport)
        unsafe BIO_meth_set_ctrl(method, controlTransport)
        unsafe handle = unsafe method
    }
}

private func readFromTransport(
    _ bio: OpaquePointer?, _ target: UnsafeMutablePointer<CChar>?, _ countMax: Int,
    _ count: UnsafeMutablePointer<Int>?
) -> Int32 {
    guard let target = unsafe target, let transport = unsafe RecordTransport.transport(of: bio) else {
        return 0
    }
    unsafe BIO_clear_flags(bio, retryFlags)
    guard let taken = unsafe transport.read(into: target, atMost: countMax) else {
        unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
        return 0
    }
    unsafe count?.pointee = taken
    return taken > 0 ? 1 : 0
}

private func writeToTransport(
    _ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ byteCount: Int,
    _ count: UnsafeMutablePointer<Int>?
) -> Int32 {
    guard let transport = unsafe RecordTransport.transport(of: bio) else { return 0 }
    unsafe BIO_clear_flags(bio, retryFlags)
    unsafe transport.write(UnsafeRawBufferPointer(start: bytes, count: byteCount))
    unsafe count?.pointee = byteCount
    return 1
}

private func controlTransport(
    _ bio: OpaquePointer?, _ command: Int32, _: Int, _: UnsafeMutableRawPointer?
) -> Int {
    switch command {
    case BIO_CTRL_FLUSH: 1  // sent at the end of the call
    case BIO_CTRL_EOF: unsafe RecordTransport.transport(of: bio)?.hasEnded == true ? 1 : 0
    default: 0
    }
}

private let retryFlags = BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_IO_SPECIAL | BIO_FLAGS_SHOULD_RETRY
