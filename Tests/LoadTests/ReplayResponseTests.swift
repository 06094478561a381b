import Testing
import Traces

@testable import Load

/// Responses as a run takes them in, in any framing.
struct ReplayResponseTests {
    /// The last progress, when the bytes come in these pieces.
    private func take(_ pieces: [[UInt8]]) -> (String, ReplayResponse) {
        var response = ReplayResponse()
        var last = "nothing"
        for piece in pieces {
            switch response.take(piece.span) {
            case .incomplete: last = "incomplete"
            case .complete: last = "complete"
            case .malformed: return ("malformed", response)
            }
        }
        return (last, response)
    }

    private static let whole = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSekisho-Outcome: absent\r\n\r\nhello",
        "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\nSekisho-Outcome: refused;reason=\"expired\"\r\n\r\n"
            + "3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    ]

    @Test(arguments: whole) func `a response is complete with its last byte, however it is cut`(text: String)
    {
        let bytes = Array(text.utf8)
        for cut in 1..<bytes.count {
            let (progress, response) = take([Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(progress == "complete" && response.keepsAlive, "\(cut)")
            #expect([200, 403, 204].contains(response.status))
            #expect(take([Array(bytes[..<cut])]).0 == "incomplete", "\(cut)")
        }
        #expect(take(bytes.map { [$0] }).0 == "complete")
    }

    @Test func `what the gateway thinks of the client is read from the final response`() {
        #expect(take([Array(Self.whole[0].utf8)]).1.outcome == ReportedOutcome(verdict: .absent))
        #expect(
            take([Array(Self.whole[1].utf8)]).1.outcome
                == ReportedOutcome(verdict: .refused, reason: "expired"))
        #expect(take([Array(Self.whole[2].utf8)]).1.outcome == nil)
    }

    @Test(arguments: [
        "SMTP\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ]) func `what is no response, or more than one, is malformed`(text: String) {
        #expect(take([Array(text.utf8)]).0 == "malformed")
    }

    @Test func `a response without a length ends with its connection, any other does not`() {
        var (progress, response) = take([Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhel".utf8)])
        #expect(progress == "incomplete" && !response.keepsAlive && response.inputClosed())
        (progress, response) = take([Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel".utf8)])
        #expect(progress == "incomplete" && !response.inputClosed())
        (progress, response) = take([Array("HTTP/1.1 200".utf8)])
        #expect(progress == "incomplete" && !response.inputClosed())
    }
}
