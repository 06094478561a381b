import Settings
import TestFolders
import Testing

@testable import Gateway

@Suite struct SelfcheckTests {
    @Test func `a good configuration passes every check, and nothing of it is touched`() throws {
        let running = try RunningBank { bank in
            bank.settings.trust["customers"]?.revocation = .init(check: .leaf, whenUnknown: .allow)
            // Places that the running gateway has taken.
            bank.settings.admin = .init(socket: bank.folder.file("admin.sock"))
            bank.settings.monitoring = .init(listen: [.unix(path: bank.folder.file("monitoring.sock"))])
        }
        let findings = try Selfcheck.run(running.bank.settings)
        #expect(
            findings.filter { $0.outcome == .failed }.map { "\($0.check) \($0.host): \($0.detail)" } == [])
        let passed = Set(findings.filter { $0.outcome == .passed }.map(\.check))
        #expect(
            passed == [
                "tls.versions", "tls.old", "tls.resumptionElsewhere", "names.hostMismatch",
                "names.unknownSNI",
                "headers.spoofed", "http.smuggling", "http.paths", "http.limits", "certificates.none",
                "certificates.foreign", "certificates.expired", "certificates.notYetValid",
                "certificates.wrongPurpose", "certificates.revoked", "time.handshake", "time.head",
                "time.body", "flood.failedHandshakes",
            ])
        // The partners' store asks for no revocation, so that nothing can be said of it.
        #expect(
            findings.filter { $0.outcome == .skipped }.map { "\($0.check) \($0.host)" } == [
                "certificates.revoked \(TestBank.partner)", "tls.renegotiation *", "tls.keyUpdateFlood *",
            ])
        // Each host is checked for itself.
        #expect(findings.filter { $0.check == "http.smuggling" }.count == 3)
        #expect(running.backend.requests.isEmpty)
        #expect(running.gateway.trustSummary.map(\.epoch) == [1, 1])
    }

    @Test func `what cannot be tried is said, and what does not start is a fault`() throws {
        let bank = try TestBank()
        bank.settings.limits.perSource.failedHandshakesPerSecond = 0
        let findings = try Selfcheck.run(bank.settings)
        #expect(findings.contains { $0.check == "flood.failedHandshakes" && $0.outcome == .skipped })
        bank.settings.hosts[0].certificate = bank.folder.file("nothing.pem")
        #expect(throws: GatewayFault.self) { try Selfcheck.run(bank.settings) }
    }
}
