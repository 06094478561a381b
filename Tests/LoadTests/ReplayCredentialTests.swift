import Crypto
import Glibc
import Issuing
import Reactor
import Serving
import TLS
import TestFolders
import TestPKI
import Testing
import Text
import Traces

@testable import Load
@testable import Mint
@testable import Replay

/// Runs with minted certificates from their file.
@Suite(.serialized) struct ReplayCredentialTests {
    private static let name = "www.bank.example"
    private let root = TestAuthority(name: "Root")

    init() { Signals.ignoreBrokenPipe() }

    /// Two visits of each customer, the second with the session of the first; who came first comes back last.
    private func score(customers: Int) -> Score {
        var score = Score()
        for number in 0..<2 * customers {
            let customer = number < customers ? number : 2 * customers - 1 - number
            score.add(
                TraceLine(
                    offsetMicroseconds: number * 5000, host: Self.name,
                    handshake: number < customers ? .full : .resumed, version: "1.3", chainCount: 2,
                    key: "EC P-256", verdict: .trusted, customer: "customer\(customer)",
                    requestCount: 1), number + 1)
        }
        score.finish()
        return score
    }

    /// A file of credentials.
    private func mint(_ score: Score, _ folder: TestFolder) throws -> String {
        let mint = try CredentialMint(
            for: score.credentials, rsaKeyCount: 1, at: WallTime(seconds: Clock.wall()), days: 9)
        var lines = mint.authorities.all.flatMap {
            CredentialFile.line(ofAuthority: $0.name, $0.certificate)
        }
        for (number, key) in score.credentials.enumerated() {
            lines += CredentialFile.line(of: try mint.credential(key, number: number))
        }
        try Files.replace(folder.file("credentials"), with: lines, isPrivate: true)
        return folder.file("credentials")
    }

    private func play(_ score: Score, _ shelf: CredentialShelf, _ target: RepeatingTarget) throws -> RunTally
    {
        var plan = ReplayPlan(endpoint: .tcp(address: "127.0.0.1", port: target.port), anchors: root.pem)
        plan.loopCount = 2
        plan.pace = .unpaced
        return try ReplayRun(plan, score, shelf).run(on: EventLoop()) { _, _ in }.tally
    }

    /// Says what a gateway would say of certificates that it trusts.
    private func target() throws -> RepeatingTarget {
        let made = root.issueServer(names: [Self.name])
        return try RepeatingTarget(
            ServerHost(
                names: [Self.name], chainPEM: made.pem, keyPEM: made.keyPEM,
                clientCertificate: .requested(advertising: []),
                isStrictest: true))
    }

    @Test func `each customer comes with a certificate, and comes back with a session, of its own`() throws {
        let folder = try TestFolder()
        let score = score(customers: 12)
        let shelf = try CredentialShelf(for: score, in: try mint(score, folder))
        #expect(shelf.missingCount == 0)
        let target = try target()
        defer { target.stop() }
        let tally = try play(score, shelf, target)
        #expect(tally.failures.isEmpty, "\(tally.failures)")
        #expect(tally.full.count == 12 && tally.resumed.count == 12)
        // The certificates that the server saw are those of the customers that the lines name.
        #expect(tally.outcomes == ["trusted": RunTally.Outcomes(matched: 24)], "\(tally.examples)")
    }

    @Test func `of a larger file only what is needed is used, and what is not there is missed`() throws {
        let folder = try TestFolder()
        let path = try mint(score(customers: 5), folder)
        let larger = score(customers: 7)
        let shelf = try CredentialShelf(for: larger, in: path)
        #expect(shelf.missingCount == 2)
        #expect(try CredentialShelf(for: score(customers: 2), in: path).missingCount == 0)
        #expect(CredentialShelf(emptyFor: larger).missingCount == 7)
        let target = try target()
        defer { target.stop() }
        let tally = try play(larger, shelf, target)
        #expect(tally.failures["credential.missing"]?.count == 4 && tally.failed == 4, "\(tally.failures)")
        #expect(tally.outcomes["trusted"]?.matched == 10)
    }

    @Test func `a file that is another by the time that it is needed gives nobody another's key`() throws {
        let folder = try TestFolder()
        let score = score(customers: 3)
        let path = try mint(score, folder)
        let shelf = try CredentialShelf(for: score, in: path)
        #expect(shelf.credential(1)?.key.customer == "customer1")
        // The same lines in another order, where the old ones were.
        let lines = try Files.read(path).split(separator: 0x0A)
        let clients = lines.filter { $0.starts(with: Array("{\"customer\"".utf8)) }
        let others = lines.filter { !$0.starts(with: Array("{\"customer\"".utf8)) }
        let turned = Array((others + clients.reversed()).map { Array($0) }.joined(separator: [0x0A]))
        let file = unsafe open(path, O_WRONLY)
        defer { close(file) }
        #expect(unsafe pwrite(file, turned, turned.count, 0) == turned.count)
        #expect(shelf.credential(0)?.key.customer != "customer0")
        for place in 0..<3 {
            let found = shelf.credential(Int32(place))
            #expect(found == nil || found?.key == score.credentials[place])
        }
    }

    @Test func `a file without lines has no certificates, and one that is not there is said so`() throws {
        let folder = try TestFolder()
        let score = score(customers: 2)
        try Files.replace(folder.file("none"), with: Array("\n{}\nhello\n".utf8), isPrivate: true)
        #expect(try CredentialShelf(for: score, in: folder.file("none")).missingCount == 2)
        #expect(throws: SystemFault.self) { try CredentialShelf(for: score, in: folder.file("not")) }
    }
}
