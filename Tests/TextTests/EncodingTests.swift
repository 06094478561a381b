import Testing
import Text

@Suite struct EncodingTests {
    private let samples: [(plain: String, base64: String)] = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Zm8", "Zh==", "Zm9=", "====", "=Zg=", "Zg==Zg==", "Zm9v\n", " Zm9v",
        "Zm-v", "Zm_v",
        "Zm9v=", "Zm9v====", "Zm9vé", "Z===",
    ])
    func `base 64 that is not the one text of its bytes is refused`(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Z", "Zg==", "Zm8=", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm9v\n", "Zm9vZ"])
    func `base 64 for URLs that is not the one text of its bytes is refused`(_ text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `base 64 of the RFC's samples`() {
        for (plain, base64) in samples {
            #expect(Base64.encode(Array(plain.utf8)) == base64)
            #expect(Base64.decode(base64) == Array(plain.utf8))
            let unpadded = String(base64.prefix { $0 != "=" })
            #expect(Base64URL.encode(Array(plain.utf8)) == unpadded)
            #expect(Base64URL.decode(unpadded) == Array(plain.utf8))
        }
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
    }

    @Test func `every length comes back as it was`() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ length) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: ["0", "0g", "0x00", " 00", "00 ", "é"])
    func `hexadecimal that is none is refused`(_ text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test func `hexadecimal is written in lower case and read in both`() {
        #expect(Hex.encode([0x00, 0xAB, 0xF9]) == "00abf9")
        #expect(Hex.decode("00ABf9") == [0x00, 0xAB, 0xF9])
    }
}
