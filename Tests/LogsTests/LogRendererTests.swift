import Testing
import Text

@testable import Logs

@Suite struct LogRendererTests {
    /// 2026-11-23T09:50:29Z.
    private let moment = WallTime(seconds: 1_795_427_429)

    private func line(_ record: LogRecord, _ format: LogFormat, isColoured: Bool = false) -> String {
        String(decoding: LogRenderer(format, isColoured: isColoured).line(record), as: UTF8.self)
    }

    private static let controls = Array(0..<0x20) + Array(0x7F..<0xA0) + [0x2028, 0x2029]

    @Test(arguments: [LogFormat.json, .text], controls)
    func `nothing in a record can break its line or move a cursor`(_ format: LogFormat, _ code: Int) throws {
        let control = try #require(Unicode.Scalar(UInt32(code)))
        for evil in ["\(control)", "a\(control)b"] {
            var record = LogRecord(.info, evil, at: moment)
            record.add(evil, evil)
            #expect(!line(record, format).unicodeScalars.contains(control))
        }
    }

    @Test func `a JSON record keeps the order of its circumstances`() {
        var record = LogRecord(.info, "request.answered", at: moment, milliseconds: 7, kind: .access)
        record.add("status", 200)
        record.add("path", "/a\"b")
        record.add("resumed", false)
        #expect(
            line(record, .json)
                == #"{"time":"2026-11-23T09:50:29.007Z","kind":"access","level":"info","#
                + #""event":"request.answered","status":200,"path":"/a\"b","resumed":false}"#)
    }

    @Test func `a text record reads in one line, with the time in Japan`() {
        var record = LogRecord(.notice, "gateway.started", at: moment, milliseconds: 123)
        record.add("port", 8443)
        #expect(line(record, .text) == "2026-11-23 18:50:29.123 notice gateway.started port=8443")
    }

    @Test(
        arguments: [
            ("", #""""#), ("a b", #""a b""#), ("a=b", #""a=b""#), ("\"", #""\"""#), ("\\", #""\\""#),
            ("銀行", #""銀行""#), ("10.0.0.1:80", "10.0.0.1:80"),
        ])
    func `a text value that is not a plain word is quoted`(_ value: String, _ written: String) {
        var record = LogRecord(.error, "e", at: moment)
        record.add("k", value)
        #expect(line(record, .text) == "2026-11-23 18:50:29.000 error e k=\(written)")
    }

    @Test(arguments: [LogFormat.json, .text], [0, 9, 10, -1, 1_000_000, Int.max, Int.min])
    func `numbers are written in full`(_ format: LogFormat, _ number: Int) {
        var record = LogRecord(.info, "e", at: moment)
        record.add("k", number)
        #expect(line(record, format).hasSuffix(format == .json ? ",\"k\":\(number)}" : " k=\(number)"))
    }

    @Test(arguments: 0...255)
    func `every character comes back from a JSON line as it was`(_ code: Int) throws {
        let value = "a\(try #require(Unicode.Scalar(UInt32(code))))z"
        var record = LogRecord(.info, "e", at: moment)
        record.add("k", value)
        let node = try JSONReader.read(Array(line(record, .json).utf8), dialect: .json)
        #expect(node["k"]?.string == value)
    }

    @Test(arguments: [LogFormat.json, .text])
    func `a line that is written without a record is the line of the same record`(_ format: LogFormat) {
        var record = LogRecord(.info, "request.served", at: moment, milliseconds: 7, kind: .access)
        record.add("path", "/a\"b\n")
        record.add("empty", "")
        record.add("status", -200)
        record.add("resumed", true)
        let line = LogRenderer(format, isColoured: false).line(LogOccasion(record)) { fields in
            fields.add("path", "/a\"b\n")
            fields.add("empty", "")
            fields.add("status", -200)
            fields.add("resumed", true)
        }
        #expect(String(decoding: line, as: UTF8.self) == self.line(record, format))
    }

    @Test func `only the level is coloured`() {
        let record = LogRecord(.warning, "e", at: moment)
        #expect(
            line(record, .text, isColoured: true) == "2026-11-23 18:50:29.000 \u{1B}[33mwarning\u{1B}[0m e")
    }

    @Test func `the clock follows the records' seconds, back and forth`() {
        let renderer = LogRenderer(.json, isColoured: false)
        for (seconds, milliseconds, written) in [
            (0, 0, "1970-01-01T00:00:00.000Z"), (1, 999, "1970-01-01T00:00:01.999Z"),
            (0, 1000, "1970-01-01T00:00:00.999Z"), (-1, -1, "1969-12-31T23:59:59.000Z"),
            (-1, 99, "1969-12-31T23:59:59.099Z"),
        ] {
            let record = LogRecord(
                .debug, "e", at: WallTime(seconds: Int64(seconds)), milliseconds: milliseconds)
            let text = String(decoding: renderer.line(record), as: UTF8.self)
            #expect(text.hasPrefix("{\"time\":\"\(written)\","))
        }
    }

    @Test func `levels are ordered by weight`() {
        #expect(LogLevel.allCases.sorted() == [.debug, .info, .notice, .warning, .error])
        #expect(LogLevel.allCases.map(\.name) == ["debug", "info", "notice", "warning", "error"])
    }
}

@Suite struct SecretTests {
    private struct Account {
        let name = "tanaka"
        let password = Secret("hunter2")
    }

    @Test func `a secret shows itself to nobody but who asks`() {
        let account = Account()
        var dumped = ""
        dump(account, to: &dumped)
        let texts = [
            "\(account)", "\(account.password)", String(reflecting: account),
            String(describing: account.password),
            String(reflecting: [account.password]), dumped,
        ]
        for text in texts {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("‹secret›"))
        }
        #expect(Mirror(reflecting: account.password).children.isEmpty)
        #expect(account.password.reveal() == "hunter2")
    }
}
