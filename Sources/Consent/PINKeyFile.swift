public import Authorization
public import Crypto
import Reactor
import Text

/// The file of the key that seals 照会用暗証番号: 32 bytes in base 64, readable for its owner alone.
public enum PINKeyFile {
    /// Reads the key. A missing file is made, but not when the store holds PINs that the new key could never
    /// open; neither is a key taken that does not open them.
    public static func load(
        _ path: String, for store: any CustomerRepository
    ) throws(PINKeyFault) -> SealingKey {
        let sample: StoredPIN?
        do throws(ConsentStoreFault) { sample = try store.anyPIN() } catch {
            throw PINKeyFault("\(error)")
        }
        guard Files.exists(path) else {
            guard sample == nil else {
                throw PINKeyFault("\(path) is not there, but the store holds PINs sealed with its key")
            }
            return try make(path)
        }
        let key = try read(path)
        if let sample, PINVault(key: key).open(sample.pin, for: sample.account, of: sample.customer) == nil {
            throw PINKeyFault("\(path) is not the key that the PINs in the store are sealed with")
        }
        return key
    }

    private static func read(_ path: String) throws(PINKeyFault) -> SealingKey {
        let bytes: [UInt8]
        do throws(SystemFault) { bytes = try Files.read(path, bytesMax: 1024) } catch {
            throw PINKeyFault("\(error)")
        }
        let text = String(decoding: bytes.filter { $0 != 0x0A }, as: UTF8.self)
        guard let key = Base64.decode(text).flatMap(SealingKey.init(bytes:)) else {
            throw PINKeyFault("\(path): not 32 bytes in base 64")
        }
        return key
    }

    private static func make(_ path: String) throws(PINKeyFault) -> SealingKey {
        let key = SealingKey()
        do throws(SystemFault) {
            try Files.replace(path, with: Array("\(Base64.encode(key.bytes))\n".utf8), isPrivate: true)
        } catch {
            throw PINKeyFault("\(error)")
        }
        return key
    }
}

/// Why there is no key; for the operator.
public struct PINKeyFault: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
