import Authorization
import Consent
import Crypto
import Glibc
import HTTP
import Serving
import Settings
import Storage
import Testing
import Text

/// Partners that are registered while the backend runs.
@Suite struct PartnerDirectoryTests {
    let bench: Bench

    init() throws { bench = try Bench() }

    private func pushes(as id: String, fingerprint: [UInt8] = Bench.partnerFingerprint) throws -> Bool {
        try bench.push(["client_id": id], as: bench.partner(fingerprint: fingerprint)).status == 201
    }

    /// Waits until it is so, for two seconds at most.
    private func soon(_ isSo: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<100 {
            if try isSo() { return true }
            usleep(20_000)
        }
        return false
    }

    @Test func `a partner is known within a second of being registered, and no more after being removed`()
        throws
    {
        #expect(try !pushes(as: "new"))
        let partner = try bench.partner("new", known: .fingerprint(Bench.partnerFingerprint))
        try bench.register(partner)
        let start = Glibc.time(nil)
        #expect(try soon { try pushes(as: "new") })
        #expect(Glibc.time(nil) - start <= 1)
        try bench.store.save(
            StoredPartner(id: "new", document: nil, changedAt: bench.now, changedBy: "test"))
        #expect(try soon { try !pushes(as: "new") })
        #expect(try bench.count(of: "partners.changed") == 2)
    }

    @Test func `what is registered goes before the file, and a removal hides what the file has`() throws {
        #expect(try pushes(as: "sample"))
        let other = [UInt8](repeating: 6, count: 32)
        try bench.register(bench.partner("sample", known: .fingerprint(other)))
        #expect(try soon { try !pushes(as: "sample") })
        #expect(try pushes(as: "sample", fingerprint: other))
        try bench.store.save(
            StoredPartner(id: "sample", document: nil, changedAt: bench.now, changedBy: "test"))
        #expect(try soon { try !pushes(as: "sample", fingerprint: other) })
        #expect(try !pushes(as: "sample"))
        // Also to a backend that starts only now.
        #expect(
            try bench.post("/par", bench.pushFields(), as: bench.partner(), on: bench.reopened()).status
                == 401)
    }

    @Test(arguments: ["{", "{}", #"{"id": "sample", "color": "red"}"#])
    func `a stored partner that cannot be read is nobody, not the one of the file`(document: String) throws {
        try bench.store.save(
            StoredPartner(id: "sample", document: document, changedAt: bench.now, changedBy: "test"))
        let application = try bench.reopened()
        #expect(
            try bench.post("/par", bench.pushFields(), as: bench.partner(), on: application).status == 401)
        #expect(try bench.count(of: "partner.unusable") == 1)
    }

    @Test func `the latest change counts, and all of them are kept with who made them`() throws {
        for (index, name) in ["a", "b", "c"].enumerated() {
            var partner = try bench.partner("p\(index % 2)", known: .fingerprint(Bench.partnerFingerprint))
            partner.company = name
            try bench.store.save(
                StoredPartner(
                    id: partner.id, document: partner.document, changedAt: bench.now,
                    changedBy: "operator \(name)"))
        }
        #expect(try bench.store.partnerRevision() == 3)
        let stored = try bench.store.storedPartners()
        #expect(stored.map(\.id) == ["p0", "p1"])
        #expect(stored.map(\.changedBy) == ["operator c", "operator b"])
        #expect(
            try bench.store.partnerChanges("p0", countMax: 9).map(\.changedBy) == [
                "operator c", "operator a",
            ])
        #expect(
            try bench.store.partnerChanges(nil, countMax: 2).map(\.changedBy) == ["operator c", "operator b"])
    }

    @Test func `a secret is the same for all who ask, whoever comes first`() throws {
        let secrets = concurrently(8) { [bench] number in
            try? bench.store.secret("s", orElse: [UInt8](repeating: UInt8(number), count: 32))
        }
        #expect(Set(secrets).count == 1)
        #expect(secrets[0]?.count == 32)
        #expect(try bench.store.secret("t", orElse: [9]) == [9])
    }
}
