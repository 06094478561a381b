import Authorization
import Crypto
import Synchronization
import Text

/// Makes codes from the form that was accepted, so that the same form, sent twice, gets the same answer from
/// whichever process, without the code being kept anywhere.
///
/// The key is in the store. Whoever reads it there can work out codes of the last minute, but a code is
/// nothing without the partner's authentication and its verifier.
final class CodeMaker: Sendable {
    private let store: any SecretRepository
    private let key = Mutex<[UInt8]?>(nil)

    init(_ store: any SecretRepository) {
        self.store = store
    }

    /// The code for the form that `flow` has spent.
    func code(for flow: ConsentFlow) throws(ConsentStoreFault) -> String {
        let form = "\(flow.id.text) \(flow.progress.spentFormToken ?? "")"
        return Base64URL.encode(HMACSHA256.code(Array(form.utf8), key: try sharedKey()))
    }

    private func sharedKey() throws(ConsentStoreFault) -> [UInt8] {
        if let key = key.withLock({ $0 }) { return key }
        let secret = try store.secret("authorization-code", orElse: SecureRandom.bytes(32))
        key.withLock { $0 = secret }
        return secret
    }
}
