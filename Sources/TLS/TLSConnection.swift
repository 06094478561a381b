import COpenSSL
import Glibc
public import X509

/// One TLS connection over a non-blocking socket.
///
/// It has one owner and is confined to one loop; it never closes the socket. After `.failed` every call
/// answers with the same fault.
///
/// One read from the socket may bring more than one record, so a waiting loop must not go by the socket
/// alone: after a handshake that is done, and after `.bytes`, either read on until `.wantRead` or ask
/// `hasPendingInput`.
///
/// TLS 1.3 clients get the ticket of their session in front of the first bytes that are written to them.
@safe public final class TLSConnection {
    let ssl: OpaquePointer
    private let transport: RecordTransport
    /// Keeps the SSL_CTX's owner alive, and finds the host of a server name.
    let server: ServerContext?
    let client: ClientContext?

    private var fault: TLSFault?
    private(set) var isEstablished = false
    private var isCloseNotifySent = false
    private var isInputDrained = false
    /// What ended a read that brought bytes, for the next one to tell.
    private var readEnd: TLSTransfer?
    /// Bytes of a write that are encrypted and not all sent.
    private var unacknowledgedCount: Int?
    private var isTicketDue = false
    var keyUpdateCount = 0
    var isPeerNoted = false
    /// On a server: by place, those of the peer's certificates that were known before.
    var recognized: [Certificate?] = []
    /// Set by a callback while OpenSSL runs; explains, better than OpenSSL can, why it then failed.
    var callbackFault: TLSFault?

    /// On a server: asked once the ClientHello is read, before anything costly is done, whether a handshake
    /// of this kind may go on. Without it, any may.
    public var admission: ((_ isResumed: Bool) -> Bool)?
    var isAdmittedFull = false
    var isAdmittedResumed = false

    /// On a server: the session that the client asked for and got; OpenSSL may still pass it over.
    var foundOrigin: SessionOrigin?
    /// On a server: the session of this connection that others may take up.
    var storedID: SessionID?
    /// On a client: what the server's certificate must be for, as it was given.
    private(set) var peerName: String?
    /// On a client whose context keeps sessions: the one that the server offered last.
    public internal(set) var clientSession: ClientSession?

    /// The host that the server name chose, counted as in `ServerContext.init`. Nil on a client, and before
    /// the ClientHello.
    public internal(set) var hostIndex: Int?
    /// The server name the client sent, lowercased and without a trailing dot. Nil when it sent none.
    public internal(set) var serverName: String?
    /// The certificates the peer sent, its own first; empty when it sent none. TLS has proved that the peer
    /// holds the first one's key. On a server nothing else is proved: trust is not judged. Only set once
    /// the handshake is done. When a session was resumed, they are those of its first handshake.
    public internal(set) var presentedChain: [Certificate] = []
    /// Why the chain as sent is not fit for judging: `.chainTooLong` when it has more than 10 certificates,
    /// and `presentedChain` then holds the first only. (More than 64 KiB, or bytes that are no certificate,
    /// fail the handshake with an alert.)
    public internal(set) var presentedProblem: RefusalReason?

    /// A server's end of a connection.
    public init(accepting context: ServerContext, socket: Int32) throws(TLSFault) {
        transport = RecordTransport(
            socket: socket, buffers: context.buffers, isUsed: context.hasRecordTransport)
        unsafe ssl = try Self.make(context.hosts[context.prepared.strictest].context, over: transport)
        server = context
        client = nil
        unsafe SSL_set_accept_state(ssl)
        adoptSSL()
    }

    /// A client's end of a connection to `serverName`: a DNS name, which is also sent, or an IP address,
    /// which is not (RFC 6066 §3). The server's certificate must be for it. `session` is offered for
    /// resumption; the server need not agree. `credential` is shown in place of the context's own identity.
    /// `buffers` are shared with other connections of the thread.
    public init(
        connecting context: ClientContext, socket: Int32, serverName: String,
        resuming session: ClientSession? = nil, showing credential: ClientCredential? = nil,
        buffers: TLSBuffers = TLSBuffers()
    ) throws(TLSFault) {
        transport = RecordTransport(socket: socket, buffers: buffers)
        unsafe ssl = try Self.make(context.context, over: transport)
        server = nil
        client = context
        unsafe SSL_set_connect_state(ssl)
        adoptSSL()
        ERR_clear_error()
        if let session, !(unsafe session.offer(on: ssl)) { throw SSLContext.internalFault() }
        if let credential, !(unsafe credential.show(on: ssl)) { throw SSLContext.internalFault() }
        peerName = serverName
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), serverName) == 1 { return }
        ERR_clear_error()
        guard let name = ServerNames.normal(Array(serverName.utf8)) else {
            throw TLSFault(.operator, "badName", "\"\(serverName)\" is neither a DNS name nor an IP address")
        }
        guard unsafe SSL_set1_host(ssl, name) == 1, unsafe shim_SSL_set_tlsext_host_name(ssl, name) == 1
        else {
            throw SSLContext.internalFault()
        }
        self.serverName = name
    }

    deinit {
        unsafe SSL_set_ex_data(ssl, 0, nil)
        unsafe SSL_free(ssl)
    }

    /// Takes the handshake as far as the socket allows. `.done` again when it is over.
    public func handshake() -> TLSStep {
        if let fault { return .failed(fault) }
        if let step = sendHeld() { return step }
        if isEstablished { return .done }
        prepareCall()
        let result = unsafe SSL_do_handshake(ssl)
        let sent = transport.end()
        if result == 1 {
            notePeer()
            if let fault = callbackFault { return .failed(fail(fault)) }
            isEstablished = true
            // Nobody is asked any more; what it holds on to can go.
            admission = nil
            isTicketDue = server?.sessions != nil
            return step(.done, sent)
        }
        return switch outcome(result) {
        case .wantRead: step(.wantRead, sent)
        case .wantWrite: .wantWrite
        case .closed: .failed(fail(.truncated))
        case .failed(let fault): .failed(fault)
        }
    }

    /// Reads what there is, at most the buffer's length. The handshake must be done.
    public func read(into buffer: UnsafeMutableRawBufferPointer) -> TLSTransfer {
        precondition(isEstablished || fault != nil, "read before the handshake is done")
        if let end = readEnd.take() { return end }
        if let fault { return .failed(fault) }
        guard buffer.count > 0 else { return .bytes(0) }
        prepareCall()
        let (total, end) = unsafe readRecords(into: buffer)
        if case .failed(let error) = transport.end(), fault == nil {
            readEnd = .failed(lost(.fromSystem(error)))
        } else if end != .wantRead {
            readEnd = end
        }
        if total > 0 { return .bytes(total) }
        if let end = readEnd.take() { return end }
        // An answer to the peer, such as a key update of our own, waits for room.
        return transport.hasHeldOutput ? .wantWrite : .wantRead
    }

    /// Reads record by record, as long as they have arrived already.
    private func readRecords(into buffer: UnsafeMutableRawBufferPointer) -> (Int, TLSTransfer?) {
        var total = 0
        while true {
            var count = 0
            let result = unsafe SSL_read_ex(
                ssl, buffer.baseAddress.map { unsafe $0 + total }, buffer.count - total, &count)
            if let fault = callbackFault { return (total, .failed(fail(fault))) }
            if result == 1 {
                isInputDrained = false
                total += count
                if total == buffer.count || transport.inputCount == 0 { return (total, nil) }
                continue
            }
            switch outcome(result) {
            case .wantRead:
                // After a message that is none of the application's.
                if transport.inputCount > 0 { continue }
                isInputDrained = true
                return (total, .wantRead)
            case .wantWrite: return (total, .wantWrite)
            case .closed: return (total, .closed)
            case .failed(let fault): return (total, .failed(fault))
            }
        }
    }

    /// Writes some of the bytes and says how many. After `.wantRead` or `.wantWrite` the next write must
    /// begin with the same bytes, which may have moved. The handshake must be done.
    public func write(_ bytes: UnsafeRawBufferPointer) -> TLSTransfer {
        precondition(isEstablished || fault != nil, "write before the handshake is done")
        if let fault { return .failed(fault) }
        guard bytes.count > 0 else { return .bytes(0) }
        switch sendHeld() {
        case .wantWrite?: return .wantWrite
        case .failed(let fault)?: return .failed(fault)
        default: break
        }
        if let count = unacknowledgedCount.take() { return .bytes(count) }
        prepareCall()
        if isTicketDue { issueTicket() }
        let countMax = min(bytes.count, TLSBuffers.recordsPerWriteMax * TLSBuffers.recordBytesMax)
        var total = 0
        var result: Int32 = 1
        while result == 1, total < countMax {
            var count = 0
            result = unsafe SSL_write_ex(
                ssl, bytes.baseAddress.map { unsafe $0 + total }, countMax - total, &count)
            total += count
        }
        let ended = result == 1 ? nil : outcome(result)
        let sent = transport.end()
        switch (ended, sent) {
        case (.failed(let fault)?, _): return .failed(fault)
        case (.closed?, _): return .failed(fail(.truncated))
        case (_, .failed(let error)): return .failed(lost(.fromSystem(error)))
        case (_, .blocked):
            if total > 0 { unacknowledgedCount = total }
            return .wantWrite
        case (_, .all):
            if total > 0 { return .bytes(total) }
            return ended == .wantRead ? .wantRead : .wantWrite
        }
    }

    /// Whether a read may bring bytes although the socket has none: they were read from it together with
    /// earlier ones.
    public var hasPendingInput: Bool {
        guard isEstablished else { return false }
        if readEnd != nil || transport.inputCount > 0 { return true }
        return unsafe !isInputDrained && SSL_has_pending(ssl) == 1
    }

    /// Whether the last read from the socket most likely emptied it. Should it not have, the socket tells.
    public var hasDrainedSocket: Bool { transport.isDrained }

    /// Tells the peer that nothing more will be sent. `.done` does not wait for the peer's own
    /// close_notify, and is also the answer before the handshake is done, when there is nothing to tell.
    public func sendCloseNotify() -> TLSStep {
        if let fault { return .failed(fault) }
        if let step = sendHeld() { return step }
        guard isEstablished, !isCloseNotifySent else { return .done }
        prepareCall()
        let result = unsafe SSL_shutdown(ssl)
        let sent = transport.end()
        if result >= 0 {
            isCloseNotifySent = true
            return step(.done, sent)
        }
        return switch outcome(result) {
        case .wantRead: .wantRead
        case .wantWrite: .wantWrite
        case .closed: .done
        case .failed(let fault): .failed(fault)
        }
    }

    /// Keeps others from taking up this connection's session: for a server that refuses its certificate, so
    /// that the client is asked anew. A connection that fails does so itself (RFC 5246 §7.2.2).
    public func forgetSession() {
        isTicketDue = false
        guard let storedID else { return }
        server?.sessions?.remove(storedID)
        self.storedID = nil
    }
}

extension TLSConnection {
    private static func make(
        _ context: SSLContext, over transport: RecordTransport
    ) throws(TLSFault) -> OpaquePointer {
        ERR_clear_error()
        guard let ssl = unsafe SSL_new(context.handle) else { throw .outOfMemory }
        guard let bio = unsafe transport.makeBIO() else {
            unsafe SSL_free(ssl)
            throw .outOfMemory
        }
        unsafe SSL_set_bio(ssl, bio, bio)
        return unsafe ssl
    }

    /// Lets callbacks find this object.
    private func adoptSSL() {
        unsafe SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
    }

    private func prepareCall() {
        ERR_clear_error()
        transport.begin()
    }

    /// What is still to be sent goes first; nil when nothing is in the way.
    private func sendHeld() -> TLSStep? {
        guard transport.hasHeldOutput else { return nil }
        let step = step(.done, transport.send())
        return step == .done ? nil : step
    }

    /// How a call ended that came to `step`, once it is known what has become of its output.
    private func step(_ step: TLSStep, _ sent: RecordTransport.Sent) -> TLSStep {
        switch sent {
        case .all: step
        case .blocked: .wantWrite
        case .failed(let error): .failed(lost(.fromSystem(error)))
        }
    }

    /// Has the next write bring the client its ticket (RFC 8446 §4.6.1), in one piece with what is written.
    private func issueTicket() {
        isTicketDue = false
        // Says no with TLS 1.2, where the handshake has brought the session.
        _ = unsafe SSL_new_session_ticket(ssl)
    }

    /// Why a call of OpenSSL did not succeed.
    private func outcome(_ result: Int32) -> Outcome {
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: .wantRead
        case SSL_ERROR_WANT_WRITE: .wantWrite
        case SSL_ERROR_ZERO_RETURN: .closed
        case SSL_ERROR_SYSCALL: .failed(lost(.fromSystem(transport.receiveError)))
        default: .failed(fail(callbackFault ?? verifyFault() ?? .fromErrorQueue()))
        }
    }

    private enum Outcome: Equatable { case wantRead, wantWrite, closed, failed(TLSFault) }

    private func fail(_ fault: TLSFault) -> TLSFault {
        self.fault = fault
        // Browsers often leave without a close_notify; only what breaks the protocol costs the session.
        if fault != .truncated { forgetSession() }
        ERR_clear_error()
        return fault
    }

    /// The network, not the protocol, ended the connection.
    private func lost(_ fault: TLSFault) -> TLSFault {
        self.fault = fault
        ERR_clear_error()
        return fault
    }

    /// On a client: why the server's certificate was refused.
    private func verifyFault() -> TLSFault? {
        let result = unsafe SSL_get_verify_result(ssl)
        guard client != nil, result != Int(X509_V_OK) else { return nil }
        return unsafe TLSFault(
            .peer, "untrustedCertificate", String(cString: X509_verify_cert_error_string(result)))
    }
}
