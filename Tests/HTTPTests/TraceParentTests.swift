import Testing

@testable import HTTP

@Suite struct TraceParentTests {
    private static let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func `what W3C Trace Context writes is read, and every other form is not`() {
        #expect(TraceParent(Self.good)?.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(TraceParent("01\(Self.good.dropFirst(2))-more") != nil)
        for index in 0..<55 { #expect(TraceParent(String(Self.good.prefix(index))) == nil, "\(index)") }
        for bad in [
            "\(Self.good)-more", "\(Self.good)0", " \(Self.good)", Self.good.uppercased(),
            "ff\(Self.good.dropFirst(2))", "0g\(Self.good.dropFirst(2))",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "01\(Self.good.dropFirst(2))more", "01\(Self.good.dropFirst(2))-a b",
            "01\(Self.good.dropFirst(2))-\(String(repeating: "a", count: 73))",
        ] {
            #expect(TraceParent(bad) == nil, "\(bad)")
        }
        #expect(TraceParent("01\(Self.good.dropFirst(2))-\(String(repeating: "a", count: 72))") != nil)
    }

    @Test func `a new one is well-formed, whatever the bytes it is made of`() {
        for byte in UInt8.min...UInt8.max {
            let made = TraceParent(random: [UInt8](repeating: byte, count: 24))
            #expect(TraceParent(made.text) == made)
        }
        let bytes = (0..<24).map { UInt8($0 + 1) }
        #expect(
            TraceParent(random: bytes).text == "00-0102030405060708090a0b0c0d0e0f10-1112131415161718-00")
    }

    @Test func `a request's name from outside is short and plain`() {
        for good in ["a", "r-1_2.3:4", String(repeating: "Z", count: 128)] {
            #expect(RequestID.isWellFormed(good))
        }
        for bad in ["", " ", "a b", "a\"", "a\n", "ä", "a/b", String(repeating: "Z", count: 129)] {
            #expect(!RequestID.isWellFormed(bad), "\(bad)")
        }
    }
}
