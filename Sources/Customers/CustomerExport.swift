public import Identity
public import Storage
import Text

/// Writes all customers as a list that `CustomerImport` reads.
public struct CustomerExport {
    private let store: CustomerStore

    public init(of store: CustomerStore) {
        self.store = store
    }

    /// Returns how many there were. Customers who are added meanwhile may be in the list or not.
    /// - Parameters:
    ///   - progress: Told how many are written, after every few thousand.
    public func run<Fault: Error>(
        write: ([UInt8]) throws(Fault) -> Void, progress: (_ rows: Int) -> Void
    ) throws(CustomerTransferFault<Fault>) -> Int {
        var writer = CSVWriter()
        writer.record(CustomerTable.header)
        var count = 0
        var last: CustomerID?
        while true {
            let part: [Customer]
            do throws(StoreFault) {
                part = try store.customers(after: last, countMax: Self.partMax)
            } catch {
                throw .store(error)
            }
            for customer in part { writer.record(CustomerTable.fields(customer)) }
            do throws(Fault) { try write(writer.take()) } catch { throw .file(error) }
            count += part.count
            progress(count)
            guard part.count == Self.partMax else { return count }
            last = part.last?.id
        }
    }

    private static let partMax = 2000
}

/// What ended an import or an export: the store, or the file.
public enum CustomerTransferFault<File: Error>: Error {
    case store(StoreFault)
    case file(File)
}
