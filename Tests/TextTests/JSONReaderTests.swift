import Testing
import Text

@Suite struct JSONReaderTests {
    private func read(
        _ text: String, _ dialect: JSONDialect = .json, depthMax: Int = 64
    ) throws(JSONFault) -> JSONNode {
        try JSONReader.read(Array(text.utf8), dialect: dialect, depthMax: depthMax)
    }

    private func fault(_ text: String, _ dialect: JSONDialect = .json) -> String? {
        do throws(JSONFault) {
            _ = try read(text, dialect)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        ("", "1:1: expected a value"),
        ("  ", "1:3: expected a value"),
        ("nul", "1:1: expected a value"),
        ("nulls", "1:1: expected a value"),
        ("[1,]", "1:4: expected a value after the comma, not “]”"),
        ("{\"a\":1,}", "1:8: expected a value after the comma, not “}”"),
        ("[1 2]", "1:4: expected “,” or “]”"),
        ("[1\n", "2:1: expected “,” or “]”"),
        ("{\"a\" 1}", "1:6: expected “:” after the key"),
        ("{a:1}", "1:2: expected a key in double quotes"),
        ("{'a':1}", "1:2: expected a key in double quotes"),
        ("'a'", "1:1: expected a value"),
        ("1 x", "1:3: expected nothing after the value"),
        ("// c\n1", "1:1: expected a value"),
        ("\u{FEFF}1", "1:1: expected a value"),
        ("+1", "1:1: expected a value"),
        ("-", "1:2: expected a number after the sign"),
        ("01", "1:1: expected no zero in front of a number"),
        ("-01", "1:1: expected no zero in front of a number"),
        (".5", "1:1: expected a value"),
        ("5.", "1:3: expected a digit after the decimal point"),
        ("5.e1", "1:3: expected a digit after the decimal point"),
        ("5e", "1:3: expected a digit in the exponent"),
        ("0x10", "1:2: expected the number to end here"),
        ("1.2.3", "1:4: expected the number to end here"),
        ("NaN", "1:1: expected a value"),
        ("-Infinity", "1:2: expected a digit"),
        ("\"関\t\"", "1:3: expected control characters in a string to be escaped"),
        ("\"関\n\"", "1:3: expected the string to end on its line"),
        ("[\"関\", \"ab]", "1:7: expected a quotation mark to end this string"),
        ("\"\\x41\"", "1:2: expected an escape sequence that exists"),
        ("\"\\'\"", "1:2: expected an escape sequence that exists"),
        ("\"\\\n\"", "1:2: expected an escape sequence that exists"),
        ("\"\\u12G4\"", "1:2: expected 4 hexadecimal digits in this escape"),
        ("\"\\uD800\"", "1:2: expected a surrogate pair; this escape is half of one"),
        ("\"\\uD800\\u0041\"", "1:2: expected a surrogate pair; this escape is half of one"),
        ("\"\\uD800\\uD800\"", "1:2: expected a surrogate pair; this escape is half of one"),
        ("\"\\uDC00\\uD800\"", "1:2: expected a surrogate pair; this escape is half of one"),
        ("{\"a\":1,\n \"\\u0061\":2}", "2:2: expected every key once; this one is repeated"),
    ])
    func `a text that is no JSON is refused where it goes wrong`(_ text: String, _ message: String) {
        #expect(fault(text) == message)
    }

    @Test(arguments: [
        ("{", "1:2: expected a key or “}”"),
        ("{1:2}", "1:2: expected a key or “}”"),
        ("{,}", "1:2: expected a key or “}”"),
        ("[,]", "1:2: expected a value"),
        ("[1,,]", "1:4: expected a value"),
        ("{a\\x:1}", "1:3: expected “\\u” in this key"),
        ("{a\\u0020:1}", "1:3: expected a letter in this key; use quotation marks for others"),
        ("{a-b:1}", "1:3: expected “:” after the key"),
        ("/* x", "1:1: expected “*/” to end this comment"),
        ("/*/", "1:1: expected “*/” to end this comment"),
        ("/ 1", "1:1: expected “//” or “/*” to begin a comment"),
        ("'\\1'", "1:2: expected an escape sequence that exists"),
        ("'\\01'", "1:4: expected no digit after “\\0”"),
        ("'\\x4'", "1:2: expected 2 hexadecimal digits in this escape"),
        ("'a\nb'", "1:3: expected the string to end on its line"),
        ("'a\"", "1:1: expected a quotation mark to end this string"),
        ("0x", "1:3: expected a hexadecimal digit"),
        ("0xG", "1:3: expected a hexadecimal digit"),
        (".", "1:2: expected a digit after the decimal point"),
        ("+", "1:2: expected a number after the sign"),
        ("--1", "1:2: expected a digit"),
        ("010", "1:1: expected no zero in front of a number"),
        ("Infinityx", "1:1: expected a value"),
    ])
    func `a text that is no JSON5 is refused where it goes wrong`(_ text: String, _ message: String) {
        #expect(fault(text, .json5) == message)
    }

    @Test func `bytes that are no UTF-8 are refused where they stand`() {
        let broken: [[UInt8]] = [
            [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE9, 0x96], [0xF5, 0x80, 0x80, 0x80],
        ]
        for tail in broken {
            #expect(
                throws: JSONFault(
                    position: .init(line: 2, column: 3), message: "expected UTF-8; this byte is none")
            ) {
                try JSONReader.read(Array("[\n\"関".utf8) + tail + Array("\"]".utf8), dialect: .json)
            }
        }
    }

    @Test(arguments: JSONDialect.allDialects)
    func `every proper prefix of a document is refused`(_ dialect: JSONDialect) {
        let text = Array(#"{"a":[1,-2.5e+3,true,null,"関\u65E5\ud83d\ude00"],"b":{"c":{}}}"#.utf8)
        for length in 0..<text.count {
            #expect(throws: JSONFault.self) { try JSONReader.read(Array(text[..<length]), dialect: dialect) }
        }
        #expect(throws: Never.self) { try JSONReader.read(text, dialect: dialect) }
    }

    @Test func `arrays and objects stand inside one another up to the limit`() throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            func nested(_ depth: Int) -> String {
                String(repeating: open, count: depth - 1) + (open == "[" ? "[]" : "{}")
                    + String(repeating: close, count: depth - 1)
            }
            for dialect in JSONDialect.allDialects {
                #expect(throws: Never.self) { try read(nested(3), dialect, depthMax: 3) }
                #expect(throws: JSONFault.self) { try read(nested(4), dialect, depthMax: 3) }
                #expect(throws: Never.self) { try read(nested(512), dialect, depthMax: .max) }
                #expect(throws: JSONFault.self) { try read(nested(513), dialect, depthMax: .max) }
                #expect(throws: JSONFault.self) { try read(nested(1), dialect, depthMax: 0) }
            }
        }
    }

    @Test func `every value and key knows its place in characters`() throws {
        let node = try read("\r\n{ \"関所\": [true,\r  \"門\", {\"x\" : -1}],\n\"b\": null}")
        #expect(node.position == TextPosition(line: 2, column: 1))
        let members = try #require(node.members)
        #expect(members.map(\.keyPosition.description) == ["2:3", "4:1"])
        #expect(members.map(\.node.position.description) == ["2:9", "4:6"])
        let elements = try #require(node["関所"]?.array)
        #expect(elements.map(\.position.description) == ["2:10", "3:3", "3:8"])
        #expect(elements[2]["x"]?.position.description == "3:15")
        #expect(elements[2]["x"]?.integer == -1)
        #expect(elements[0].bool == true)
        #expect(elements[1].string == "門")
        #expect(node["c"] == nil)
        #expect(node["b"]?.string == nil)
    }

    @Test func `strings keep what their escapes say`() throws {
        let text = try read(#""\"\\\/\b\f\n\r\t\u0000\u65e5\uD83D\uDE00é""#).string
        #expect(text == "\"\\/\u{08}\u{0C}\n\r\t\0日😀é")
    }

    @Test(
        arguments: [
            ("0", 0, 0), ("-0", 0, -0.0), ("12", 12, 12),
            ("-9223372036854775808", .min, -9_223_372_036_854_775_808.0),
            ("9223372036854775808", nil, 9_223_372_036_854_775_808.0), ("1.0", nil, 1), ("1e2", nil, 100),
            ("2.5E-1", nil, 0.25), ("1e999", nil, nil), ("-1e999", nil, nil),
        ] as [(String, Int64?, Double?)])
    func `numbers keep their text`(_ text: String, _ integer: Int64?, _ double: Double?) throws {
        for dialect in JSONDialect.allDialects {
            let node = try read(text, dialect)
            guard case .number(let number) = node.value else {
                Issue.record("\(text) is a number")
                return
            }
            #expect(number.text == text)
            #expect(number.integer == integer)
            #expect(number.double == double)
            #expect(node.integer == integer)
        }
    }

    @Test(
        arguments: [
            ("+5", 5, 5), ("0xfF", 255, 255), ("-0X10", -16, -16), (".5", nil, 0.5), ("-.5e1", nil, -5),
            ("5.", nil, 5),
            ("+5.e1", nil, 50), ("-Infinity", nil, -.infinity),
            ("0x8000000000000000", nil, 9_223_372_036_854_775_808.0),
        ] as [(String, Int64?, Double?)])
    func `JSON5 numbers`(_ text: String, _ integer: Int64?, _ double: Double?) throws {
        guard case .number(let number) = try read(text, .json5).value else {
            Issue.record("\(text) is a number")
            return
        }
        #expect(number.integer == integer)
        #expect(number.double == double)
    }

    @Test func `JSON5 says the same with less ink`() throws {
        let node = try read(
            """
            \u{FEFF}// a comment
            { /* another
               * one */ bare: 'it\\'s', $_1: "a\\
            b", 鍵: [1, 2,], '日本': +0x1F,\u{A0}\\u0061b: NaN,
              esc: '\\v\\0\\x41\\q\\u00e9\u{2028}\t',
            }
            // the end
            """, .json5)
        let members = try #require(node.members)
        #expect(members.map(\.key) == ["bare", "$_1", "鍵", "日本", "ab", "esc"])
        #expect(members.map(\.keyPosition.description) == ["3:13", "3:28", "4:5", "4:17", "4:30", "5:3"])
        #expect(node["bare"]?.string == "it's")
        #expect(node["$_1"]?.string == "ab")
        #expect(node["鍵"]?.array?.count == 2)
        #expect(node["日本"]?.integer == 31)
        #expect(node["esc"]?.string == "\u{0B}\0Aqé\u{2028}\t")
    }

    @Test func `JSON5 keeps every repetition of a key`() throws {
        let members = try #require(try read("{a: 1, 'a': 2,\n \"a\": 3}", .json5).members)
        #expect(members.map(\.keyPosition.description) == ["1:2", "1:8", "2:2"])
        #expect(members.map(\.node.integer) == [1, 2, 3])
    }

    @Test func `a long line is read in linear time`() throws {
        let text = "[" + String(repeating: "1,", count: 200_000) + "1]"
        let nodes = try #require(try read(text).array)
        #expect(nodes.last?.position == TextPosition(line: 1, column: 400_002))
    }
}

extension JSONDialect {
    static let allDialects: [JSONDialect] = [.json, .json5]
}
