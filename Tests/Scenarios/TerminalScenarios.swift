import Foundation
import Testing

/// What operators see at a terminal.
@Suite(.serialized) struct TerminalScenarios {
    let deployment: Deployment

    init() throws { deployment = try Deployment() }

    private func start(_ arguments: String...) throws -> PseudoTerminal {
        try PseudoTerminal(
            Deployment.program("sekisho"),
            ["customers"] + arguments + ["--config", deployment.folder.path("sekisho.json5")])
    }

    @Test func `a password is asked for twice, and never shown`() throws {
        for (again, status) in [("Terminal-2026", Int32(0)), ("Terminal-2027", 1)] {
            let terminal = try start("set-password", "IDUSER0003")
            try terminal.await("new password: ")
            try terminal.type("Terminal-2026\n")
            try terminal.await("the same again: ")
            try terminal.type("\(again)\n")
            #expect(terminal.end() == status)
            #expect(!terminal.shown.contains("Terminal-202"))
            #expect(terminal.shown.contains("not the same") == (status == 1))
        }
        let record = try deployment.awaitLog("audit.log", containing: "customer.passwordChanged")
        #expect(record.contains("IDUSER0003"))
    }

    @Test func `who gives up at the prompt changes nothing, and keeps a terminal that shows what is typed`()
        throws
    {
        let terminal = try start("set-password", "IDUSER0003")
        try terminal.await("new password: ")
        try terminal.type("Termi\u{3}")
        #expect(terminal.end() == 1)
        #expect(terminal.shown.contains("nothing was typed") && !terminal.shown.contains("Termi\u{3}"))
        #expect(try !deployment.log("audit.log").contains("customer.passwordChanged"))
    }

    @Test func `nobody types a password for a customer who does not exist`() throws {
        let terminal = try start("set-password", "NOBODY")
        #expect(terminal.end() == 1)
        #expect(!terminal.shown.contains("password:") && terminal.shown.contains("NOBODY"))
    }

    @Test func `an import shows how far it is, on one line`() throws {
        let list = deployment.folder.path("list.csv")
        #expect(try start("export", list).end() == 0)
        let terminal = try start("import", list)
        #expect(terminal.end() == 0)
        #expect(terminal.shown.contains("100%") && terminal.shown.contains("█"))
        #expect(terminal.shown.split(separator: "\r").allSatisfy { $0.count < 80 })
        #expect(terminal.shown.contains("\r\u{1B}[K22 customers"), "the bar is gone when it is done")
    }
}
