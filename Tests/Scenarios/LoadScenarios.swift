import Foundation
import TLS
import Testing

@Suite(.serialized) struct LoadScenarios {
    let deployment: Deployment

    /// Few TLS sessions are kept, so that the store of them is full before anything is measured.
    init() throws {
        deployment = try Deployment { settings in
            settings.replacing(
                "publicPort:",
                with: "limits: { tlsSessionsMax: 1000, \(Deployment.oneSource) },\n    publicPort:")
        }
    }

    @Test func `a thousand connections of good and bad clients for a minute lose and leak nothing`() throws {
        let gateway = try #require(deployment.gateway).processIdentifier
        // What the first round needs once (buffers, arenas) is not counted as a leak.
        try swarm().run(count: 1000, seconds: 5)
        let before = try Footprint(of: gateway)
        let swarm = try self.swarm()
        swarm.run(count: 1000, seconds: 60)
        print(
            "\(swarm.visits) visits, \(swarm.answered) answers in 60 s; at most 10 wrong: \(swarm.wrong.prefix(10))"
        )
        #expect(swarm.wrong.isEmpty)
        #expect(swarm.answered > 1000)
        // Connections that linger close within two seconds.
        var after = try Footprint(of: gateway)
        for _ in 0..<500 where after.descriptors > before.descriptors {
            usleep(10_000)
            after = try Footprint(of: gateway)
        }
        print("before \(before), after \(after)")
        #expect(after.descriptors <= before.descriptors)
        #expect(after.residentKiB < before.residentKiB + 32 * 1024)
    }

    private func swarm() throws -> Swarm {
        let anchors = try deployment.bytes("server-ca.pem")
        func context(_ name: String?, _ folder: String = "customers") throws -> ClientContext {
            let identity = try name.map {
                ClientIdentity(
                    chainPEM: try deployment.bytes("\(folder)/\($0).pem"),
                    keyPEM: try deployment.bytes("\(folder)/\($0).key"))
            }
            return try ClientContext(anchorsPEM: anchors, identity: identity)
        }
        let certificate = "cert.fb.localhost"
        return try Swarm(
            port: deployment.port,
            kinds: [
                .visitor(context("master"), host: certificate, target: "/authorize", status: 303, times: 3),
                .visitor(
                    context(nil), host: "fb.localhost", target: "/.sekisho/style.css", status: 200, times: 5),
                .visitor(
                    context("general"), host: certificate, target: "/.sekisho/login", status: 404, times: 1),
                .visitor(
                    context("expired"), host: certificate, target: "/.sekisho/certificate", status: 403,
                    times: 1),
                .visitor(
                    context("foreign"), host: "api.fb.localhost", target: "/token", status: 401, times: 2),
                .visitor(context(nil), host: "fb.localhost", target: "/authorize?x=1", status: 303, times: 2),
                .noise(Array("GET / HTTP/1.1\r\nHost: fb.localhost\r\n\r\n".utf8)),
                .visitor(
                    context("wrong-purpose"), host: certificate, target: "/authorize", status: 303, times: 1),
                .noise([0x16, 0x03, 0x01, 0xFF, 0xFF, 0x01, 0x00, 0x00]),
                .visitor(context(nil), host: "fb.localhost", target: "/a/../b", status: 400, times: 1),
                .leaver,
            ])
    }
}
