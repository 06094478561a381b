import Testing
import Text
import Traces

@testable import Replay

struct SynthesisTests {
    private func plan(_ text: String) throws -> SynthesisPlan { try SynthesisPlan(parsing: Array(text.utf8)) }

    private func lines(_ text: String, seed: UInt64 = 1) throws -> [TraceLine] {
        Array(Synthesis(try plan(text), seed: seed))
    }

    @Test func `constant arrivals come at even intervals, as many as asked for`() throws {
        let lines = try lines("{ seconds: 10, rate: 100, arrival: 'constant' }")
        #expect(lines.count == 1000)
        let gaps = zip(lines, lines.dropFirst()).map { $1.offsetMicroseconds - $0.offsetMicroseconds }
        #expect(gaps.allSatisfy { 9998...10_002 ~= $0 })
    }

    @Test func `Poisson arrivals are independent: the gaps' spread is their mean`() throws {
        let lines = try lines("{ seconds: 100, rate: 200 }")
        #expect(19_400...20_600 ~= lines.count)
        let gaps = zip(lines, lines.dropFirst()).map { Double($1.offsetMicroseconds - $0.offsetMicroseconds) }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
        #expect(0.95...1.05 ~= variance.squareRoot() / mean)
    }

    @Test func `a curve is followed, and concurrency is rate times duration`() throws {
        let rising = try lines("{ seconds: 20, rate: [[0, 0], [20, 200]], arrival: 'constant' }")
        #expect(1990...2010 ~= rising.count)
        #expect(490...510 ~= rising.count { $0.offsetMicroseconds < 10_000_000 })
        let crowd = try lines("{ seconds: 10, concurrency: 50, lasted: 2, arrival: 'constant' }")
        #expect(crowd.count == 250 && crowd.allSatisfy { $0.lastedMicroseconds == 2_000_000 })
    }

    @Test func `a morning rises steeply and ends slowly`() throws {
        let lines = try lines("{ seconds: 90, rate: 100, arrival: 'morningRush' }")
        func count(_ second: Int) -> Int {
            lines.count { (second..<second + 10).contains($0.offsetMicroseconds / 1_000_000) }
        }
        #expect(count(0) < count(20) && count(25) > count(50) && count(50) > count(80))
    }

    @Test func `every share is as asked for, and every customer has one thing wrong at most`() throws {
        let lines = try lines(
            """
            { seconds: 200, rate: 100, customers: 300, resumed: 0.5, requests: { "1": 1, "5": 1 },
              tls: { "1.3": 3, "1.2": 1 }, keys: ["EC P-256", "RSA 2048"],
              refusals: { none: 0.1, expired: 0.05, revoked: 0.05, unknownCA: 0.05, wrongPurpose: 0.05,
                          unmapped: 0.05 } }
            """)
        func share(_ isMeant: (TraceLine) -> Bool) -> Double {
            Double(lines.count(where: isMeant)) / Double(lines.count)
        }
        #expect(0.09...0.11 ~= share { $0.verdict == .absent })
        for reason in ["expired", "revoked", "unknownIssuer", "wrongPurpose"] {
            #expect(0.043...0.057 ~= share { $0.verdict == .refused && $0.reason == reason }, "\(reason)")
        }
        #expect(0.043...0.057 ~= share { $0.verdict == .trusted && $0.reason == "mapping.attributeAbsent" })
        // Of the trusted seven tenths, less the first visit of each.
        #expect(0.32...0.36 ~= share { $0.handshake == .resumed })
        #expect(0.48...0.52 ~= share { $0.requestCount == 5 })
        let byCustomer = Dictionary(grouping: lines.filter { $0.customer != nil }) { $0.customer }
        #expect(byCustomer.count > 250)
        for (_, visits) in byCustomer {
            #expect(Set(visits.map(\.reason)).count == 1 && Set(visits.map(\.version)).count == 1)
            #expect(visits.first?.handshake == .full)
            #expect(visits.first?.verdict == .trusted || visits.allSatisfy { $0.handshake == .full })
        }
    }

    @Test func `the same seed makes the same trace, another one does not`() throws {
        let text = "{ seconds: 5, rate: 50, resumed: 0.3 }"
        #expect(try lines(text, seed: 3) == lines(text, seed: 3))
        #expect(try lines(text, seed: 3) != lines(text, seed: 4))
    }

    @Test(arguments: [
        ("{ rate: 1 }", "1:1"), ("{ seconds: 1 }", "1:1"), ("{ seconds: 1, rate: 1, concurrency: 1 }", "1:1"),
        ("{ seconds: 1, concurrency: 5 }", "1:28"), ("{ seconds: 1, rate: 'x' }", "1:21"),
        ("{ seconds: 1,\n rate: [[0, 1], [0, 2]] }", "2:17"), ("{ seconds: 1, rate: 1, wether: 1 }", "1:24"),
        ("{ seconds: 1, rate: 1, refusals: { expierd: 0.1 } }", "1:45"),
        ("{ seconds: 1, rate: 1, refusals: { expired: 0.6, revoked: 0.6 } }", "1:34"),
        ("{ seconds: 1, rate: 1, keys: ['DSA'] }", "1:31"), ("{ seconds: 1, rate: 1, resumed: 2 }", "1:33"),
        ("{ seconds: 86400, rate: 1000000 }", "1:1"), ("{ seconds: 1, rate: 1, seconds: 1 }", "1:24"),
    ])
    func `a plan that cannot be followed is refused with its place`(text: String, place: String) {
        let fault = #expect(throws: JSONFault.self) { try plan(text) }
        #expect(fault?.position.description == place, "\(fault?.description ?? "")")
    }
}
