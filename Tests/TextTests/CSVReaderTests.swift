import Testing
import Text

@Suite struct CSVReaderTests {
    private func read(_ bytes: [UInt8], piece: Int = .max) throws(CSVFault) -> [[String?]] {
        var reader = CSVReader()
        var records: [[String?]] = []
        var next = 0
        repeat {
            let end = min(bytes.count, next + min(piece, bytes.count))
            reader.append(bytes[next..<end], isLast: end == bytes.count)
            next = end
            while case .record(let record) = try reader.record() {
                records.append((0..<record.count).map { record.text($0) })
            }
        } while next < bytes.count
        guard case .end = try reader.record() else {
            Issue.record("not at the end")
            return records
        }
        return records
    }

    private func read(_ text: String) throws(CSVFault) -> [[String?]] { try read(Array(text.utf8)) }

    private func fault(_ text: String) -> CSVFault? {
        do throws(CSVFault) {
            _ = try read(text)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("", []), ("a", [["a"]]), ("a\n", [["a"]]), ("a,b\r\nc,d", [["a", "b"], ["c", "d"]]),
        ("a,\n", [["a", ""]]), (",", [["", ""]]), ("\n", [[""]]), ("a\n\nb", [["a"], [""], ["b"]]),
        ("\"a\"\n", [["a"]]), ("\"a,\"\"b\"\"\r\nc\",d\n", [["a,\"b\"\r\nc", "d"]]), ("\"\"", [[""]]),
        ("\"\"\"\"", [["\""]]), (" a ,b", [[" a ", "b"]]), ("山田,\"太郎\"", [["山田", "太郎"]]),
        ("\u{FEFF}id,x\n", [["id", "x"]]), ("\u{FEFF}\"id\",x", [["id", "x"]]), ("a\u{0}b", [["a\u{0}b"]]),
    ])
    func `records are read as RFC 4180 writes them`(text: String, records: [[String]]) throws {
        #expect(try read(text) == records)
    }

    @Test(arguments: [
        ("a\"b", CSVFault.Kind.quoteInsideField, 1), ("x\n \"a\"", .quoteInsideField, 2),
        ("\"a\"b", .textBehindQuote, 1), ("\"a\" ,b", .textBehindQuote, 1), ("x\n\"a\nb", .quoteUnclosed, 2),
        ("\"", .quoteUnclosed, 1), ("\"\"\"", .quoteUnclosed, 1), ("a\rb", .bareCarriageReturn, 1),
        ("a\r", .bareCarriageReturn, 1), ("x,\"1\n2\"\n\"a\"\rb", .bareCarriageReturn, 3),
    ])
    func `what is no CSV is refused with its line`(text: String, kind: CSVFault.Kind, line: Int) {
        #expect(fault(text) == CSVFault(line: line, kind: kind))
    }

    @Test func `fields and their count have limits`() throws {
        let long = String(repeating: "x", count: CSVReader.fieldBytesMax)
        #expect(try read(long) == [[long]] && read("\"\(long)\"") == [[long]])
        #expect(fault(long + "x")?.kind == .fieldTooLong && fault("\"\(long)x\"")?.kind == .fieldTooLong)
        let many = String(repeating: ",", count: CSVReader.fieldCountMax - 1)
        #expect(try read(many).first?.count == CSVReader.fieldCountMax)
        #expect(fault(many + ",")?.kind == .tooManyFields)
    }

    @Test func `a field that is not UTF-8 is nil, and the others are read`() throws {
        #expect(try read([0x61, 0x2C, 0x83, 0x65, 0x0A, 0x62]) == [["a", nil], ["b"]])
    }

    @Test func `records know their first line`() throws {
        var reader = CSVReader()
        reader.append(Array("a\n\"b\n\nc\"\r\nd".utf8), isLast: true)
        var lines: [Int] = []
        while case .record(let record) = try reader.record() { lines.append(record.line) }
        #expect(lines == [1, 2, 5])
    }

    private static let sample = "\u{FEFF}id,名前\r\n\"a\",\"x,\"\"y\"\"\r\nz\"\nb,\r\n\"c\",d\n"

    @Test func `every proper prefix reads as a part of the whole, or is refused`() throws {
        let bytes = Array(Self.sample.utf8)
        let whole = try read(bytes)
        for count in 0..<bytes.count {
            do throws(CSVFault) {
                let records = try read(Array(bytes[..<count]))
                // All but the last record are whole.
                #expect(records.dropLast() == whole.prefix(max(0, records.count - 1)))
            } catch {
                #expect([.quoteUnclosed, .bareCarriageReturn].contains(error.kind))
            }
        }
    }

    @Test(arguments: 1...12)
    func `the pieces in which a file comes do not matter`(piece: Int) throws {
        let bytes = Array(Self.sample.utf8)
        #expect(try read(bytes, piece: piece) == read(bytes))
    }

    @Test func `what was written is read back, whatever the fields hold`() throws {
        var random = SystemRandomNumberGenerator()
        let letters = ["a", ",", "\"", "\n", "\r", " ", "山", "\u{FEFF}", ""]
        for _ in 0..<500 {
            let records = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    (0..<4).map { _ in letters.randomElement(using: &random)! }.joined()  // never empty
                }
            }
            var writer = CSVWriter()
            writer.record(["id"])
            for record in records { writer.record(record) }
            #expect(try read(writer.take()).dropFirst().map { $0.map { $0 ?? "?" } } == records)
        }
    }
}
