import Authorization
import Testing

@Suite struct SubjectNameTests {
    @Test(arguments: [
        "", "CN", "CN=", "=x", "CN=a,", ",CN=a", "CN=a+", "CN=a,,O=b", "CN=a\\", "CN=a\\4", "CN=a\\zz", "CN=\"a\"",
        "CN=a;O=b", "CN=<a>", "CN=\\FF", "CN=#", "CN=#0", "CN=#0g", "C N=a", "2.5.4.x=a", "CN=a+CN=a", "1cn=a",
        "CN=a\0",
    ])
    func `what is not RFC 4514 is no name`(text: String) {
        #expect(SubjectName(text) == nil)
    }

    @Test(arguments: [
        ("CN=a,O=b", "O=b,CN=a"), ("CN=a,O=b", "CN=a+O=b"), ("CN=a", "CN=a,O=b"), ("CN=a", "OU=a"),
        ("CN=a\\,O=b", "CN=a,O=b"),
        ("CN=#0c0161", "CN=\\#0c0161"), ("CN=a b", "CN=ab"), ("CN=a", "CN=á"),
    ])
    func `names that mean different things differ`(one: String, other: String) {
        #expect(name(one) != name(other))
    }

    @Test(arguments: [
        ("CN=a,O=b", "cn=A, o=B"), ("CN=a,O=b", "2.5.4.3=a,2.5.4.10=b"), ("CN=a+UID=b", "UID=b+CN=a"),
        ("CN=Sample  Kaikei", "CN=Sample Kaikei"), ("CN=a\\2Cb", "CN=a\\,b"),
        ("CN=\\E9\\83\\BD\\E5\\B3\\B6", "CN=都島"),
        ("CN=a , O=b", "CN=a,O=b"), ("CN=#0C0161", "CN=#0c0161"),
        ("emailAddress=x@y", "1.2.840.113549.1.9.1=x@y"),
    ])
    func `row 26, names that mean the same are equal however they are written`(one: String, other: String) {
        #expect(name(one) == name(other))
    }
}
