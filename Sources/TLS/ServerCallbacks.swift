import COpenSSL
import X509

/// Chooses the host of a connection by the server name, before OpenSSL acts on anything else in the
/// ClientHello. OpenSSL calls it once the whole message is there, however many records it came in, and
/// again after a HelloRetryRequest.
func chooseHost(
    _ ssl: OpaquePointer?, _ alert: UnsafeMutablePointer<Int32>?, _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let ssl = unsafe ssl, let connection = unsafe TLSConnection.owner(of: ssl) else {
        unsafe alert?.pointee = SSL_AD_INTERNAL_ERROR
        return SSL_CLIENT_HELLO_ERROR
    }
    guard let refusal = connection.chooseHost(unsafe requestedName(ssl)) else {
        return SSL_CLIENT_HELLO_SUCCESS
    }
    unsafe alert?.pointee = refusal
    return SSL_CLIENT_HELLO_ERROR
}

/// The server name of a ClientHello (RFC 6066 §3).
enum RequestedName: Equatable {
    case absent
    /// As `ServerNames.normal` writes it.
    case name(String)
    /// Well-formed, but nothing that a host can be called.
    case impossible
    case malformed
}

/// Reads the server_name extension: a list of exactly one name of type host_name.
private func requestedName(_ ssl: OpaquePointer) -> RequestedName {
    var start: UnsafePointer<UInt8>?
    var count = 0
    guard unsafe SSL_client_hello_get0_ext(ssl, UInt32(TLSEXT_TYPE_server_name), &start, &count) == 1 else {
        return .absent
    }
    let bytes = unsafe UnsafeBufferPointer(start: start, count: count)
    guard count > 5, unsafe Int(bytes[0]) << 8 | Int(bytes[1]) == count - 2, unsafe bytes[2] == 0,
        unsafe Int(bytes[3]) << 8 | Int(bytes[4]) == count - 5
    else { return .malformed }
    return unsafe ServerNames.normal(bytes[5...]).map(RequestedName.name) ?? .impossible
}

/// Lets the handshake go on with any certificate, once TLS has proved possession of its key. Whether it is
/// trusted is judged outside, by the whole chain.
func acceptWithoutJudging(_ store: OpaquePointer?, _: UnsafeMutableRawPointer?) -> Int32 {
    unsafe X509_STORE_CTX_set_error(store, X509_V_OK)
    let place = SSL_get_ex_data_X509_STORE_CTX_idx()
    if let chain = unsafe X509_STORE_CTX_get0_untrusted(store),
        let ssl = unsafe X509_STORE_CTX_get_ex_data(store, place),
        let connection = unsafe TLSConnection.owner(of: OpaquePointer(ssl))
    {
        unsafe connection.recognize(chain)
        unsafe X509_STORE_CTX_set_cert(store, shim_sk_X509_value(chain, 0))
    }
    return 1
}

/// Selects http/1.1 among the protocols a client offers (RFC 7301); without it the handshake ends with
/// no_application_protocol.
func selectHTTP11(
    _: OpaquePointer?, _ selected: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ selectedCount: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ offeredCount: UInt32,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    let bytes = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredCount))
    var position = 0
    while position < bytes.count {
        let start = position + 1
        let end = unsafe start + Int(bytes[position])
        guard end <= bytes.count else { break }
        if unsafe bytes[start..<end].elementsEqual("http/1.1".utf8) {
            unsafe selected?.pointee = unsafe bytes.baseAddress.map { unsafe $0 + start }
            unsafe selectedCount?.pointee = UInt8(end - start)
            return SSL_TLSEXT_ERR_OK
        }
        position = end
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}

/// Offers a session that has come about to its connection, which stores a copy of it if it may be taken up
/// again. On a client the connection keeps it.
func keepSession(_ ssl: OpaquePointer?, _ session: OpaquePointer?) -> Int32 {
    guard let ssl = unsafe ssl, let session = unsafe session,
        let connection = unsafe TLSConnection.owner(of: ssl)
    else { return 0 }
    unsafe connection.keep(session)
    return 0
}

/// Finds the session that a client asks for. OpenSSL calls it after `chooseHost`, and becomes the owner of
/// what it returns.
func findSession(
    _ ssl: OpaquePointer?, _ id: UnsafePointer<UInt8>?, _ idCount: Int32,
    _ isShared: UnsafeMutablePointer<Int32>?
) -> OpaquePointer? {
    unsafe isShared?.pointee = 0
    guard let ssl = unsafe ssl, let connection = unsafe TLSConnection.owner(of: ssl),
        let id = unsafe SessionID(UnsafeRawBufferPointer(start: id, count: Int(idCount)))
    else { return nil }
    return unsafe connection.session(id)
}

/// Asks whether a handshake may go on that takes up no session. OpenSSL calls it when the ClientHello is
/// understood, before it agrees on keys or signs anything.
func admitFullHandshake(_ ssl: OpaquePointer?, _: UnsafeMutableRawPointer?) -> Int32 {
    guard let ssl = unsafe ssl, let connection = unsafe TLSConnection.owner(of: ssl) else { return 0 }
    return connection.admits(isResumed: false) ? 1 : 0
}

/// Tells a connection of the messages that cross it.
func watchMessages(
    _ isSent: Int32, _: Int32, _ contentType: Int32, _ message: UnsafeRawPointer?, _ count: Int,
    _ ssl: OpaquePointer?, _: UnsafeMutableRawPointer?
) {
    let isHeader = contentType == SSL3_RT_HEADER && isSent == 0 && count == 5
    guard contentType == SSL3_RT_HANDSHAKE || contentType == SSL3_RT_ALERT || isHeader, let ssl = unsafe ssl,
        let connection = unsafe TLSConnection.owner(of: ssl)
    else { return }
    let bytes = unsafe UnsafeRawBufferPointer(start: message, count: count)
    if isHeader { return unsafe connection.sawRecordHeader(bytes) }
    if contentType == SSL3_RT_HANDSHAKE, isSent == 0 {
        connection.sawHandshakeMessage(type: unsafe bytes.first)
    } else if contentType == SSL3_RT_ALERT, isSent == 1, count == 2,
        unsafe bytes[1] == SSL_AD_NO_RENEGOTIATION
    {
        connection.sawRenegotiationRefused()
    }
}
