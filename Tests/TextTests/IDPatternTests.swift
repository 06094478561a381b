import Testing
import Text

@Suite struct IDPatternTests {
    private func id(_ pattern: String, _ value: String) throws -> String? {
        try IDPattern(pattern).id(in: value).map(String.init)
    }

    /// Threats row 38: `^(A)|(B)$` must not let `Ax` or `xB` through.
    @Test func `threats row 38, a pattern fits the whole value or nothing`() throws {
        for (pattern, whole) in [
            ("TSUSER[0-9]{4}", "TSUSER0001"), ("[A-Z]{1,3}", "AB"), ("x-([0-9]{2,4})-y", "x-123-y"),
        ] {
            #expect(try id(pattern, whole) != nil)
            for other in [
                "\(whole)\n", "\n\(whole)", "\(whole) ", "x\(whole)", "\(whole)\u{0}", "\(whole)\r\nX",
            ] {
                #expect(try id(pattern, other) == nil, "\(pattern) and \(other.debugDescription)")
            }
        }
        #expect(throws: IDPatternFault.self) { try IDPattern("^(A)|(B)$") }
    }

    @Test(arguments: [
        ("([0-9]{3}-[A-Z]{1,4})-2230", "123-AB-2230", "123-AB"), ("bank:([A-Z]{2})@jp", "bank:XY@jp", "XY"),
        ("[0-9]{2}([A-Z]{0,2}[0-9])", "12AB3", "AB3"), ("[0-9]{2}([A-Z]{0,2}[0-9])", "123", "3"),
        ("A{2}", "AA", "AA"), ("\\(A\\)", "(A)", "(A)"), ("[\\]\\-a]{3}", "]-a", "]-a"),
        ("[a-]{2}", "-a", "-a"),
        ("[ -~]{1,8}", "a b~", "a b~"), ("a{0,1}b", "b", "b"),
    ])
    func `the marked part is the ID, or all of it`(pattern: String, value: String, expected: String) throws {
        #expect(try id(pattern, value) == expected)
    }

    @Test(arguments: [
        ("A{2}", "A"), ("A{2}", "AAA"), ("A{1,2}", ""), ("A{1,2}", "AAA"), ("[A-C]", "D"), ("[A-C]", "a"),
        ("(A)B", "AC"), ("A", "Ａ"), ("[ -~]{1,8}", "é"), ("[A-Z]{1,256}", ""),
    ])
    func `every bound holds`(pattern: String, value: String) throws {
        #expect(try id(pattern, value) == nil)
    }

    @Test(arguments: [
        ("", 1), ("é", 1), ("ab\u{7F}", 3), ("a*", 2), ("a+", 2), ("a?", 2), (".", 1), ("^a", 1), ("a$", 2),
        ("a|b", 2), ("\\d", 2), ("\\", 2), ("[", 2), ("[]", 2), ("[a", 3), ("[b-a]", 2), ("[^a]", 2),
        ("a{", 3),
        ("a{1", 4), ("a{2,1}", 2), ("a{0}", 2), ("a{,2}", 3), ("a{257}", 2), ("a{99999}", 7), ("(a", 3),
        ("a)", 2), ("()", 3), ("(a)(b)", 4), ("((a))", 2), ("a{1,2}(b)", 1), ("(a)b{1,2}", 4),
        ("a{200}b{57}", 7), ("{2}", 1), ("a{2}{2}", 5), (String(repeating: "a", count: 257), 1),
    ])
    func `what is no pattern is refused where it goes wrong`(pattern: String, character: Int) {
        do throws(IDPatternFault) {
            _ = try IDPattern(pattern)
            Issue.record("\(pattern) was taken")
        } catch {
            #expect(error.character == character, "\(pattern): \(error.expected)")
        }
    }

    @Test func `every proper prefix of a pattern is a pattern or is refused, never a trap`() throws {
        let pattern = "[0-9A-Z\\-]{11,12}\\.x{3}"
        for count in 0..<pattern.count {
            let prefix = String(pattern.prefix(count))
            do throws(IDPatternFault) { #expect(try IDPattern(prefix).text == prefix) } catch {
                #expect(1...count + 1 ~= error.character)
            }
        }
    }

    @Test func `a value made to be slow is not`() throws {
        let pattern = try IDPattern(
            String(repeating: "a{0,1}", count: 40) + String(repeating: "a", count: 15))
        let clock = ContinuousClock()
        let time = clock.measure {
            for _ in 0..<100 { #expect(pattern.id(in: String(repeating: "a", count: 14)) == nil) }
        }
        #expect(time < .seconds(5))
    }

    @Test func `two patterns overlap exactly when a value fits both`() throws {
        let patterns = [
            "A", "B", "AB", "[AB]", "[AB]{1,2}", "A{0,2}B", "[A-C]{3}", "B{2,3}", "A{1,3}", "C{1,2}A{0,1}",
        ].map { try! IDPattern($0) }  // patterns of this test
        let letters = ["", "A", "B", "C"]
        var values: Set<String> = []
        for a in letters { for b in letters { for c in letters { values.insert(a + b + c) } } }
        for one in patterns {
            for other in patterns {
                let both = values.filter { one.id(in: $0) != nil && other.id(in: $0) != nil }
                let found = one.overlap(with: other)
                #expect((found != nil) == !both.isEmpty, "\(one.text) and \(other.text)")
                if let found { #expect(both.contains(found)) }
            }
        }
    }

    @Test func `folding case takes lower case for upper, and leaves a lower-case pattern nothing`() throws {
        let folding = try #require(try IDPattern("TS[0-9A-F]{2}").foldingCase)
        for value in ["TS0A", "ts0a", "Ts0A"] { #expect(folding.id(in: value) != nil) }
        #expect(try IDPattern("ts").foldingCase == nil)
        #expect(try IDPattern("[a-z]{0,1}A").foldingCase != nil)
    }
}
