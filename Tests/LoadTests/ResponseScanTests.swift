import Testing

@testable import Load

/// Where responses end.
struct ResponseScanTests {
    private let response = "HTTP/1.1 303 See Other\r\nX: y\r\ncontent-LENGTH: 5\r\n\r\nhello"

    private func take(_ pieces: [String]) -> (progress: [ResponseScan.Progress], bodyBytes: UInt64) {
        var scan = ResponseScan()
        let progress = pieces.map { scan.take(Array($0.utf8).span) }
        return (progress, scan.bodyBytes)
    }

    @Test func `a response is complete with its last byte, however it is cut`() {
        let all = Array(response)
        for cut in 1..<all.count {
            let (progress, bodyBytes) = take([String(all[..<cut]), String(all[cut...])])
            #expect(progress == [.incomplete, .complete(status: 303)], "cut at \(cut)")
            #expect(bodyBytes == 5)
        }
        #expect(take(all.map(String.init)).progress.last == .complete(status: 303))
    }

    @Test func `one response after the other is read`() {
        let none = "HTTP/1.1 204 No Content\r\n\r\n"
        #expect(
            take([response, none, response]).progress
                == [.complete(status: 303), .complete(status: 204), .complete(status: 303)])
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n", "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
    ])
    func `what cannot be understood is a failure`(text: String) {
        #expect(take([text]).progress == [.failed])
    }
}
