package import Crypto
public import Identity
public import Storage
import Text

/// Imports a list of customers: checked row by row, all of it or nothing.
public struct CustomerImport {
    private let store: CustomerStore
    private let token: Int64
    private let hashes: Bool
    private let parameters: ScryptParameters

    /// Faults that are told; what follows is only counted as such.
    public static let faultsMax = 100

    /// - Parameters:
    ///   - hashes: Whether plaintext passwords and weak digests may be hashed, at some 80 ms of a core each.
    ///     Otherwise they are faults.
    public init(into store: CustomerStore, hashes: Bool) {
        self.init(into: store, hashes: hashes, parameters: .standard)
    }

    package init(into store: CustomerStore, hashes: Bool, parameters: ScryptParameters) {
        self.store = store
        token = Int64.random(in: .min ... .max)
        self.hashes = hashes
        self.parameters = parameters
    }

    public enum Outcome: Sendable {
        case imported(count: Int, known: Int)
        /// Nothing was changed. There may be more faults than are told.
        case refused([CustomerTableFault])
    }

    /// - Parameters:
    ///   - next: The next bytes of the list; none at its end.
    ///   - progress: Told after every few thousand rows.
    public func run<Fault: Error>(
        next: () throws(Fault) -> ArraySlice<UInt8>, progress: (_ bytes: Int, _ rows: Int) -> Void
    ) throws(CustomerTransferFault<Fault>) -> Outcome {
        do throws(StoreFault) { try store.beginImport() } catch { throw .store(error) }
        do {
            let outcome = try imported(next, progress)
            if case .refused = outcome { try? store.abandonImport(token) }
            return outcome
        } catch {
            try? store.abandonImport(token)
            throw error
        }
    }

    private func imported<Fault: Error>(
        _ next: () throws(Fault) -> ArraySlice<UInt8>, _ progress: (Int, Int) -> Void
    ) throws(CustomerTransferFault<Fault>) -> Outcome {
        var reader = CSVReader()
        var table: CustomerTable?
        var rows: [CustomerRow] = []
        var faults: [CustomerTableFault] = []
        var (byteCount, rowCount) = (0, 0)
        var isAtEnd = false
        while !isAtEnd, faults.count < Self.faultsMax {
            let bytes: ArraySlice<UInt8>
            do throws(Fault) { bytes = try next() } catch { throw .file(error) }
            isAtEnd = bytes.isEmpty
            byteCount += bytes.count
            reader.append(bytes, isLast: isAtEnd)
            do throws(CSVFault) {
                while case .record(let record) = try reader.record(), faults.count < Self.faultsMax {
                    guard let table else {
                        do throws(CustomerTableFault) {
                            table = try CustomerTable(header: record)
                        } catch {
                            return .refused([error])
                        }
                        continue
                    }
                    switch table.row(record) {
                    case .row(let row): rows.append(row)
                    case .refused(let more): faults += more
                    }
                }
            } catch {
                // What follows might be inside of quotes or outside.
                return .refused(faults + [CustomerTableFault(line: error.line, message: error.kind.rawValue)])
            }
            rowCount += rows.count
            let (staged, more) = hashed(rows)
            faults += more
            rows.removeAll(keepingCapacity: true)
            // Once something is wrong, the rest is only checked.
            if faults.isEmpty, !staged.isEmpty {
                do throws(StoreFault) { try store.stage(staged, for: token) } catch { throw .store(error) }
            }
            progress(byteCount, rowCount)
        }
        guard table != nil || !faults.isEmpty else {
            return .refused([
                CustomerTableFault(line: 1, message: "expected a header with the names of columns")
            ])
        }
        guard faults.isEmpty else {
            return .refused(Array(faults.inOrderOfTheFile.prefix(Self.faultsMax)))
        }
        let keepsStatus = table?.hasStatus == false
        do throws(StoreFault) { return try finish(rowCount, keepsStatus: keepsStatus) } catch {
            throw .store(error)
        }
    }

    private func finish(_ count: Int, keepsStatus: Bool) throws(StoreFault) -> Outcome {
        let duplicates = try store.stagedDuplicates(countMax: Self.faultsMax)
        guard duplicates.isEmpty else {
            return .refused(
                duplicates.map {
                    CustomerTableFault(
                        line: $0.line, message: "id: “\($0.id)” is already in line \($0.firstLine)")
                })
        }
        let known = try store.stagedKnownCount()
        try store.finishImport(token, count: count, keepsStatus: keepsStatus)
        return .imported(count: count, known: known)
    }

    // MARK: Passwords

    private func hashed(_ rows: [CustomerRow]) -> ([StagedCustomer], [CustomerTableFault]) {
        var staged: [StagedCustomer] = []
        var faults: [CustomerTableFault] = []
        staged.reserveCapacity(rows.count)
        var toHash: [(row: CustomerRow, work: PasswordWork)] = []
        for row in rows {
            do throws(CustomerTableFault) {
                switch try password(row) {
                case .ready(let hash): staged.append(row.staged(hash))
                case .work(let work): toHash.append((row, work))
                }
            } catch {
                faults.append(error)
            }
        }
        guard faults.isEmpty, !toHash.isEmpty else { return (staged, faults) }
        for ((row, _), hash) in zip(toHash, PasswordWork.done(toHash.map(\.work), parameters)) {
            if let hash {
                staged.append(row.staged(hash))
            } else {
                faults.append(CustomerTableFault(line: row.line, message: "the password could not be hashed"))
            }
        }
        return (staged, faults)
    }

    private enum Password {
        case ready(String)
        case work(PasswordWork)
    }

    private func password(_ row: CustomerRow) throws(CustomerTableFault) -> Password {
        switch row.password {
        case .plain(let text):
            guard hashes else { throw row.fault("password: not ready to be stored; see --hash-passwords") }
            guard let password = NewPassword(text) else {
                throw row.fault("password: \(NewPassword.expected)")
            }
            return .work(.plain(password))
        case .hash(let text):
            do throws(CryptoFault) {
                switch try ImportedPassword(parsing: text) {
                case .ready(let hash): return .ready(hash.encoded)
                case .weak(let weak):
                    if hashes { return .work(.weak(weak)) }
                }
            } catch {
                throw row.fault("password_hash: in no form that is known here")
            }
            throw row.fault("password_hash: too weak to be stored as it is; see --hash-passwords")
        }
    }
}

extension [CustomerTableFault] {
    /// Faults of one line stay in their order.
    fileprivate var inOrderOfTheFile: [CustomerTableFault] {
        enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element)
    }
}

extension CustomerRow {
    fileprivate func staged(_ passwordHash: String) -> StagedCustomer {
        var customer = customer
        customer.passwordHash = passwordHash
        return StagedCustomer(line: line, customer)
    }

    fileprivate func fault(_ message: String) -> CustomerTableFault {
        CustomerTableFault(line: line, message: message)
    }
}
