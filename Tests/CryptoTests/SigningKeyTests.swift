import TestPKI
import Testing
import Text

@testable import Crypto

@Suite struct `Signing keys` {
    @Test func `bytes that are no P-256 key are refused`() throws {
        let pem = try SigningKey().pem()
        for length in 0..<pem.count - 1 {
            #expect(throws: CryptoFault.self) { try SigningKey(pem: Array(pem[..<length])) }
        }
    }

    @Test func `an encrypted key is refused and asks nobody for a pass phrase`() {
        let pem = """
            -----BEGIN EC PRIVATE KEY-----
            Proc-Type: 4,ENCRYPTED
            DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF

            AAAAAAAAAAAAAAAAAAAAAA==
            -----END EC PRIVATE KEY-----

            """
        #expect(throws: CryptoFault.self) { try SigningKey(pem: Array(pem.utf8)) }
    }

    @Test func `a key of another curve or kind is refused`() throws {
        for kind in TestKeyKind.allCases where kind != .p256 {
            #expect(throws: CryptoFault.self) { try SigningKey(pem: TestKey.make(kind).pem) }
        }
        #expect(throws: Never.self) { try SigningKey(pem: TestKey.make(.p256).pem) }
    }

    @Test func `a key reads back as it was written`() throws {
        let key = try SigningKey()
        let again = try SigningKey(pem: key.pem())
        #expect(again.keyID == key.keyID)
        #expect(key.verifyingKey.verifies(try again.sign([1, 2, 3]), over: [1, 2, 3]))
    }

    @Test func `a signature fits its message and its key only`() throws {
        let key = try SigningKey()
        let message = Array("振込".utf8)
        let signature = try key.sign(message)
        #expect(signature.count == 64)
        for bit in 0..<signature.count * 8 {
            var changed = signature
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.verifyingKey.verifies(changed, over: message))
        }
        for length in 0..<signature.count {
            #expect(!key.verifyingKey.verifies(Array(signature[..<length]), over: message))
        }
        #expect(!key.verifyingKey.verifies(signature + [0], over: message))
        #expect(!key.verifyingKey.verifies(signature, over: message + [0]))
        #expect(try !SigningKey().verifyingKey.verifies(signature, over: message))
        #expect(key.verifyingKey.verifies(signature, over: message))
    }

    @Test func `all zeros sign nothing (CVE-2022-21449)`() throws {
        #expect(try !SigningKey().verifyingKey.verifies([UInt8](repeating: 0, count: 64), over: [1]))
    }

    @Test func `signatures verify however long r and s are`() throws {
        let key = try SigningKey()
        for number in 0..<300 {
            let message = Array("\(number)".utf8)
            #expect(key.verifyingKey.verifies(try key.sign(message), over: message))
        }
    }

    @Test func `small halves of a signature are padded to 32 bytes`() throws {
        // SEQUENCE { INTEGER 1, INTEGER 2 }
        let der: [UInt8] = [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x02]
        let zeros = [UInt8](repeating: 0, count: 31)
        #expect(EllipticSignature.concatenated(fromDER: der) == zeros + [1] + zeros + [2])
        #expect(EllipticSignature.der(fromConcatenated: zeros + [1] + zeros + [2]) == der)
    }

    @Test func `coordinates that are no point of the curve are no key`() throws {
        let key = try SigningKey().verifyingKey
        var y = key.y
        y[31] ^= 1
        #expect(throws: CryptoFault.self) { try VerifyingKey(jwkX: key.x, jwkY: y) }
        #expect(throws: CryptoFault.self) { try VerifyingKey(jwkX: [0] + key.x, jwkY: key.y) }
        #expect(throws: CryptoFault.self) { try VerifyingKey(jwkX: [], jwkY: []) }
        let zeros = [UInt8](repeating: 0, count: 32)
        #expect(throws: CryptoFault.self) { try VerifyingKey(jwkX: zeros, jwkY: zeros) }
        #expect(try VerifyingKey(jwkX: key.x, jwkY: key.y).keyID == key.keyID)
    }
}
