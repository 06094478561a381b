import Testing
import Text

@testable import Traces

/// Lines of a trace, and the files they stand in.
struct TraceTests {
    static let whole = TraceLine(
        offsetMicroseconds: 1_234_567, host: "cert.fb.example", handshake: .resumed, version: "1.3",
        group: "X25519", cipher: "TLS_AES_128_GCM_SHA256", alpn: "http/1.1", chainCount: 2, key: "EC P-256",
        verdict: .refused, reason: "expired", customer: "8f3a9c0d1e2f4b5a", requestCount: 3,
        lastedMicroseconds: 40_000, ending: "peer.truncated")
    static let bare = TraceLine(offsetMicroseconds: 0, host: nil, handshake: .failed, ending: "peer.reset")

    private func items(_ pieces: [[UInt8]]) -> [TraceReader.Item] {
        var reader = TraceReader()
        var items: [TraceReader.Item] = []
        for piece in pieces { reader.take(piece[...], isLast: false) { items.append($0) } }
        reader.take([], isLast: true) { items.append($0) }
        return items
    }

    private func lines(_ items: [TraceReader.Item]) -> [TraceLine] {
        items.compactMap { if case .line(_, let line) = $0 { line } else { nil } }
    }

    @Test(arguments: [whole, bare]) func `what is written is read`(line: TraceLine) throws {
        #expect(line.json.last == 0x0A)
        #expect(line.json.count <= TraceLine.bytesMax)
        #expect(try TraceLine(parsing: Array(line.json.dropLast())) == line)
    }

    @Test func `no proper beginning of a line is one`() {
        let json = Array(Self.whole.json.dropLast())
        for count in 0..<json.count {
            #expect(throws: TraceFault.self) { try TraceLine(parsing: Array(json[..<count])) }
        }
    }

    @Test func `a trace is read however it is cut, and blank lines are passed over`() {
        let text = TraceLine.heading + Self.whole.json + Array("\r\n  \n".utf8) + Self.bare.json.dropLast()
        for cut in 0..<text.count {
            #expect(lines(items([Array(text[..<cut]), Array(text[cut...])])) == [Self.whole, Self.bare])
        }
    }

    @Test func `a damaged line is told with its number, and the next is read`() throws {
        let text = TraceLine.heading + Self.bare.json + Array("{\"at_us\":\n".utf8) + Self.whole.json
        let found = items([text])
        try #require(found.count == 3)
        guard case .damaged(let number, let fault) = found[1] else {
            Issue.record("not damaged")
            return
        }
        #expect(number == 3 && fault.description.contains("column 10"))
        #expect(lines(found) == [Self.bare, Self.whole])
    }

    @Test func `a line may be 2048 bytes long, and no longer`() {
        let line = Array(Self.bare.json.dropLast())
        func padded(_ count: Int) -> [UInt8] {
            line + [UInt8](repeating: 0x20, count: count - line.count) + [0x0A]
        }
        #expect(lines(items([padded(TraceLine.bytesMax)])) == [Self.bare])
        let found = items([padded(TraceLine.bytesMax + 1) + Self.whole.json])
        #expect(lines(found) == [Self.whole] && found.count == 2)
    }

    @Test(arguments: [
        #"{}"#, #"[1]"#, #"{"at_us":-1}"#, #"{"at_us":1.5}"#, #"{"at_us":1,"handshake":"half"}"#,
        #"{"at_us":1,"verdict":"maybe"}"#, #"{"at_us":1,"host":"a\nb"}"#, #"{"at_us":1,"host":""}"#,
        #"{"at_us":1,"tls":"1.1"}"#, #"{"at_us":1,"chain":101}"#, #"{"at_us":1,"at_us":1}"#,
    ])
    func `what makes no sense is damaged`(text: String) {
        #expect(throws: TraceFault.self) { try TraceLine(parsing: Array(text.utf8)) }
    }

    @Test func `members that are not known are passed over, another version is not`() throws {
        let line = try TraceLine(parsing: Array(#"{"at_us":1,"weather":"fine"}"#.utf8))
        #expect(line.offsetMicroseconds == 1)
        let found = items([Array("{\"trace\":\"sekisho\",\"version\":2}\n".utf8)])
        guard case .damaged(1, let fault)? = found.first else {
            Issue.record("not refused")
            return
        }
        #expect(fault.description.contains("version"))
    }

    @Test(arguments: [
        ReportedOutcome(verdict: .absent),
        ReportedOutcome(verdict: .trusted, customer: #"a"b\c;d=e"#, certificate: "8f3a9c0d1e2f4b5a"),
        ReportedOutcome(verdict: .refused, reason: "expired"),
    ])
    func `an outcome is read from its field as it was written`(outcome: ReportedOutcome) {
        #expect(ReportedOutcome(parsing: outcome.fieldValue) == outcome)
        for count in 0..<outcome.fieldValue.count {
            let cut = String(outcome.fieldValue.prefix(count))
            #expect(ReportedOutcome(parsing: cut) != outcome, "\(cut)")
        }
    }
}
