import Crypto
import TestPKI
import Testing
import Text

/// Keys that partners register, and what they sign.
@Suite struct PublicKeyTests {
    private static let elliptic = Result { try SigningKey() }
    private let signing: SigningKey
    private let rsa = TestKey.make(.rsa2048)
    private let edwards = TestKey.make(.ed25519)

    init() throws { signing = try Self.elliptic.get() }

    private var ellipticMembers: [(name: String, value: String)] {
        [
            ("kty", "EC"), ("crv", "P-256"), ("x", Base64URL.encode(signing.verifyingKey.x)),
            ("y", Base64URL.encode(signing.verifyingKey.y)),
        ]
    }

    private func set(_ keys: [(name: String, value: String)]...) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("keys")
        json.beginArray()
        for key in keys {
            json.beginObject()
            for (name, value) in key { json.member(name, value) }
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private func fault(_ set: [UInt8]) -> String? {
        do throws(CryptoFault) {
            _ = try PublicKeySet.decode(set)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func statement(_ header: String, signature: ([UInt8]) throws -> [UInt8]) rethrows -> String {
        let signed = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(Array("{}".utf8)))"
        return try "\(signed).\(Base64URL.encode(signature(Array(signed.utf8))))"
    }

    private func judge(_ statement: String, _ keys: [PublicKey]) -> JWSFault? {
        do throws(JWSFault) {
            let payload = try JWS.verify(statement, types: ["jwt"], keys: keys)
            #expect(payload == Array("{}".utf8))
            return nil
        } catch {
            return error
        }
    }

    // MARK: Sets

    @Test func `every proper prefix of a set is refused`() {
        let whole = set(ellipticMembers, rsa.webKey)
        for length in 0..<whole.count { #expect(fault(Array(whole.prefix(length))) != nil) }
        #expect(fault(whole) == nil)
    }

    @Test func `a set without a key for signatures is refused`() {
        #expect(fault(set()) != nil)
        #expect(fault(set(ellipticMembers + [("use", "enc")])) != nil)
        #expect(fault(set(rsa.webKey + [("alg", "RS256")])) != nil)
        #expect(fault(set([("kty", "EC"), ("crv", "P-384"), ("x", "eA"), ("y", "eQ")])) != nil)
        #expect(fault(set([("kty", "OKP"), ("crv", "X25519"), ("x", "eA")])) != nil)
    }

    @Test func `row 42, an RSA key below 2048 bits is refused`() {
        let weak = fault(set(ellipticMembers, TestKey.make(.rsa1024).webKey))
        #expect(weak?.contains("RSA of 1024 bits") == true)
        let even = rsa.webKey.map { $0.name == "e" ? ("e", "Ag") : $0 }
        #expect(fault(set(even)) != nil)
        #expect(fault(set(rsa.webKey)) == nil)
    }

    @Test func `a private or symmetric key is refused by its place`() {
        #expect(fault(set(rsa.webKey, ellipticMembers + [("d", "eA")]))?.contains("keys[1]") == true)
        #expect(fault(set([("kty", "oct"), ("k", "eA")]))?.contains("secret") == true)
    }

    @Test func `two keys with one name are refused, and a point off the curve`() {
        #expect(fault(set(rsa.webKey + [("kid", "a")], ellipticMembers + [("kid", "a")])) != nil)
        #expect(fault(set(rsa.webKey + [("kid", "a")], ellipticMembers + [("kid", "b")])) == nil)
        #expect(fault(set(ellipticMembers.map { $0.name == "y" ? ("y", "AAAA") : $0 })) != nil)
        let off = Base64URL.encode([UInt8](repeating: 1, count: 32))
        #expect(fault(set(ellipticMembers.map { $0.name == "y" ? ("y", off) : $0 })) != nil)
    }

    @Test func `twenty keys are accepted and twenty-one are not`() {
        func many(_ count: Int) -> [UInt8] {
            let one = String(decoding: set(ellipticMembers).dropFirst(9).dropLast(2), as: UTF8.self)
            return Array("{\"keys\":[\([String](repeating: one, count: count).joined(separator: ","))]}".utf8)
        }
        #expect(fault(many(20)) == nil)
        #expect(fault(many(21)) != nil)
    }

    // MARK: Statements

    @Test func `row 42, ES256, PS256 and EdDSA are verified, each by its own kind of key`() throws {
        let keys = try PublicKeySet.decode(set(ellipticMembers, rsa.webKey, edwards.webKey))
        #expect(keys.map(\.algorithm) == [.es256, .ps256, .edDSA])
        let statements = [
            try statement(#"{"alg":"ES256"}"#) { try signing.sign($0) },
            statement(#"{"alg":"PS256"}"#) { rsa.statementSignature(over: $0) },
            statement(#"{"alg":"EdDSA"}"#) { edwards.statementSignature(over: $0) },
        ]
        for (index, statement) in statements.enumerated() {
            #expect(judge(statement, keys) == nil)
            #expect(judge(statement, [keys[index]]) == nil)
            #expect(judge(statement, keys.filter { $0.algorithm != keys[index].algorithm }) == .unknownKey)
            var broken = Array(statement.utf8)
            broken[broken.count - 3] = broken[broken.count - 3] == 0x41 ? 0x42 : 0x41
            #expect(judge(String(decoding: broken, as: UTF8.self), keys) == .signature)
        }
    }

    @Test func `the example of RFC 8037 holds`() throws {
        let key = try PublicKeySet.decode(
            Array(
                (#"{"keys":[{"kty":"OKP","crv":"Ed25519","#
                    + #""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#).utf8))
        let compact =
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
            + "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        let payload = try JWS.verify(compact, types: [], keys: key)
        #expect(payload == Array("Example of Ed25519 signing".utf8))
    }

    @Test func `row 42, other algorithms are refused, whatever the key could do`() throws {
        let keys = try PublicKeySet.decode(set(ellipticMembers, rsa.webKey))
        for name in ["none", "RS256", "HS256", "PS384", "es256", ""] {
            let forged = statement("{\"alg\":\"\(name)\"}") { rsa.statementSignature(over: $0) }
            #expect(judge(forged, keys) == .algorithm)
        }
        #expect(judge(statement("{}") { rsa.statementSignature(over: $0) }, keys) == .algorithm)
    }

    @Test func `a salt of another length is refused`() throws {
        let keys = try PublicKeySet.decode(set(rsa.webKey))
        let forged = statement(#"{"alg":"PS256"}"#) { rsa.statementSignature(over: $0, saltLength: 20) }
        #expect(judge(forged, keys) == .signature)
    }

    @Test func `a named key must be the one of that name`() throws {
        let keys = try PublicKeySet.decode(set(ellipticMembers + [("kid", "a")], rsa.webKey))
        func judged(_ header: String) throws -> JWSFault? {
            judge(try statement(header) { try signing.sign($0) }, keys)
        }
        #expect(try judged(#"{"alg":"ES256","kid":"b"}"#) == .unknownKey)
        #expect(try judged(#"{"alg":"ES256","kid":1}"#) == .unknownKey)
        #expect(try judged(#"{"alg":"ES256","kid":"a"}"#) == nil)
    }

    @Test func `a type must be one of those asked for, and extensions are refused`() throws {
        let keys = try PublicKeySet.decode(set(ellipticMembers))
        func judged(_ header: String) throws -> JWSFault? {
            judge(try statement(header) { try signing.sign($0) }, keys)
        }
        #expect(try judged(#"{"alg":"ES256","typ":"sekisho-assertion+jwt"}"#) == .type)
        #expect(try judged(#"{"alg":"ES256","typ":1}"#) == .type)
        #expect(try judged(#"{"alg":"ES256","crit":["b64"],"b64":false}"#) == .critical)
        #expect(try judged(#"{"alg":"ES256","typ":"JWT"}"#) == nil)
    }
}
