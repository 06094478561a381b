import Glibc
import HTTP
import Journey
import Reactor
import Testing

/// What customers do while something is broken.
extension Deployment {
    /// Logs in with ID and password, all the way to the backend's page.
    func logIn() throws -> Visitor {
        let visitor = try visitor()
        let page = try logIn(visitor, as: "IDUSER0003")
        #expect(page.status == 200 && page.url.path.hasPrefix("/consent"), "\(page.status) \(page.url.path)")
        return visitor
    }

    /// Tries to, and shows what came of it; as somebody else, for a login ends the same customer's last.
    func logIn(_ visitor: Visitor, as id: String = "IDUSER0009") throws -> VisitedPage {
        let start = try visitor.open("\(partnerOrigin)/")
        let login = try visitor.submit(try #require(start.form(to: "/connect")), on: start, [])
        guard let form = login.form(to: "/.sekisho/password") else { return login }
        return try visitor.submit(form, on: login, [("id", id), ("password", "Sakura2026")])
    }

    /// A page of the backend, for whoever is logged in.
    func page(_ visitor: Visitor) throws -> (status: Int, text: String) {
        let answer = try visitor.request("GET", "\(login)/consent/nothing")
        return (answer.status, answer.text)
    }

    /// The status of something that the gateway serves by itself.
    func ownPage() throws -> Int { try visitor().request("GET", "\(login)/.sekisho/style.css").status }
}

/// Milliseconds until `isWell`.
func recovery(_ isWell: () throws -> Bool) throws -> Int {
    let start = Clock.monotonic()
    while Clock.monotonic() < start.adding(milliseconds: 20_000) {
        if try isWell() { return start.millisecondsUntilNow }
        usleep(10_000)
    }
    throw ScenarioFault("all is not well again after 20 seconds")
}

extension MonotonicTime {
    var millisecondsUntilNow: Int { Clock.monotonic().microseconds(since: self) / 1000 }
}

func expectRetryPage(_ answer: (status: Int, text: String), _ status: Int) {
    #expect(answer.status == status)
    #expect(answer.text.contains("APL-"), "a support code, in Japanese or English")
}
