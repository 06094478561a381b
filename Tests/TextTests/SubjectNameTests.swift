import Testing
import Text

@Suite struct SubjectNameTests {
    @Test(arguments: [
        "", "CN", "=x", "CN=a,", ",CN=a", "CN=a+", "CN=a;O=b", "CN=a\"b", "CN= a", "CN=a ", "CN=a<b",
        "CN=a>b",
        "CN=a\\", "CN=a\\g", "CN=a\\4", "CN=\\FF", "XX=a", "2=a", "2.05=a", "2..5=a", "CN=#", "CN=#1",
        "CN=#1g",
        "CN=#01 ", "CN =a", "CN=a\u{0}",
    ])
    func `text that is no subject is refused`(_ text: String) {
        #expect(SubjectName(rfc4514: text) == nil)
    }

    @Test(arguments: [
        ("CN=a,O=b", "2.5.4.3=a, oid=b".replacing("oid", with: "2.5.4.10")), ("cn=a", "CN=a"),
        ("CN=a+UID=b", "UID=b+CN=a"), ("CN=a\\,b", "CN=a\\2Cb"), ("CN=\\ a\\ ", "CN=\\20a\\20"),
        ("CN=\\#a", "CN=\\23a"), ("CN=日本", "CN=\\E6\\97\\A5\\e6\\9C\\ac"), ("CN=#0C0141", "CN=#0c0141"),
        ("CN=a=b", "CN=a\\=b"), ("CN=", "2.5.4.3="),
    ])
    func `two spellings of one subject are equal`(_ a: String, _ b: String) throws {
        let first = try #require(SubjectName(rfc4514: a))
        let second = try #require(SubjectName(rfc4514: b))
        #expect(first == second)
        #expect(first.hashValue == second.hashValue)
        #expect(first.description == a)
    }

    @Test(arguments: [
        ("CN=a,O=b", "O=b,CN=a"), ("CN=a", "CN=A"), ("CN=a,O=b", "CN=a+O=b"), ("CN=\\#0C0141", "CN=#0C0141"),
        ("CN=a", "CN=a,C=JP"),
    ])
    func `two subjects are not equal`(_ a: String, _ b: String) throws {
        #expect(try #require(SubjectName(rfc4514: a)) != #require(SubjectName(rfc4514: b)))
    }

    @Test func `every proper prefix of a subject's last escape is refused`() {
        for text in ["CN=a\\", "CN=a\\E", "CN=a\\E6", "CN=a\\E6\\97"] {
            #expect(SubjectName(rfc4514: text) == nil)
        }
    }
}
