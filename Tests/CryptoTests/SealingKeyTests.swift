import Crypto
import Testing

@Suite struct `Sealing a value` {
    let key = SealingKey()
    let context = Array("flow cookie".utf8)

    @Test func `no proper prefix of a sealed value opens`() {
        let sealed = key.seal(Array("continue=/authorize".utf8), context: context)
        for length in 0..<sealed.count {
            #expect(key.open(Array(sealed[..<length]), context: context) == nil)
        }
    }

    @Test func `a value with any bit changed does not open`() {
        let sealed = key.seal(Array("TSUSER0001".utf8), context: context)
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(key.open(changed, context: context) == nil)
        }
    }

    @Test func `another key or another context does not open it`() {
        let sealed = key.seal([1, 2, 3], context: context)
        #expect(SealingKey().open(sealed, context: context) == nil)
        #expect(key.open(sealed, context: []) == nil)
        #expect(key.open(sealed, context: context + [0]) == nil)
    }

    @Test(arguments: [0, 1, 15, 16, 17, 5000])
    func `what was sealed opens, and no two seals are alike`(count: Int) {
        let plain = [UInt8](repeating: 0x5A, count: count)
        let sealed = key.seal(plain, context: context)
        #expect(sealed.count == count + 28)
        #expect(key.open(sealed, context: context) == plain)
        #expect(key.seal(plain, context: context) != sealed)
        #expect(SealingKey(bytes: key.bytes)?.open(sealed, context: context) == plain)
    }

    @Test func `only 32 bytes are a key`() {
        for count in [0, 16, 31, 33] {
            #expect(SealingKey(bytes: [UInt8](repeating: 1, count: count)) == nil)
        }
    }

    /// McGrew and Viega, "The Galois/Counter Mode of Operation", test case 14.
    @Test func `it is AES-256-GCM`() throws {
        let zeros = try #require(SealingKey(bytes: [UInt8](repeating: 0, count: 32)))
        let sealed =
            [UInt8](repeating: 0, count: 12)
            + bytes("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
        #expect(zeros.open(sealed, context: []) == [UInt8](repeating: 0, count: 16))
    }
}
