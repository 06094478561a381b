import COpenSSL
import Glibc
import X509

/// What callbacks report while OpenSSL runs.
extension TLSConnection {
    /// The connection that `ssl` belongs to. Callbacks run only inside calls of a connection's own methods,
    /// so it is alive then.
    static func owner(of ssl: OpaquePointer) -> TLSConnection? {
        guard let owner = unsafe SSL_get_ex_data(ssl, 0) else { return nil }
        return unsafe Unmanaged<TLSConnection>.fromOpaque(owner).takeUnretainedValue()
    }

    /// Moves to the host of that name; answers with an alert when there is none.
    func chooseHost(_ requested: RequestedName) -> Int32? {
        guard let server else { return SSL_AD_INTERNAL_ERROR }
        let name: String?
        switch requested {
        case .malformed:
            callbackFault = .malformedName
            return SSL_AD_DECODE_ERROR
        case .impossible:
            callbackFault = .unknownName
            return SSL_AD_UNRECOGNIZED_NAME
        case .absent: name = nil
        case .name(let sent): name = sent
        }
        // A second ClientHello, after a HelloRetryRequest, must ask for the same (RFC 8446 §4.1.2).
        guard hostIndex == nil || name == serverName else {
            callbackFault = .malformedName
            return SSL_AD_ILLEGAL_PARAMETER
        }
        serverName = name
        guard let index = name.map(server.prepared.names.host) ?? server.prepared.strictest else {
            callbackFault = .unknownName
            return SSL_AD_UNRECOGNIZED_NAME
        }
        guard unsafe server.hosts[index].take(ssl) else { return SSL_AD_INTERNAL_ERROR }
        hostIndex = index
        return nil
    }

    /// Stores the session, so that others may take it up. A client that was asked for a certificate and
    /// showed none is asked again next time: its owner may find it by then. So is one with a chain that is
    /// much larger than others, so that nobody fills the memory with them.
    func keep(_ session: OpaquePointer) {
        guard let server else {
            clientSession = unsafe ClientSession(copying: session)
            return
        }
        notePeer()
        var count: UInt32 = 0
        let start = unsafe SSL_SESSION_get_id(session, &count)
        guard let sessions = server.sessions, let hostIndex, callbackFault == nil,
            !server.hosts[hostIndex].requestsCertificate || !presentedChain.isEmpty,
            presentedChain.reduce(0, { $0 + $1.der.count }) <= storedChainBytesMax,
            let id = unsafe SessionID(UnsafeRawBufferPointer(start: start, count: Int(count)))
        else { return }
        let origin =
            isResumed
            ? foundOrigin
            : SessionOrigin(
                hostIndex: hostIndex, serverName: serverName, presentedChain: presentedChain,
                presentedProblem: presentedProblem, deadline: sessions.deadlineOfNewSession)
        guard let origin, let stored = unsafe StoredSession(copying: session, from: origin) else { return }
        sessions.insert(stored, as: id)
        storedID = id
    }

    /// The session that the client asks for, with no more time to live than it has left.
    func session(_ id: SessionID) -> OpaquePointer? {
        foundOrigin = nil
        guard let sessions = server?.sessions, let hostIndex,
            let stored = sessions.session(id, ofHost: hostIndex, serverName: serverName),
            admits(isResumed: true),
            let session = unsafe stored.handOut()
        else { return nil }
        foundOrigin = stored.origin
        if !stored.isUsedOnce { storedID = id }
        unsafe SSL_SESSION_set_time(session, time(nil))
        unsafe SSL_SESSION_set_timeout(session, Int(sessions.secondsLeft(of: stored.origin)))
        return unsafe session
    }

    /// Whether the handshake may go on, now that it is known of which kind it is. A second ClientHello is not
    /// counted again.
    func admits(isResumed: Bool) -> Bool {
        if callbackFault == .overBudget { return false }
        guard let admission, isResumed ? !isAdmittedResumed : !isAdmittedFull else { return true }
        guard admission(isResumed) else {
            callbackFault = .overBudget
            return false
        }
        if isResumed { isAdmittedResumed = true } else { isAdmittedFull = true }
        return true
    }

    func sawHandshakeMessage(type: UInt8?) {
        guard isEstablished, let type, Int32(type) == SSL3_MT_KEY_UPDATE else { return }
        keyUpdateCount += 1
        if keyUpdateCount > TLSFault.keyUpdatesMax { callbackFault = .keyUpdateFlood }
    }

    var serverMemory: ServerMemory? { client?.memory }

    /// The first five bytes of a record.
    func sawRecordHeader(_ bytes: UnsafeRawBufferPointer) {
        guard client != nil, !isEstablished, unsafe bytes.elementsEqual("HTTP/".utf8) else { return }
        callbackFault = .plainHTTP
    }

    func sawRenegotiationRefused() {
        callbackFault = .renegotiation
    }
}

private let storedChainBytesMax = 16 * 1024
