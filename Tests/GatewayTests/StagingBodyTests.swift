import Testing
import Trust

@testable import Gateway

@Suite struct StagingBodyTests {
    private let parts = [
        EpochPart(.anchors, name: "a.pem", bytes: Array("anchors".utf8)),
        EpochPart(.crl, name: "empty", bytes: []),
        EpochPart(.crl, name: "b.crl", bytes: [0, 10, 255]),
    ]

    @Test func `what is encoded comes back`() throws {
        #expect(try StagingBody.parts(of: StagingBody.encode(parts)) == parts)
    }

    // Threats row 59.
    @Test func `a body cut off anywhere, or with a byte changed or added, is refused`() {
        let body = StagingBody.encode(parts)
        for count in body.indices {
            #expect(throws: AdminRefusal.self) { try StagingBody.parts(of: Array(body[..<count])) }
        }
        #expect(throws: AdminRefusal.self) { try StagingBody.parts(of: body + [0]) }
        for index in body.count - 10..<body.count {
            var changed = body
            changed[index] ^= 1
            #expect(throws: AdminRefusal.self) { try StagingBody.parts(of: changed) }
        }
    }

    @Test(arguments: [
        #"{"parts":[]}"#, #"{"parts":[{"kind":"anchors","name":"a","bytes":-1,"sha256":""}]}"#,
        #"{"parts":[{"kind":"keys","name":"a","bytes":0,"sha256":""}]}"#, "[]", "",
        #"{"parts":[{"kind":"anchors","name":"a","bytes":9223372036854775807,"sha256":""}]}"#,
    ])
    func `a list that makes no sense is refused`(head: String) {
        #expect(throws: AdminRefusal.self) { try StagingBody.parts(of: Array("\(head)\n".utf8)) }
    }
}
