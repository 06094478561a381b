import Crypto
import TestPKI
import Testing
import Text
import X509

/// A cache of verdicts answers what the epoch would.
struct VerdictCacheTests {
    private let root = TestAuthority(name: "Root")
    private let other = TestAuthority(name: "Other")
    private let noon = WallTime(seconds: 1_800_000_000)

    private func epoch(_ anchors: [TestAuthority], intermediates: [TestAuthority] = []) throws -> TrustEpoch {
        try TrustEpoch(
            store: "customers", number: TrustEpochNumber(1), anchors: anchors.map(\.certificate),
            intermediates: intermediates.map(\.certificate), policy: TrustPolicy())
    }

    private func word(_ verdict: PeerVerdict) -> String {
        switch verdict {
        case .absent: "absent"
        case .trusted(let identity): "trusted \(identity.chain.map(\.fingerprint.hex))"
        case .refused(let reason, _): "\(reason)"
        }
    }

    @Test func `verdicts are the same with the cache and without, asked once or twice`() throws {
        let issuing = root.intermediate(name: "Issuing", notAfter: noon.adding(seconds: 5))
        let epoch = try epoch([root])
        let leaf = issuing.issue("A")
        let chains: [[Certificate]] = [
            [], [leaf.certificate], [leaf.certificate, issuing.certificate],
            [root.issue("B").certificate], [root.issue("C", notBefore: noon).certificate],
            [root.issue("D", notAfter: noon).certificate], [other.issue("A").certificate],
            [root.issue("E", extendedKeyUsage: ["serverAuth"]).certificate],
            [root.issue("F", key: .rsa1024).certificate],
        ]
        var cache = VerdictCache()
        // Forth and back in time, as clocks that are set do.
        for second in [-10, -1, 0, 1, 4, 5, 6, 0, -1, -10] as [Int64] {
            let time = noon.adding(seconds: second)
            for chain in chains + chains {
                #expect(
                    word(cache.verdict(on: chain, under: epoch, at: time))
                        == word(epoch.judge(chain, at: time)))
            }
        }
    }

    @Test func `another epoch is another verdict, even of the same number`() throws {
        let chain = [root.issue("A").certificate]
        let (good, bad) = (try epoch([root]), try epoch([other]))
        var cache = VerdictCache()
        for epoch in [good, bad, good, bad, try epoch([root]), try epoch([other])] {
            #expect(
                word(cache.verdict(on: chain, under: epoch, at: noon)) == word(epoch.judge(chain, at: noon)))
        }
    }

    @Test func `what was sent beside the leaf is part of what was sent`() throws {
        let issuing = root.intermediate(name: "Issuing")
        let leaf = issuing.issue("A").certificate
        let epoch = try epoch([root])
        var cache = VerdictCache()
        #expect(
            word(cache.verdict(on: [leaf, issuing.certificate], under: epoch, at: noon)).hasPrefix("trusted"))
        #expect(word(cache.verdict(on: [leaf], under: epoch, at: noon)) == "unknownIssuer")
        #expect(
            word(cache.verdict(on: [leaf, other.certificate], under: epoch, at: noon)) == "unknownIssuer")
    }

    @Test func `row 33: of many trusted chains no more verdicts are kept than are allowed`() throws {
        let epoch = try epoch([root])
        var cache = VerdictCache(countMax: 20)
        for number in 0..<100 {
            let issuing = root.intermediate(name: TestName(stringLiteral: "Issuing \(number)"))
            let chain = [issuing.issue("A").certificate, issuing.certificate]
            for _ in 0..<2 {
                #expect(word(cache.verdict(on: chain, under: epoch, at: noon)).hasPrefix("trusted"))
            }
            #expect(cache.count <= cache.countMax && cache.countMax == 20)
        }
        #expect(cache.count >= 10)
    }

    @Test(arguments: [1, 2, 7])
    func `a cache holds so much and loses what was not used`(halfMax: Int) {
        var cache = RecentCache<Int, Int>(halfMax: halfMax)
        for key in 0..<100 {
            cache.insert(key, for: key)
            #expect(cache.count <= 2 * halfMax)
            #expect(cache.value(for: key) == key)
            if halfMax > 1 { #expect(cache.value(for: 0) == 0, "used all the time") }
        }
        #expect(cache.value(for: 50) == nil)
        cache.removeValue(for: 99)
        #expect(cache.value(for: 99) == nil)
    }

    @Test func `a cache says what had to go, however it was pushed out`() {
        var cache = RecentCache<Int, String>(halfMax: 2)
        var dropped: [Int: String] = [:]
        for key in 0..<4 { cache.insert("\(key)", for: key, dropping: &dropped) }
        #expect(dropped.isEmpty)
        cache.insert("4", for: 4, dropping: &dropped)
        #expect(dropped == [0: "0", 1: "1"])
        dropped = [:]
        #expect(cache.value(for: 2, dropping: &dropped) == "2" && dropped.isEmpty)
        #expect(cache.value(for: 3, dropping: &dropped) == "3")
        #expect(dropped.isEmpty, "what is in use again does not go")
        cache.insert("5", for: 5)
        cache.insert("6", for: 6, dropping: &dropped)
        #expect(dropped == [2: "2", 4: "4"] && cache.value(for: 3) == "3")
    }
}
