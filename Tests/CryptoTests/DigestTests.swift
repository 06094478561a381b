import Crypto
import Testing
import Text

func bytes(_ hex: String) -> [UInt8] { Hex.decode(hex) ?? [] }

@Suite struct Digests {
    @Test func `only 32 bytes are a digest`() {
        for count in [0, 31, 33] { #expect(SHA256Digest(bytes: [UInt8](repeating: 0, count: count)) == nil) }
        #expect(SHA256Digest(bytes: [UInt8](repeating: 0, count: 32)) != nil)
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `SHA-256 gives what FIPS 180-4's examples say`(text: String, hex: String) {
        #expect(SHA256Digest(of: Array(text.utf8)).hex == hex)
    }

    @Test func `a digest prints as hexadecimal and as base64url`() {
        let digest = SHA256Digest(of: [])
        #expect(digest.base64URL == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")
        #expect(SHA256Digest(bytes: bytes(digest.hex)) == digest)
    }

    /// RFC 4231 §4.2, §4.3 and §4.7 (a key longer than a block).
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0B, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `HMAC-SHA-256 gives what RFC 4231 says`(key: [UInt8], message: String, hex: String) {
        #expect(HMACSHA256.code(Array(message.utf8), key: key) == bytes(hex))
    }

    @Test func `HMAC takes an empty key and an empty message`() {
        let expected = bytes("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
        #expect(HMACSHA256.code([], key: []) == expected)
    }

    @Test func `equality needs the same length and every bit`() {
        #expect(ConstantTime.equal([], []))
        #expect(ConstantTime.equal([1, 2], [1, 2]))
        #expect(!ConstantTime.equal([1, 2], [1]))
        #expect(!ConstantTime.equal([1], [1, 2]))
        for bit in 0..<16 {
            var changed: [UInt8] = [1, 2]
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!ConstantTime.equal([1, 2], changed))
        }
    }

    @Test func `tokens are long, plain and never the same`() {
        let tokens = Set((0..<1000).map { _ in SecureRandom.token() })
        #expect(tokens.count == 1000)
        #expect(tokens.allSatisfy { $0.utf8.count == 43 && Base64URL.decode($0)?.count == 32 })
        #expect(SecureRandom.bytes(0) == [])
    }

    @Test func `OpenSSL says which release it is`() {
        #expect(OpenSSLVersion.currentText.hasPrefix("OpenSSL \(OpenSSLVersion.current)"))
        #expect(!OpenSSLVersion(major: 3, minor: 0, patch: 19).hasKnownFixes)
        #expect(OpenSSLVersion(major: 3, minor: 0, patch: 20).hasKnownFixes)
        #expect(!OpenSSLVersion(major: 3, minor: 1, patch: 9).hasKnownFixes)
        #expect(!OpenSSLVersion(major: 3, minor: 5, patch: 5).hasKnownFixes)
        #expect(OpenSSLVersion(major: 3, minor: 7, patch: 0).hasKnownFixes)
        #expect(OpenSSLVersion(major: 4, minor: 0, patch: 0).hasKnownFixes)
        #expect(!OpenSSLVersion(major: 1, minor: 1, patch: 1).hasKnownFixes)
    }

    @Test func `rows 24 and 25: no daemon starts on an OpenSSL with known holes in its checks`() {
        #expect(!OpenSSLVersion(major: 1, minor: 1, patch: 1).isSafeEnough)
        #expect(!OpenSSLVersion(major: 3, minor: 0, patch: 8).isSafeEnough)
        #expect(OpenSSLVersion(major: 3, minor: 0, patch: 9).isSafeEnough)
        #expect(OpenSSLVersion(major: 3, minor: 1, patch: 0).isSafeEnough)
        #expect(OpenSSLVersion.current.isSafeEnough)
    }
}
