import Testing
import Text

@testable import Crypto

@Suite struct `Keeping passwords` {
    /// Cheap enough for a test.
    static let quick = ScryptParameters(costLog2: 10, blockSize: 1)

    @Test(arguments: [
        "", "$", "$scrypt$", "secret", "$argon2id$ln=10,r=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=10,r=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$r=1,ln=10,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=010,r=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=+10,r=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=9,r=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=63,r=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=64,r=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=10,r=99999999999999999999,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=20,r=32,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=10,r=1,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=10,r=1,p=1$AAAAAAAAAAA=$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=10,r=1,p=1$AAAAAAAAAAA$AAAA",
        "$scrypt$ln=10,r=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA$",
        " $scrypt$ln=10,r=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
    ])
    func `a text that is no password hash of ours is refused`(text: String) {
        #expect(throws: CryptoFault.self) { try PasswordHash(parsing: text) }
    }

    @Test(arguments: [
        (9, 1, 1, false), (10, 1, 1, true), (20, 1, 16, true), (21, 1, 1, false), (15, 32, 1, true),
        (15, 33, 1, false), (15, 0, 1, false), (15, 1, 0, false), (15, 1, 17, false), (18, 8, 1, true),
        (19, 8, 1, false), (.max, .max, .max, false), (.min, -1, -1, false),
    ])
    func `every bound holds at n and n + 1`(cost: Int, blockSize: Int, parallelism: Int, isAllowed: Bool) {
        let parameters = ScryptParameters(costLog2: cost, blockSize: blockSize, parallelism: parallelism)
        #expect((parameters != nil) == isAllowed)
    }

    @Test func `only the right password matches`() throws {
        let parameters = try #require(Self.quick)
        let hash = try PasswordHash.make(of: Array("Tanoshii-2026".utf8), parameters: parameters)
        #expect(try !hash.matches([]))
        #expect(try !hash.matches(Array("tanoshii-2026".utf8)))
        #expect(try !hash.matches(Array("Tanoshii-2026 ".utf8)))
        #expect(try hash.matches(Array("Tanoshii-2026".utf8)))
    }

    @Test func `an empty password is a password like any other`() throws {
        let hash = try PasswordHash.make(of: [], parameters: try #require(Self.quick))
        #expect(try hash.matches([]))
        #expect(try !hash.matches([0x20]))
    }

    @Test func `a hash reads back as it was written, and two of one password differ`() throws {
        let parameters = try #require(Self.quick)
        let hash = try PasswordHash.make(of: [1], parameters: parameters)
        #expect(try PasswordHash(parsing: hash.encoded) == hash)
        #expect(hash.encoded.hasPrefix("$scrypt$ln=10,r=1,p=1$"))
        #expect(try PasswordHash.make(of: [1], parameters: parameters) != hash)
        #expect(hash.needsRehash(for: .standard))
        #expect(!hash.needsRehash(for: parameters))
    }

    @Test func `a hash is made anew when passwords cost more than it does, never when they cost less`() throws
    {
        let hash = try PasswordHash.make(of: [1], parameters: #require(ScryptParameters(costLog2: 11)))
        for (cost, isDue) in [(10, false), (11, false), (12, true)] {
            #expect(hash.needsRehash(for: try #require(ScryptParameters(costLog2: cost))) == isDue)
        }
    }

    @Test func `nothing matches the decoy, which costs what a real one costs`() throws {
        #expect(!PasswordHash.decoy().needsRehash(for: .standard))
        #expect(try !PasswordHash.decoy().matches(Array("password".utf8)))
    }

    /// RFC 7914 §12.
    @Test(arguments: [
        (
            "", "", 4, 1, 1,
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        (
            "password", "NaCl", 10, 8, 16,
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
        (
            "pleaseletmein", "SodiumChloride", 14, 8, 1,
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ])
    func `scrypt gives what RFC 7914 says`(
        password: String, salt: String, costLog2: Int, blockSize: Int, parallelism: Int, hex: String
    ) {
        let parameters = ScryptParameters(unchecked: costLog2, blockSize, parallelism)
        let hash = scrypt(Array(password.utf8), salt: Array(salt.utf8), parameters, byteCount: 64)
        #expect(hash == bytes(hex))
    }
}
