import Testing
import Text

@testable import Crypto

@Suite struct `Signed statements` {
    let key: SigningKey
    let compact: String

    init() throws {
        key = try SigningKey()
        compact = try JWS.sign(
            payload: Array(#"{"sub":"customer:TSUSER0001"}"#.utf8), key: key, type: "sekisho+jwt")
    }

    func fault(_ compact: String, type: String = "sekisho+jwt", keys: [VerifyingKey]? = nil) -> JWSFault? {
        do throws(JWSFault) {
            _ = try JWS.verify(compact, type: type, keys: keys ?? [key.verifyingKey])
            return nil
        } catch { return error }
    }

    /// A statement with any header, rightly signed over it.
    func forged(header: String) throws -> String {
        let signed = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode([1]))"
        return "\(signed).\(Base64URL.encode(try key.sign(Array(signed.utf8))))"
    }

    @Test func `no proper prefix of a statement is accepted`() {
        for length in 0..<compact.utf8.count {
            #expect(fault(String(compact.prefix(length))) != nil)
        }
    }

    @Test func `three parts and no more make a statement`() {
        #expect(fault(compact + ".") == .malformed)
        #expect(fault("." + compact) == .malformed)
        #expect(fault(compact + "=") == .malformed)
        #expect(fault(" " + compact) == .malformed)
        #expect(fault(String(repeating: "A", count: 8193)) == .malformed)
    }

    @Test func `any algorithm but ES256 is refused`() throws {
        let id = key.keyID
        for algorithm in ["none", "None", "HS256", "ES384", "RS256", "es256", ""] {
            let header = #"{"alg":"\#(algorithm)","typ":"sekisho+jwt","kid":"\#(id)"}"#
            #expect(fault(try forged(header: header)) == .algorithm)
        }
        #expect(fault(try forged(header: #"{"typ":"sekisho+jwt","kid":"\#(id)"}"#)) == .algorithm)
        let parts = compact.split(separator: ".")
        let none = Base64URL.encode(Array(#"{"alg":"none","typ":"sekisho+jwt","kid":"\#(id)"}"#.utf8))
        #expect(fault("\(none).\(parts[1]).") == .algorithm)
    }

    @Test func `a header must be one JSON object without repetitions`() throws {
        let id = key.keyID
        for header in [
            "", "[]", "1", #"{"alg":"ES256"} x"#,
            #"{"alg":"none","alg":"ES256","typ":"sekisho+jwt","kid":"\#(id)"}"#,
        ] {
            #expect(fault(try forged(header: header)) == .malformed)
        }
    }

    @Test func `critical extensions, other types and unknown keys are refused`() throws {
        let id = key.keyID
        let critical = #"{"alg":"ES256","typ":"sekisho+jwt","kid":"\#(id)","crit":["b64"],"b64":false}"#
        #expect(fault(try forged(header: critical)) == .critical)
        let empty = #"{"alg":"ES256","typ":"sekisho+jwt","kid":"\#(id)","crit":null}"#
        #expect(fault(try forged(header: empty)) == .critical)
        #expect(fault(try forged(header: #"{"alg":"ES256","kid":"\#(id)"}"#)) == .type)
        #expect(fault(try forged(header: #"{"alg":"ES256","typ":"sekisho+jwt"}"#)) == .unknownKey)
        #expect(fault(compact, type: "at+jwt") == .type)
        #expect(fault(compact, keys: []) == .unknownKey)
        #expect(fault(compact, keys: [try SigningKey().verifyingKey]) == .unknownKey)
    }

    @Test func `another key under the same id verifies nothing`() throws {
        let other = try SigningKey().verifyingKey
        let impostor = try VerifyingKey(jwkX: other.x, jwkY: other.y, keyID: key.keyID)
        #expect(fault(compact, keys: [impostor]) == .signature)
    }

    @Test func `a statement gives its payload back`() throws {
        let others = [try SigningKey().verifyingKey, key.verifyingKey]
        let payload = try JWS.verify(compact, type: "sekisho+jwt", keys: others)
        #expect(payload == Array(#"{"sub":"customer:TSUSER0001"}"#.utf8))
        #expect(JWS.peekKeyID(compact) == key.keyID)
        #expect(JWS.peekKeyID("a.b.c") == nil)
    }

    /// RFC 7515 appendix A.3; the thumbprint was computed with another program.
    @Test func `the example of RFC 7515 verifies`() throws {
        let x = try #require(Base64URL.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"))
        let y = try #require(Base64URL.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))
        let key = try VerifyingKey(jwkX: x, jwkY: y)
        let signed =
            "eyJhbGciOiJFUzI1NiJ9"
            + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        let signature = try #require(
            Base64URL.decode(
                "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"))
        #expect(key.verifies(signature, over: Array(signed.utf8)))
        #expect(key.keyID == "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U")
    }
}

@Suite struct `Key sets` {
    @Test func `what is no key set is refused`() {
        for text in ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[1]}"#, #"{"keys":[]}x"#] {
            #expect(throws: CryptoFault.malformed("key set")) { try JWKSet.decode(Array(text.utf8)) }
        }
    }

    @Test func `a set with a private key, one id twice or over 100 keys is refused`() throws {
        let key = try SigningKey().verifyingKey
        let point = #""x":"\#(Base64URL.encode(key.x))","y":"\#(Base64URL.encode(key.y))""#
        let leaked = #"{"keys":[{"kty":"EC","crv":"P-256",\#(point),"d":"AA"}]}"#
        #expect(throws: CryptoFault.malformed("key set")) { try JWKSet.decode(Array(leaked.utf8)) }
        #expect(throws: CryptoFault.malformed("key set")) { try JWKSet.decode(JWKSet.encode([key, key])) }
        for (count, isAllowed) in [(100, true), (101, false)] {
            let others = Array(repeating: #"{"kty":"RSA"}"#, count: count).joined(separator: ",")
            let keys = try? JWKSet.decode(Array("{\"keys\":[\(others)]}".utf8))
            #expect((keys != nil) == isAllowed)
        }
    }

    @Test func `a P-256 key off the curve is refused`() throws {
        let zero = Base64URL.encode([UInt8](repeating: 0, count: 32))
        let text = #"{"keys":[{"kty":"EC","crv":"P-256","x":"\#(zero)","y":"\#(zero)"}]}"#
        #expect(throws: CryptoFault.self) { try JWKSet.decode(Array(text.utf8)) }
    }

    @Test func `keys read back, others are passed over`() throws {
        let keys = [try SigningKey().verifyingKey, try SigningKey().verifyingKey]
        #expect(try JWKSet.decode(JWKSet.encode(keys)).map(\.keyID) == keys.map(\.keyID))
        let point = #""x":"\#(Base64URL.encode(keys[0].x))","y":"\#(Base64URL.encode(keys[0].y))""#
        let text =
            #"{"keys":[{"kty":"RSA","n":"AQ"},{"kty":"EC","crv":"P-384"},"#
            + #"{"kty":"EC","crv":"P-256","use":"enc",\#(point)},{"kty":"EC","crv":"P-256","use":1,\#(point)},"#
            + #"{"kty":"EC","crv":"P-256","kid":"mine",\#(point)}]}"#
        #expect(try JWKSet.decode(Array(text.utf8)).map(\.keyID) == ["mine"])
    }
}
