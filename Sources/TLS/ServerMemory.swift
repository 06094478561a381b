import COpenSSL
import Synchronization
import X509

/// The server certificates that a client has verified of late, so that whoever connects to one server a
/// thousand times a second verifies it once a minute. The name that was asked for is part of what is
/// remembered.
final class ServerMemory: Sendable {
    private let known = Mutex(RecentCache<[UInt8], Void>(halfMax: 64))

    func knows(_ key: [UInt8]) -> Bool { known.withLock { $0.value(for: key) != nil } }
    func remember(_ key: [UInt8]) { known.withLock { $0.insert((), for: key) } }
}

/// Verifies a server's chain as libssl would, unless it is remembered.
func verifyUnlessRemembered(_ store: OpaquePointer?, _: UnsafeMutableRawPointer?) -> Int32 {
    guard let store = unsafe store,
        let ssl = unsafe X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
        let memory = unsafe TLSConnection.owner(of: OpaquePointer(ssl))?.serverMemory,
        let key = unsafe presentedKey(store, OpaquePointer(ssl))
    else { return unsafe X509_verify_cert(store) }
    if memory.knows(key) {
        unsafe X509_STORE_CTX_set_error(store, X509_V_OK)
        return 1
    }
    let outcome = unsafe X509_verify_cert(store)
    if outcome == 1 { memory.remember(key) }
    return outcome
}

/// The minute, the name that was asked for, and all certificates as they were sent.
private func presentedKey(_ store: OpaquePointer, _ ssl: OpaquePointer) -> [UInt8]? {
    guard let sent = unsafe X509_STORE_CTX_get0_untrusted(store) else { return nil }
    let name = unsafe TLSConnection.owner(of: ssl)?.peerName ?? ""
    var key = Array("\(secondsSinceBoot() / 60) \(name) ".utf8)
    for index in unsafe 0..<shim_sk_X509_num(sent) {
        guard let certificate = unsafe shim_sk_X509_value(sent, index) else { return nil }
        key += unsafe Certificate.der(of: certificate)
    }
    return key
}
