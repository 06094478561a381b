import Synchronization
import Trust
import X509

/// CRLs in use, by the parts they were read from, so that an epoch that changes something else shares them.
/// Holds none of them: they go with the last epoch that has them.
final class RevocationListShelf: Sendable {
    private struct Entry {
        weak let list: RevocationList?
    }

    private let entries = Mutex<[[UInt8]: [Entry]]>([:])

    func lists(of part: EpochPart) throws(RevocationFileFault) -> [RevocationList] {
        if let known = entries.withLock({ $0[part.hash] })?.map(\.list), !known.contains(where: { $0 == nil })
        {
            return known.compactMap { $0 }
        }
        let lists = try RevocationList.parse(part.bytes)
        entries.withLock { entries in
            entries = entries.filter { $0.value.contains { $0.list != nil } }
            entries[part.hash] = lists.map { Entry(list: $0) }
        }
        return lists
    }
}
