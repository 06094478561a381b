import Authorization
import Crypto
import Reactor
import Settings
import Synchronization
import Text

/// The partners in force: those of the configuration file, and over them those registered in the store.
///
/// The store is asked twice a second at most whether anything has changed. While it does not answer, the
/// partners stay as they were; nothing can be issued then anyway.
final class PartnerDirectory: Sendable {
    struct Partners: Sendable {
        let registry: PartnerRegistry
        fileprivate let keys: [String: [PublicKey]]

        func keys(of partner: String) -> [PublicKey] { keys[partner] ?? [] }
    }

    private struct State {
        var partners: Partners
        var revision: Int?
        var askedAt: MonotonicTime?
    }

    private let file: [RegisteredPartner]
    private let lifetimes: ConsentSettings.Lifetimes
    private let store: any PartnerRepository
    private let journal: ConsentJournal
    private let state: Mutex<State>

    init(_ settings: ConsentSettings, store: any PartnerRepository, journal: ConsentJournal) {
        var file: [RegisteredPartner] = []
        for partner in settings.partners {
            do throws(PartnerFault) {
                file.append(try RegisteredPartner(partner, settings.lifetimes))
            } catch {
                journal.partnerUnusable("\(error)")
            }
        }
        self.file = file
        self.store = store
        self.journal = journal
        lifetimes = settings.lifetimes
        state = Mutex(State(partners: Partners(file)))
        _ = current  // before anybody is let in by the file who was removed
    }

    /// The partners as they are now.
    var current: Partners {
        let now = Clock.monotonic()
        let (partners, revision, isDue) = state.withLock { state in
            let isDue = state.askedAt.map { now.microseconds(since: $0) >= Self.intervalMicroseconds } ?? true
            if isDue { state.askedAt = now }
            return (state.partners, state.revision, isDue)
        }
        // Whoever finds that it is time asks; the others go on with what there is.
        guard isDue, let newer = newer(than: revision) else { return partners }
        return state.withLock { state in
            if state.revision.map({ $0 < newer.revision }) ?? true {
                state.partners = newer.partners
                state.revision = newer.revision
            }
            return state.partners
        }
    }

    private func newer(than known: Int?) -> (partners: Partners, revision: Int)? {
        do throws(ConsentStoreFault) {
            let revision = try store.partnerRevision()
            guard revision != known else { return nil }
            let stored = try store.storedPartners()
            if known != nil { journal.partnersChanged(revision: revision, count: stored.count) }
            return (Partners(merged(stored)), revision)
        } catch {
            journal.storeFailed(error, SupportCode())
            return nil
        }
    }

    private func merged(_ stored: [StoredPartner]) -> [RegisteredPartner] {
        let hidden = Set(stored.map(\.id))
        return file.filter { !hidden.contains($0.partner.id) } + stored.compactMap(registered)
    }

    /// Nil for one that was removed, and for one that cannot be read: it is nobody then.
    private func registered(_ stored: StoredPartner) -> RegisteredPartner? {
        guard let document = stored.document else { return nil }
        switch ConsentSettings.Partner.read(text: Array(document.utf8), file: stored.id, folder: "") {
        case .rejected(let complaints):
            journal.partnerUnusable(complaints.map { "\($0)" }.joined(separator: "; "))
            return nil
        case .accepted(let settings, _):
            do throws(PartnerFault) {
                return try RegisteredPartner(settings, lifetimes)
            } catch {
                journal.partnerUnusable("\(error)")
                return nil
            }
        }
    }

    private static let intervalMicroseconds = 500_000
}

extension PartnerDirectory.Partners {
    fileprivate init(_ partners: [RegisteredPartner]) {
        registry = PartnerRegistry(partners.map(\.partner))
        keys = Dictionary(partners.map { ($0.partner.id, $0.keys) }) { first, _ in first }
    }
}
