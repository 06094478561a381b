import Testing
import Text

@Suite struct JSONWriterTests {
    @Test func `an object keeps the order of its keys`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("z", "x")
        writer.member("a", -5)
        writer.member("b", true)
        writer.key("list")
        writer.beginArray()
        writer.integer(.min)
        writer.integer(0)
        writer.integer(.max)
        writer.beginObject()
        writer.endObject()
        writer.null()
        writer.double(0.5)
        writer.double(.infinity)
        writer.bool(false)
        writer.endArray()
        writer.key("e")
        writer.beginArray()
        writer.endArray()
        writer.endObject()
        let numbers = "-9223372036854775808,0,9223372036854775807"
        #expect(
            writer.text == #"{"z":"x","a":-5,"b":true,"list":[\#(numbers),{},null,0.5,null,false],"e":[]}"#)
        #expect(writer.bytes == Array(writer.text.utf8))
    }

    @Test func `a string cannot leave its line or speak to a terminal`() {
        var writer = JSONWriter()
        writer.string("\"\\\n\r\t\u{0}\u{1B}[2J\u{7F}\u{85}\u{9F}\u{A0}\u{2028}\u{2029}\u{202A}関😀")
        #expect(
            writer.text == #""\"\\\n\r\t\u0000\u001b[2J\u007f\u0085\u009f"# + "\u{A0}" + #"\u2028\u2029"#
                + "\u{202A}関😀\"")
    }

    @Test func `every character is read back`() throws {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value), value < 0x3000 || value % 97 == 0 else { continue }
            var writer = JSONWriter()
            writer.string(String(scalar))
            #expect(try JSONReader.read(writer.bytes, dialect: .json).string == String(scalar))
        }
    }
}
