import Foundation
import Glibc
import HTTP
import Journey
import Reactor
import Serving
import Storage
import TLS
import TestPKI
import Testing
import Text
import X509

/// The rotation commands against the real daemon.
@Suite(.serialized) struct TrustScenarios {
    let deployment: Deployment

    /// Partners' CAs come and go here without lists of theirs. Of TLS sessions few are kept: what grows with
    /// epochs shall be seen.
    init() throws {
        deployment = try Deployment {
            $0.replacing(#"crls: ["pki/partner-crls"],"#, with: "")
                .replacing(
                    #"store: "sqlite:customers.sqlite","#,
                    with: #"store: "sqlite:customers.sqlite", limits: { tlsSessionsMax: 100 },"#)
        }
    }

    // MARK: What an officer does

    @Test func `a CA is retired with a preview, a refusal, a page for whom it locks out, and taken back`()
        throws
    {
        let kept = try deployment.visitor("master")
        let retired = try deployment.visitor("two-second")
        #expect(try logIn(kept).status == 200)
        #expect(try logIn(retired).status == 200)
        let consent = "\(deployment.certificateHost)/consent"
        #expect(try retired.request("GET", consent).status != 303)
        try awaitCustomers(2)

        let first = try trust("show", "customers")
        #expect(first.status == 0 && first.output.contains("customers: epoch 1"))
        let staged = try trust("stage", "customers", deployment.pki.path("ca/customer-root/ca.pem"))
        #expect(staged.status == 0 && staged.output.contains("anchors: 0 added, 1 removed, 1 kept"))
        let review = try trust("review", "customers")
        print(first.output, staged.output, review.output, separator: "\n\n")
        #expect(review.status == 3)
        #expect(review.output.contains("TSUSER0013") && review.output.contains("unknownIssuer"))
        #expect(!review.output.contains("TSUSER0001"))
        let refused = try trust("commit", "customers")
        #expect(refused.status == 3 && refused.output.contains("--allow-lockout 1"))
        #expect(try trust("commit", "customers", "--if-epoch", "7", "--allow-lockout", "1").status == 4)
        #expect(try retired.request("GET", consent).status != 303)

        let commit = try trust("commit", "customers", "--if-epoch", "1", "--allow-lockout", "1")
        #expect(commit.status == 0 && commit.output.contains("epoch 2 of customers is in force"))
        // The very next request, on the connection and the session that stand.
        let page = try retired.open(consent)
        #expect(page.status == 403 && page.text.contains("APL-1104"))
        let code = try #require(page.supportCode)
        let record = try deployment.awaitLog("audit.log", containing: code)
        #expect(record.contains(#""reason":"unknownIssuer""#) && record.contains(#""epoch":2"#))
        _ = try deployment.awaitLog("audit.log", containing: #""event":"session.ended""#)
        #expect(try kept.request("GET", consent).status != 303)

        let rollback = try trust("rollback", "customers")
        #expect(rollback.status == 0 && rollback.output.contains("epoch 3"))
        let history = try trust("history", "customers")
        print(commit.output, rollback.output, history.output, separator: "\n\n")
        #expect(history.output.contains("rolled back to 1"))
        // The session is over; the certificate is good again.
        #expect(try logIn(try deployment.visitor("two-second")).status == 200)
        let user = "\"uid\":\(getuid())"
        let asked = try deployment.awaitLog("audit.log", containing: "trust.rollback")
        #expect(asked.contains(user))
    }

    @Test func `what was committed outlives a restart, and files do not undo it`() throws {
        let anchors = deployment.pki.path("ca/customer-root/ca.pem")
        #expect(try trust("stage", "customers", anchors).status == 0)
        #expect(try trust("commit", "customers").status == 0)
        deployment.gateway?.stop()
        try deployment.startGateway()
        #expect(try trust("show", "customers").output.contains("customers: epoch 2"))
        // Signals that reload for another reason leave it, too.
        deployment.gateway?.signal(SIGHUP)
        _ = try deployment.awaitLog("sekisho.log", containing: "gateway.reloaded")
        #expect(try trust("show", "customers").output.contains("customers: epoch 2"))
        let reload = try trust("reload", "customers")
        #expect(reload.status == 0 && reload.output.contains("epoch 3"))
        #expect(try trust("reload", "customers").status == 4)
    }

    @Test func `a damaged store keeps the gateway from starting, until an operator restores an epoch`() throws
    {
        let anchors = deployment.pki.path("ca/customer-root/ca.pem")
        #expect(try trust("stage", "customers", anchors).status == 0)
        #expect(try trust("commit", "customers").status == 0)
        #expect(try trust("restore", "customers", "--to", "1").output.contains("in force and whole"))
        deployment.gateway?.stop()
        let store = try Database.sqlite(path: deployment.folder.path("customers.sqlite"), schemas: [.trust])
        try store.write { (connection) throws(DatabaseFault) in
            _ = try connection.run("DELETE FROM trust_parts WHERE store = 'customers' AND number = 2")
        }
        #expect(throws: (any Error).self) { try deployment.startGateway() }
        let listed = try JSONReader.read(
            Array(try trust("restore", "customers", "--json").output.utf8), dialect: .json)
        #expect(listed["epochs"]?.array?.compactMap { $0["whole"]?.bool } == [false, true])
        let kept = try trust("restore", "customers")
        #expect(kept.status == 0 && kept.output.contains("damaged") && kept.output.contains("whole"))
        #expect(try trust("restore", "customers", "--to", "2").status == 1)
        let restored = try trust("restore", "customers", "--to", "1", "--json")
        print(kept.output, restored.output, separator: "\n\n")
        let outcome = try JSONReader.read(Array(restored.output.utf8), dialect: .json)
        #expect(restored.status == 0 && outcome["epoch"]?.integer == 3)
        #expect(outcome["anchors"]?.array?.count == 2)
        let record = try deployment.awaitLog("audit.log", containing: "trust.restored")
        #expect(record.contains("\"os_uid\":\(getuid())"))
        try deployment.startGateway()
        #expect(try trust("history", "customers").output.contains("rolled back to 1"))
    }

    @Test func `commands say what is wrong, and with which status`() throws {
        #expect(try trust("commit", "customers").status == 4)
        #expect(try trust("abort", "customers").status == 4)
        #expect(try trust("rollback", "customers").status == 4)
        #expect(try trust("rollback", "customers", "--to", "9").status == 4)
        #expect(try trust("show", "nobody").status == 1)
        #expect(try trust("show").output.contains("partners: epoch 1"))
        #expect(try trust("review").status == 2)
        #expect(try trust("dance", "customers").status == 2)
        #expect(try trust("show", "customers", "--to", "1").status == 2)
        #expect(try trust("commit", "customers", "--if-epoch", "first").status == 2)
        #expect(try trust("stage", "customers", "/nowhere.pem").status == 1)
        let half = deployment.folder.path("half.pem")
        let whole = try deployment.bytes("customer-anchors.pem")
        try deployment.folder.write(String(decoding: whole.dropLast(40), as: UTF8.self), to: "half.pem")
        let refused = try trust("stage", "customers", half)
        #expect(refused.status == 1)
        #expect(refused.output.contains("half.pem: PEM block 2, which begins at line"))
        #expect(refused.output.contains("the file ends inside it"))
        try deployment.folder.write("", to: "empty.pem")
        let empty = try trust("stage", "customers", deployment.folder.path("empty.pem"))
        #expect(empty.status == 1 && empty.output.contains("empty.pem: empty"))
        let root = deployment.pki.path("ca/customer-root/ca.pem")
        let key = try trust("stage", "customers", deployment.pki.path("customers/master.key"))
        #expect(key.status == 1 && key.output.contains("something else than what belongs here"))
        #expect(try trust("commit", "customers").status == 4, "nothing of this is staged")

        // Two officers: what one has reviewed is not what the other has staged since.
        let staged = try JSONReader.read(
            Array(try trust("stage", "customers", root, "--json").output.utf8), dialect: .json)
        let content = try #require(staged["content"]?.string)
        #expect(
            try trust("stage", "customers", deployment.pki.path("ca/customer-root-2/ca.pem")).status == 0)
        let other = try trust("commit", "customers", "--if-content", String(content.prefix(16)))
        #expect(other.status == 4 && other.output.contains("review it first"))
        #expect(try trust("commit", "customers", "--if-content", "12").status == 1)
        #expect(try trust("stage", "customers", root).status == 0)
        let good = try trust("commit", "customers", "--if-content", String(content.prefix(16)))
        #expect(good.status == 0 && good.output.contains("epoch 2"))
        deployment.gateway?.stop()
        let silent = try trust("show", "customers")
        #expect(silent.status == 1 && silent.output.contains("does not answer"))
    }

    // MARK: Under load

    // Threats rows 58, 60 and 62: epochs change many times a second while clients come and go.
    @Test func `no valid client is refused and no removed one accepted while epochs change under load`()
        throws
    {
        let gateway = try #require(deployment.gateway).processIdentifier
        let officer = try Officer(deployment, store: "partners")
        let without = try deployment.bytes("partner-anchors.pem")
        let with = without + (try deployment.bytes("ca/foreign-root/ca.pem"))
        let helpers = try deployment.bytes("partner-intermediates.pem")
        try officer.put(anchors: with, intermediates: helpers)

        let load = try Load(deployment, as: deployment.identity("partners/sample-partner"))
        defer { load.stop() }
        let removed = try deployment.identity("customers/foreign")
        let kept = try deployment.client(to: "api.fb.localhost", as: removed)
        let idle = try (0..<100).map { _ in
            let client = try deployment.client(to: "api.fb.localhost", as: removed)
            _ = try deployment.status(client, "api.fb.localhost")
            return client
        }
        #expect(try deployment.status(kept, "api.fb.localhost") != 401)
        var before: Footprint?
        var epochs = 0
        let end = Clock.monotonic().adding(milliseconds: 20_000)
        while Clock.monotonic() < end {
            try officer.put(anchors: without, intermediates: helpers)
            #expect(try deployment.status(kept, "api.fb.localhost") == 401)
            #expect(
                try deployment.status(
                    deployment.client(to: "api.fb.localhost", as: removed), "api.fb.localhost") == 401)
            try officer.put(anchors: with, intermediates: helpers)
            #expect(try deployment.status(kept, "api.fb.localhost") != 401)
            epochs += 2
            // What the first rounds need once is not counted as growth.
            if epochs == 40 { before = try Footprint(of: gateway) }
        }
        load.stop()
        let after = try Footprint(of: gateway)
        print("\(epochs) epochs, \(load.answered) answers; before \(before as Any), after \(after)")
        #expect(load.refused == 0)
        #expect(load.answered > 100)
        #expect(epochs > 60)
        #expect(after.residentKiB < (before?.residentKiB ?? 0) + 16 * 1024)
        // They stood by all the time, and know now.
        try officer.put(anchors: without, intermediates: helpers)
        for client in idle { #expect(try deployment.status(client, "api.fb.localhost") == 401) }
    }

    @Test func `a CA of the same name with another key lets nobody of the old one in`() throws {
        let officer = try Officer(deployment, store: "partners")
        let impostor = TestAuthority(
            name: TestName([
                [.printable("C", "JP")], [.printable("O", "Miyakojima Shinkumi")],
                [.printable("CN", "API Partner Root CA")],
            ]))
        let real = try Certificate.parse(pem: deployment.bytes("partner-anchors.pem"))[0]
        try #require(impostor.certificate.subject == real.subject)
        let partner = try deployment.client(
            to: "api.fb.localhost", as: deployment.identity("partners/sample-partner"))
        #expect(try deployment.status(partner, "api.fb.localhost") != 401)
        try officer.put(anchors: impostor.pem, intermediates: nil)
        #expect(try deployment.status(partner, "api.fb.localhost") == 401)
        try officer.send("rollback", #"{"allowLockout":1000}"#)
        #expect(try deployment.status(partner, "api.fb.localhost") != 401)
    }

    // MARK: Parts

    private func trust(_ arguments: String...) throws -> (status: Int32, output: String) {
        try ChildProcess.outcome(
            Deployment.program("sekisho"),
            ["trust"] + arguments + ["--config", deployment.folder.path("sekisho.json5")])
    }

    private func logIn(_ visitor: Visitor) throws -> VisitedPage {
        let start = try visitor.open("\(deployment.partnerOrigin)/")
        let login = try visitor.submit(try #require(start.form(to: "/connect")), on: start, [])
        let page = try visitor.open(try #require(login.link("電子証明書ログイン")))
        let form = try #require(page.form(to: "/.sekisho/certificate"))
        return try visitor.submit(form, on: page, [("password", "Sakura2026")])
    }

    /// The ledger is written a moment after the login.
    private func awaitCustomers(_ count: Int) throws {
        for _ in 0..<300 {
            let text = try trust("show", "customers", "--json").output
            let json = try JSONReader.read(Array(text.utf8), dialect: .json)
            let known = json["anchors"]?.array?.compactMap { $0["customers"]?.integer }.reduce(0, +)
            if known == Int64(count) { return }
            usleep(20_000)
        }
        throw ScenarioFault("the ledger does not come to know \(count) customers")
    }
}
