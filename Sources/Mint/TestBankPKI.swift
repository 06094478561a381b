import Crypto
import Identity
import Issuing
import Reactor
public import Replay
import Synchronization
public import Text

/// A folder with all that a test gateway and its clients need to play the customers of a trace.
///
/// | file | is |
/// |---|---|
/// | `credentials.jsonl` | certificates and keys of the clients, for `sekisho-replay run` |
/// | `anchors.pem`, `intermediates.pem`, `crls/` | for the gateway's trust store |
/// | `issuers/` | each issuing authority alone, for mapping rules |
/// | `customers.csv` | for `sekisho customers import` |
/// | `gateway.json5` | the lines that a test gateway's configuration needs for them |
public struct TestBankPKI {
    /// What was made.
    public struct Count: Sendable {
        public var clients = 0
        public var customers = 0
        /// Of the clients, those with one of `rsaKeys`, which they share.
        public var clientsWithRSA = 0
        public var rsaKeys = 0
    }

    private let folder: String
    private let mint: CredentialMint
    private let keys: [CredentialKey]
    private let now: WallTime

    /// - Parameters:
    ///   - rsaKeyCount: How many RSA keys of each size are made, for all customers that have such.
    ///   - days: How long certificates are good.
    public init(
        in folder: String, for keys: [CredentialKey], rsaKeyCount: Int, at now: WallTime, days: Int
    ) throws(MintFault) {
        self.folder = folder
        self.keys = keys
        self.now = now
        do throws(CryptoFault) {
            mint = try CredentialMint(for: keys, rsaKeyCount: rsaKeyCount, at: now, days: Int64(days))
        } catch {
            throw MintFault("\(error)")
        }
    }

    /// Writes everything. Certificates are made by all processors, and never held all at once.
    public func write(
        threadCount: Int, progress: (_ done: Int, _ of: Int) -> Void
    ) throws(MintFault) -> Count {
        let count: Count
        do {
            for folder in [folder, "\(folder)/crls", "\(folder)/issuers"] { try Files.makeFolder(folder) }
            try writeAuthorities()
            guard let made = try writeClients(threadCount, progress) else {
                throw MintFault("libcrypto cannot make a certificate")
            }
            count = made
            guard let lists = try? mint.revocationLists() else {
                throw MintFault("libcrypto cannot sign a revocation list")
            }
            for (name, list) in lists { try put("crls/\(name)", list) }
        } catch let fault as MintFault {
            throw fault
        } catch {
            throw MintFault("\(error)")
        }
        return count
    }

    private func writeAuthorities() throws(SystemFault) {
        let authorities = mint.authorities
        try put("anchors.pem", PEMText.block("CERTIFICATE", authorities.root.certificate))
        try put(
            "intermediates.pem",
            authorities.intermediates.flatMap { PEMText.block("CERTIFICATE", $0.certificate) })
        for (index, authority) in authorities.issuing.enumerated() {
            try put("issuers/ca-\(index).pem", PEMText.block("CERTIFICATE", authority.certificate))
        }
        try put("gateway.json5", Array(settings(authorities).utf8))
    }

    /// Nil when a certificate cannot be made.
    private func writeClients(
        _ threadCount: Int, _ progress: (Int, Int) -> Void
    ) throws(SystemFault) -> Count? {
        let clients = try FileWriting("\(folder)/credentials.jsonl")
        let customers = try FileWriting("\(folder)/customers.csv")
        for authority in mint.authorities.all {
            try clients.write(CredentialFile.line(ofAuthority: authority.name, authority.certificate))
        }
        var table = CSVWriter()
        table.record(CustomerTable.header)
        var count = Count()
        var known: Set<String> = []
        // No password matches it: these customers have no use for one.
        let hash = PasswordHash.decoy().encoded
        for start in stride(from: 0, to: keys.count, by: Self.waveCount) {
            let wave = start..<min(start + Self.waveCount, keys.count)
            guard let parts = made(wave, threadCount) else { return nil }
            for lines in parts { try clients.write(lines) }
            for key in keys[wave] where key.defect == .sound {
                guard known.insert(key.customer).inserted, let id = CustomerID(key.customer) else { continue }
                table.record(
                    CustomerTable.fields(
                        Customer(
                            id: id, displayName: "Replay \(id.text)", role: .general, method: .certificate,
                            status: .active, passwordHash: hash)))
            }
            try customers.write(table.take())
            progress(wave.upperBound, keys.count)
        }
        count.clients = keys.count
        count.customers = known.count
        count.clientsWithRSA = keys.count { $0.key.hasPrefix("RSA ") }
        count.rsaKeys = mint.sharedKeyCount
        try clients.finish()
        try customers.finish()
        return count
    }

    /// The lines of some clients, in their order, made by as many threads; nil when one cannot be made.
    private func made(_ wave: Range<Int>, _ threadCount: Int) -> [[UInt8]]? {
        let results = WaveResults()
        let pool = BlockingPool(threadCount: threadCount, queueMax: wave.count)
        for start in stride(from: wave.lowerBound, to: wave.upperBound, by: Self.partCount) {
            let part = start..<min(start + Self.partCount, wave.upperBound)
            let (keys, mint) = (Array(keys[part]), mint)
            _ = pool.submit {
                var lines: [UInt8] = []
                for (index, key) in keys.enumerated() {
                    guard let credential = try? mint.credential(key, number: part.lowerBound + index) else {
                        return
                    }
                    lines += CredentialFile.line(of: credential)
                }
                results.parts.withLock { [lines] in $0[part.lowerBound] = lines }
            }
        }
        pool.shutdown()
        let parts = results.parts.withLock { $0 }
        guard parts.count == (wave.count + Self.partCount - 1) / Self.partCount else { return nil }
        return parts.sorted { $0.key < $1.key }.map(\.value)
    }

    private func put(_ name: String, _ bytes: [UInt8]) throws(SystemFault) {
        try Files.replace("\(folder)/\(name)", with: bytes, isPrivate: true)
    }

    private func settings(_ authorities: Authorities) -> String {
        let mapping = authorities.issuing.indices.map {
            "        { issuer: \"issuers/ca-\($0).pem\", by: \"subject\", attribute: \"CN\" },\n"
        }
        return """
            // For a test gateway that plays the bank of a trace: what belongs into its configuration so that
            // these certificates are judged as the trace's were. Paths are seen from this folder. Partner
            // hosts name the same store here. Never for a gateway that real customers reach.
            {
                trust: {
                    customers: {
                        anchors: ["anchors.pem"],
                        intermediates: ["intermediates.pem"],
                        crls: ["crls"],
                        depthMax: \(max(3, authorities.ladder.count)),
                    },
                },
                mapping: [
            \(mapping.joined())    ],
                // To the gateway all clients of a replay are one.
                limits: {
                    perSource: {
                        connectionsMax: 0, fullHandshakesPerSecond: 0, resumedHandshakesPerSecond: 0,
                        failedHandshakesPerSecond: 0,
                    },
                },
            }

            """
    }

    private static let waveCount = 8192
    private static let partCount = 256
}

private final class WaveResults: Sendable {
    let parts = Mutex<[Int: [UInt8]]>([:])
}

/// Why a PKI was not made, in words for whoever wanted it.
public struct MintFault: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
