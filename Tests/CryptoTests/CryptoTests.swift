import Crypto
import Testing
import Text

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct DigestTests {
    @Test func `SHA-256 and HMAC agree with published vectors`() {
        #expect(
            SHA256Digest(of: bytes("abc")).hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        // RFC 4231, test case 2.
        let code = HMACSHA256.code(bytes("what do ya want for nothing?"), key: bytes("Jefe"))
        #expect(Hex.encode(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func `a digest is 32 bytes and nothing else`() {
        for count in [0, 31, 33] { #expect(SHA256Digest(bytes: [UInt8](repeating: 0, count: count)) == nil) }
        #expect(SHA256Digest(bytes: [UInt8](repeating: 0, count: 32)) != nil)
    }

    @Test func `comparison sees every byte and the length`() {
        #expect(ConstantTime.equal([1, 2], [1, 2]) && ConstantTime.equal([], []))
        #expect(!ConstantTime.equal([1, 2], [1, 3]) && !ConstantTime.equal([1, 2], [1, 2, 3]))
    }
}

@Suite struct PasswordHashTests {
    @Test func `scrypt agrees with RFC 7914`() throws {
        // Section 12: "pleaseletmein", "SodiumChloride", N = 16384, r = 8, p = 1, 64 bytes.
        let hash = Hex.decode(
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")
        let encoded = { (bytes: [UInt8]) in String(Base64.encode(bytes).prefix { $0 != "=" }) }
        let text = "$scrypt$ln=14,r=8,p=1$\(encoded(bytes("SodiumChloride")))$\(encoded(try #require(hash)))"
        let parsed = try PasswordHash(parsing: text)
        #expect(try parsed.matches(bytes("pleaseletmein")))
        #expect(try !parsed.matches(bytes("pleaseletmeIn")))
        #expect(parsed.encoded == text)
        #expect(parsed.needsRehash())
    }

    @Test func `what is made reads back and matches only its password`() throws {
        let fast = try #require(ScryptParameters(costLog2: 10))
        let hash = try PasswordHash.make(of: bytes("Sakura2026"), parameters: fast)
        let again = try PasswordHash(parsing: hash.encoded)
        #expect(try again.matches(bytes("Sakura2026")) && !again.matches(bytes("")))
        #expect(try PasswordHash.make(of: bytes("Sakura2026"), parameters: fast).encoded != hash.encoded)
        #expect(!again.needsRehash(for: fast))
    }

    @Test(arguments: [
        "", "$", "plain", "$scrypt$ln=15,r=8,p=1$c2FsdHNhbHQ",
        "$bcrypt$ln=15,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$scrypt$ln=9,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$scrypt$ln=40,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$scrypt$ln=20,r=32,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$scrypt$r=8,ln=15,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$scrypt$ln=15,r=8,p=1$c2Fs$aGFzaGhhc2hoYXNoaGFzaA", "$scrypt$ln=15,r=8,p=1$c2FsdHNhbHQ$aGFz",
        "$scrypt$ln=15,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA$",
        "$scrypt$ln=15,r=8,p=-1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
    ])
    func `a hash that is none, or asks for too much, is refused`(_ text: String) {
        #expect(throws: CryptoFault.self) { _ = try PasswordHash(parsing: text) }
    }

    @Test func `nobody's hash matches nothing`() throws {
        #expect(try !PasswordHash.decoy.matches(bytes("")))
    }
}

@Suite struct SealingTests {
    @Test func `only the same key and context open, and nothing that was altered`() throws {
        let key = SealingKey()
        let sealed = key.seal(bytes("/authorize?x=1"), context: bytes("a"))
        #expect(key.open(sealed, context: bytes("a")) == bytes("/authorize?x=1"))
        #expect(key.open(sealed, context: bytes("b")) == nil)
        #expect(SealingKey().open(sealed, context: bytes("a")) == nil)
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 1
            #expect(key.open(altered, context: bytes("a")) == nil)
        }
        for count in 0..<sealed.count {
            #expect(key.open(Array(sealed.prefix(count)), context: bytes("a")) == nil)
        }
        #expect(key.seal(bytes("x"), context: []) != key.seal(bytes("x"), context: []))
        #expect(key.open(key.seal([], context: []), context: []) == [])
        #expect(SealingKey(bytes: [1, 2, 3]) == nil)
    }
}

@Suite struct JWSTests {
    private let type = "test+jwt"

    @Test func `the example of RFC 7515 A_3 verifies`() throws {
        let x = try #require(Base64URL.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"))
        let y = try #require(Base64URL.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))
        let key = try VerifyingKey(jwkX: x, jwkY: y)
        let signed =
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        let signature = try #require(
            Base64URL.decode(
                "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"))
        #expect(key.verifies(signature, over: bytes(signed)))
        #expect(!key.verifies(signature, over: bytes(signed + "x")))
        #expect(!key.verifies([UInt8](repeating: 0, count: 64), over: bytes(signed)))
        #expect(!key.verifies([], over: bytes(signed)))
    }

    @Test func `what is signed verifies under its key, its type and no other`() throws {
        let (key, other) = (try SigningKey(), try SigningKey())
        let token = try JWS.sign(payload: bytes("{}"), key: key, type: type)
        #expect(
            try JWS.verify(token, type: type, keys: [other.verifyingKey, key.verifyingKey]) == bytes("{}"))
        #expect(JWS.peekKeyID(token) == key.keyID)
        #expect(throws: JWSFault.unknownKey) {
            _ = try JWS.verify(token, type: type, keys: [other.verifyingKey])
        }
        #expect(throws: JWSFault.type) { _ = try JWS.verify(token, type: "other", keys: [key.verifyingKey]) }
    }

    @Test func `no other algorithm, no critical header, no altered part`() throws {
        let key = try SigningKey()
        let token = try JWS.sign(payload: bytes("{\"a\":1}"), key: key, type: type)
        let parts = token.split(separator: ".")
        let kid = key.keyID
        func forged(_ header: String) -> String {
            "\(Base64URL.encode(bytes(header))).\(parts[1]).\(parts[2])"
        }
        let keys = [key.verifyingKey]
        for algorithm in ["none", "HS256", "ES384", "es256"] {
            let header = #"{"alg":"\#(algorithm)","typ":"\#(type)","kid":"\#(kid)"}"#
            #expect(throws: JWSFault.algorithm) { _ = try JWS.verify(forged(header), type: type, keys: keys) }
        }
        let critical = #"{"alg":"ES256","typ":"\#(type)","kid":"\#(kid)","crit":["x"]}"#
        #expect(throws: JWSFault.critical) { _ = try JWS.verify(forged(critical), type: type, keys: keys) }
        let reordered = #"{"typ":"\#(type)","alg":"ES256","kid":"\#(kid)"}"#
        #expect(throws: JWSFault.signature) { _ = try JWS.verify(forged(reordered), type: type, keys: keys) }
        let payload = "\(parts[0]).\(Base64URL.encode(bytes("{\"a\":2}"))).\(parts[2])"
        #expect(throws: JWSFault.signature) { _ = try JWS.verify(payload, type: type, keys: keys) }
        for broken in ["", ".", "..", "a.b.c", "\(parts[0]).\(parts[1])", token + ".x", token + "="] {
            #expect(throws: JWSFault.self) { _ = try JWS.verify(broken, type: type, keys: keys) }
        }
    }

    @Test func `keys survive their file and their set`() throws {
        let key = try SigningKey()
        #expect(try SigningKey(pem: key.pem()).keyID == key.keyID)
        #expect(try JWKSet.decode(JWKSet.encode([key.verifyingKey])).map(\.keyID) == [key.keyID])
        #expect(throws: CryptoFault.self) { _ = try SigningKey(pem: bytes("garbage")) }
        #expect(throws: CryptoFault.self) { _ = try JWKSet.decode(bytes("[]")) }
        let zero = [UInt8](repeating: 0, count: 32)
        #expect(throws: CryptoFault.self) { _ = try VerifyingKey(jwkX: zero, jwkY: zero) }
    }

    @Test func `signatures of any length of r and s convert`() throws {
        let key = try SigningKey()
        for index in 0..<300 {
            let message = bytes("\(index)")
            #expect(key.verifyingKey.verifies(try key.sign(message), over: message))
        }
    }
}
