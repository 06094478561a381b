import Crypto
import Reactor
import Settings
import TLS
import TestFolders
import TestPKI
import Testing
import Text
import X509

@testable import Gateway

/// Threats row 16: no file that is missing or broken leads to less checking.
@Suite struct GatewayLoaderTests {
    private let bank: TestBank

    init() throws { bank = try TestBank() }

    private func complaints() -> [String] {
        do throws(GatewayFault) {
            try GatewayLoader.check(bank.settings)
            return []
        } catch {
            return error.complaints
        }
    }

    private func epoch(_ store: String) throws -> TrustEpoch {
        try TrustFiles.bundle(#require(bank.settings.trust[store])).epoch(of: store, number: 1)
    }

    @Test func `a check writes nothing`() throws {
        #expect(complaints() == [])
        #expect(!Files.exists(bank.folder.file("assertion.key")))
        #expect(!Files.exists(bank.folder.file("continuation.key")))
        #expect(!Files.exists(bank.folder.file("jwks.json")))
    }

    @Test func `a start makes the keys that are missing, and the next start reads them`() throws {
        let first = try GatewayLoader.load(bank.settings, trust: [:], keys: .files)
        let second = try GatewayLoader.load(bank.settings, trust: [:], keys: .files)
        #expect(first.assertionKey.keyID == second.assertionKey.keyID)
        #expect(first.continuationKey.bytes == second.continuationKey.bytes)
        #expect(try bank.verifyingKeys().map(\.keyID) == [first.assertionKey.keyID])
    }

    @Test(arguments: ["", "\n", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    func `an empty or senseless bundle is refused, by name`(text: String) throws {
        let path = try bank.folder.write(Array(text.utf8), to: "customers.pem")
        let complaints = complaints()
        #expect(!complaints.isEmpty)
        #expect(complaints.allSatisfy { $0.contains(path) })
    }

    @Test func `a bundle that is missing is refused, by name`() {
        bank.settings.trust["customers"] = GatewaySettings.TrustStore(anchors: [
            bank.folder.file("nothing.pem")
        ])
        #expect(complaints().contains { $0.contains("nothing.pem") })
    }

    @Test func `a bundle cut off anywhere is refused, or is the certificates that are whole`() throws {
        let bundle = bank.customers.pem + bank.otherCustomers.pem
        let whole = bank.customers.pem.count
        bank.settings.mapping = []
        bank.settings.trust["customers"] = GatewaySettings.TrustStore(anchors: [
            bank.folder.file("bundle.pem")
        ])
        // Cut between the two, it is a bundle of one.
        let cuts = Array(stride(from: 0, to: bundle.count - 1, by: 13)) + Array(whole - 8...whole + 12)
        for count in cuts where !(whole - 1...whole).contains(count) {
            _ = try bank.folder.write(Array(bundle[..<count]), to: "bundle.pem")
            #expect(!complaints().isEmpty, "cut after \(count) bytes")
        }
        for (count, anchors) in [(whole, 1), (bundle.count, 2)] {
            _ = try bank.folder.write(Array(bundle[..<count]), to: "bundle.pem")
            #expect(try epoch("customers").anchors.count == anchors)
        }
    }

    @Test func `an anchor that is no authority is refused`() throws {
        _ = try bank.folder.write(bank.customers.issue("TSUSER0001").pem, to: "customers.pem")
        #expect(complaints().contains { $0.contains("trust.customers") })
    }

    @Test func `everything that is wrong is said at once`() throws {
        bank.settings.trust["customers"] = GatewaySettings.TrustStore(anchors: [
            bank.folder.file("nothing.pem")
        ])
        _ = try bank.folder.write([], to: "partners.pem")
        _ = try bank.folder.write(Array("no key".utf8), to: "assertion.key")
        _ = try bank.folder.write(Array("AAAA".utf8), to: "continuation.key")
        bank.settings.hosts[0].key = try bank.folder.write(TestKey.make(.p256).pem, to: "other.key")
        bank.settings.hosts[2].certificate = bank.folder.file("absent.pem")
        bank.settings.mapping.append(bank.settings.mapping[0])
        let text = complaints().joined(separator: "\n")
        for part in [
            "nothing.pem", "partners.pem", "assertion.key", "continuation.key", "other.key", "absent.pem",
            "mapping",
        ] {
            #expect(text.contains(part))
        }
    }

    @Test func `hosts ask for certificates of the epoch in force, and resume no session of another`() throws {
        let first = try epoch("customers")
        let snapshot = try GatewayLoader.load(
            bank.settings, trust: ["customers": first, "partners": try epoch("partners")], keys: .inMemory)
        #expect(snapshot.tlsHosts[0].clientCertificate == .none)
        #expect(snapshot.tlsHosts[1].clientCertificate == .requested(advertising: first.advertisedNames))
        bank.settings.trust["customers"]?.anchors.removeLast()
        let second = try epoch("customers")
        let next = snapshot.judging(by: ["customers": second])
        #expect(next.trust["customers"] === second)
        #expect(next.tlsHosts[0].sessionScope == snapshot.tlsHosts[0].sessionScope)
        #expect(next.tlsHosts[1].clientCertificate == .requested(advertising: second.advertisedNames))
        #expect(next.tlsHosts[1].sessionScope != snapshot.tlsHosts[1].sessionScope)
        #expect(next.tlsHosts[2].sessionScope == snapshot.tlsHosts[2].sessionScope)
    }

    @Test func `another policy is another epoch`() throws {
        let first = try epoch("customers")
        bank.settings.trust["customers"]?.depthMax = 1
        #expect(try epoch("customers").contentHash != first.contentHash)
        // What is no part of the policy makes no epoch.
        bank.settings.trust["customers"]?.depthMax = 3
        bank.settings.trust["customers"]?.lockoutsMax = 7
        #expect(try epoch("customers").contentHash == first.contentHash)
    }

    @Test func `a policy is recorded whole and read back only whole`() throws {
        let policy = TrustPolicy(
            depthMax: 2, clientAuthPurpose: .allowAbsent, keyBitsMinRSA: 3072, chainBytesMax: 1000,
            chainCertificatesMax: 4, partialChain: true, requiredPolicies: ["1.2.3", "1.2.4"],
            revocation: RevocationPolicy(
                check: .chain, tolerance: .grace(hours: 24), exceptions: [[0x30, 0x00]: .allow, [1]: .deny]))
        let text = policy.recordText
        #expect(TrustPolicy(recorded: text) == policy)
        for count in 0..<text.utf8.count {
            #expect(TrustPolicy(recorded: String(text.prefix(count))) == nil)
        }
        for (old, new) in [
            ("\"depthMax\":2", "\"depthMax\":99"), ("\"depthMax\":2", "\"depthMax\":\"2\""),
            ("allowAbsent", "never"), ("\"chain\"", "\"all\""), ("\"24\"", "\"024\""),
            ("3000", "300"), ("\"check\"", "\"chekc\""), ("}", ",\"more\":1}"), ("{", "{ "),
        ] {
            #expect(TrustPolicy(recorded: text.replacing(old, with: new)) == nil)
        }
    }
}

/// Revocation lists from files and folders.
@Suite struct `Loading revocation lists` {
    private let bank: TestBank

    init() throws { bank = try TestBank() }

    private func load() throws -> TrustEpoch {
        try TrustFiles.bundle(#require(bank.settings.trust["customers"])).epoch(of: "customers", number: 1)
    }

    private func complaints() -> [String] {
        do throws(GatewayFault) {
            try GatewayLoader.check(bank.settings)
            return []
        } catch { return error.complaints }
    }

    private func list(
        number: UInt64, _ revoked: [TestRevocationList.Entry] = [], by authority: TestAuthority? = nil
    ) -> [UInt8] {
        TestRevocationList(revoked, number: number, at: WallTime(seconds: Clock.wall()))
            .signed(by: authority ?? bank.customers)
    }

    private func use(_ paths: String..., check: GatewaySettings.RevocationCheck? = nil) {
        bank.settings.trust["customers"]?.crls = paths
        bank.settings.trust["customers"]?.revocation.check = check
    }

    private func isTrusted(_ customer: TestCertificate, _ epoch: TrustEpoch) -> Bool {
        let now = WallTime(seconds: Clock.wall())
        guard case .trusted = epoch.judge([customer.certificate], at: now) else { return false }
        return true
    }

    @Test func `lists are read from files and folders, in DER and PEM`() throws {
        let good = bank.customers.issue("TSUSER0001")
        let revoked = bank.customers.issue("TSUSER0006")
        let other = bank.otherCustomers.issue("TSUSER0006")
        #expect(isTrusted(revoked, try load()))
        let first = try bank.folder.write(list(number: 1, [.init(revoked.certificate)]), to: "one.crl")
        use(first)
        var snapshot = try load()
        #expect(isTrusted(good, snapshot) && !isTrusted(revoked, snapshot) && !isTrusted(other, snapshot))
        let folder = try TestFolder()
        let der = list(number: 1, by: bank.otherCustomers)
        let pem = "-----BEGIN X509 CRL-----\n\(Base64.encode(der))\n-----END X509 CRL-----\n"
        _ = try folder.write(Array(pem.utf8), to: "two.pem")
        _ = try folder.write(Array("not read".utf8), to: ".half-written")
        use(first, folder.path)
        snapshot = try load()
        #expect(isTrusted(good, snapshot) && !isTrusted(revoked, snapshot) && isTrusted(other, snapshot))
        use(first, folder.path, check: GatewaySettings.RevocationCheck.none)
        #expect(isTrusted(revoked, try load()))
    }

    @Test func `row 16: a list that is missing, empty or cut off is refused, by name`() throws {
        let whole = list(number: 1)
        for count in [0, 1, whole.count / 2, whole.count - 1] {
            let path = try bank.folder.write(Array(whole[..<count]), to: "cut.crl")
            use(path)
            #expect(complaints().count == 1 && complaints().allSatisfy { $0.contains(path) })
        }
        use(bank.folder.file("nothing.crl"))
        #expect(complaints().allSatisfy { $0.contains("nothing.crl") } && complaints().count == 1)
    }
}
