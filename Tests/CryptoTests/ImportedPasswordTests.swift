import Testing

@testable import Crypto

/// The texts were made with Python's hashlib, of the password `Tanoshii-2026` and the salt `saltsaltsalt`.
@Suite struct `Importing passwords` {
    private static let strong = [
        "$pbkdf2-sha256$i=100000$c2FsdHNhbHRzYWx0$fVOh0Gx5RHO4nbT9uqo/oC1Bz8z/fBuf79yZljS/8TU",
        "$pbkdf2-sha256$100000$c2FsdHNhbHRzYWx0$fVOh0Gx5RHO4nbT9uqo/oC1Bz8z/fBuf79yZljS/8TU",
        "pbkdf2_sha256$100000$saltsaltsalt$fVOh0Gx5RHO4nbT9uqo/oC1Bz8z/fBuf79yZljS/8TU=",
    ]
    private static let weak = [
        "{SSHA256}eqwsaRYW+K1g4TXL0nkT3qzDgugni0J/VQPgOdMUIqhzYWx0c2FsdHNhbHQ=",
        "{SHA256}zEYxSllbTLklCzV5QIjp0UDj5aWDp2XZGvzl8Bu1eYs=",
        "$pbkdf2-sha256$i=99999$c2FsdHNhbHRzYWx0$+rVvSjShsueU1RV/3MSjBLn0sYN1CfSKSG9lHpDZGxE",
        "$pbkdf2-sha256$99999$c2FsdHNhbHRzYWx0$.rVvSjShsueU1RV/3MSjBLn0sYN1CfSKSG9lHpDZGxE",
        "pbkdf2_sha256$1000$saltsaltsalt$OVk+YRTQ1iPfaTPv2MziapUXSxh1FguYxXN0bq1aEzE=",
    ]
    private let quick: ScryptParameters

    init() throws {
        quick = try #require(ScryptParameters(costLog2: 10, blockSize: 1))
    }

    private func stored(_ text: String) throws -> PasswordHash {
        switch try ImportedPassword(parsing: text) {
        case .ready(let hash): hash
        case .weak(let weak): try weak.harden(quick)
        }
    }

    @Test(arguments: strong + weak)
    func `an imported password logs in, another does not, and it is made anew then`(text: String) throws {
        let hash = try stored(text)
        #expect(try hash.matches(Array("Tanoshii-2026".utf8)))
        for other in ["", "tanoshii-2026", "Tanoshii-2026 ", "Tanoshii-2026saltsaltsalt"] {
            #expect(try !hash.matches(Array(other.utf8)))
        }
        #expect(hash.needsRehash(for: quick) && hash.needsRehash(for: .standard))
    }

    @Test(arguments: strong + weak)
    func `an imported password reads back from the store as it was written`(text: String) throws {
        let hash = try stored(text)
        let read = try PasswordHash(parsing: hash.encoded)
        #expect(read == hash && read.encoded == hash.encoded)
        #expect(try read.matches(Array("Tanoshii-2026".utf8)))
    }

    @Test func `no weak digest is stored as it is`() throws {
        for text in Self.weak {
            guard case .weak(let weak) = try ImportedPassword(parsing: text) else {
                Issue.record("\(text) counts as strong")
                continue
            }
            let hash = try weak.harden(quick)
            #expect(hash.encoded.hasPrefix("$scrypt-"))
            #expect(try hash.encoded != weak.harden(quick).encoded)
            // Nothing of the digest shows.
            let digest = text.split(whereSeparator: { "$}".contains($0) }).last.map { $0.prefix(20) }
            #expect(!hash.encoded.contains(try #require(digest)))
        }
        for text in Self.strong {
            guard case .ready = try ImportedPassword(parsing: text) else {
                Issue.record("\(text) counts as weak")
                continue
            }
        }
        let own = try PasswordHash.make(of: [1], parameters: quick).encoded
        guard case .ready(let hash) = try ImportedPassword(parsing: own) else {
            Issue.record("our own hash counts as weak")
            return
        }
        #expect(hash.encoded == own)
    }

    @Test(arguments: strong + weak)
    func `a text that was cut off is refused, or is shorter salt and hash`(text: String) throws {
        for count in 0..<text.utf8.count {
            let prefix = String(text.prefix(count))
            guard let imported = try? ImportedPassword(parsing: prefix) else { continue }
            let hash: PasswordHash
            switch imported {
            case .ready(let ready): hash = ready
            case .weak(let weak): hash = try weak.harden(quick)
            }
            #expect(try !hash.matches(Array("Tanoshii-2026".utf8)), "\(prefix)")
        }
    }

    @Test(arguments: [
        "", "{", "{SSHA256}", "{SSHA256}!", "{SHA}AAAA", "{SSHA}zEYxSllbTLklCzV5QIjp0UDj5aWDp2XZGvzl8Bu1eYs=",
        "{SSHA256}zEYxSllbTLklCzV5QIjp0UDj5aWDp2XZGvzl8Bu1eYs=",
        "{SHA256}eqwsaRYW+K1g4TXL0nkT3qzDgugni0J/VQPgOdMUIqhzYWx0c2FsdHNhbHQ=",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$pbkdf2-sha256$i=0$c2FsdHNhbHRzYWx0$fVOh0Gx5RHO4nbT9uqo/oC1Bz8z/fBuf79yZljS/8TU",
        "$pbkdf2-sha256$i=2000001$c2FsdHNhbHRzYWx0$fVOh0Gx5RHO4nbT9uqo/oC1Bz8z/fBuf79yZljS/8TU",
        "$pbkdf2-sha256$0$c2FsdHNhbHRzYWx0$fVOh0Gx5RHO4nbT9uqo/oC1Bz8z/fBuf79yZljS/8TU",
        "$pbkdf2-sha256$+5$c2FsdHNhbHRzYWx0$fVOh0Gx5RHO4nbT9uqo/oC1Bz8z/fBuf79yZljS/8TU",
        "$pbkdf2-sha256$i=100000$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha512$100000$c2FsdHNhbHRzYWx0$fVOh0Gx5RHO4nbT9uqo/oC1Bz8z/fBuf79yZljS/8TU",
        "pbkdf2_sha256$100000$$fVOh0Gx5RHO4nbT9uqo/oC1Bz8z/fBuf79yZljS/8TU=", "Sakura2026",
        "$scrypt-sha256$ln=9,r=8,p=1$AAAAAAAAAAA$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt-pbkdf2-sha256$i=0,ln=10,r=1,p=1$AAAAAAAAAAA$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt-md5$ln=10,r=8,p=1$AAAAAAAAAAA$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
    ])
    func `what is no hash we know is refused`(text: String) {
        #expect(throws: CryptoFault.self) { try ImportedPassword(parsing: text) }
    }
}
