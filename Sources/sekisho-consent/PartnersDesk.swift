import Authorization
import Command
import Reactor
import Settings
import Storage
import Text

/// The partners of the configuration file and those in the store, for the operators' command.
struct PartnersDesk {
    /// What was done.
    struct Change {
        let verb: String
        let partner: String
        let sentence: String
        let details: [(String, String)]
    }

    private enum Place: String {
        case file = "configuration"
        case store
        case removed
    }

    private let settings: ConsentSettings
    private let store: ConsentStore

    init(_ settings: ConsentSettings, store: ConsentStore) {
        self.settings = settings
        self.store = store
    }

    // MARK: Reading

    func list() throws(CommandFault) -> String {
        let stored = try stored()
        var lines: [[String]] = []
        for partner in settings.partners where stored[partner.id] == nil {
            lines.append(row(partner, .file, by: ""))
        }
        for (id, entry) in stored {
            let by = "\(entry.changedBy), \(entry.changedAt.rfc3339)"
            guard let partner = try partner(in: entry) else {
                lines.append([id, Place.removed.rawValue, "", "", by, ""])
                continue
            }
            lines.append(row(partner, .store, by: by))
        }
        lines.sort { $0[0] < $1[0] }
        return table([["id", "stands in", "profile", "known by", "changed by", "name"]] + lines)
    }

    func show(_ id: String) throws(CommandFault) -> String {
        let stored = try stored()
        if let entry = stored[id] {
            guard let partner = try partner(in: entry) else {
                throw CommandFault("partner \(id): removed by \(entry.changedBy), \(entry.changedAt.rfc3339)")
            }
            return partner.document
        }
        guard let partner = settings.partners.first(where: { $0.id == id }) else { throw Self.unknown(id) }
        return partner.document
    }

    func history(_ id: String?) throws(CommandFault) -> String {
        let changes = try reading { () throws(ConsentStoreFault) in
            try store.partnerChanges(id, countMax: Self.changesShownMax)
        }
        return changes.map { change in
            let what = change.document ?? "removed"
            return "\(change.changedAt.rfc3339)  \(change.changedBy)  \(change.id)  \(what)"
        }.joined(separator: "\n")
    }

    // MARK: Changing

    func save(_ partner: ConsentSettings.Partner, replaces: Bool) throws(CommandFault) -> Change {
        let before = try current(partner.id)
        if !replaces, before != nil {
            throw CommandFault(
                "partner \(partner.id): there is one with this id; `update` puts another in its place")
        }
        if replaces, before == nil { throw Self.unknown(partner.id) }
        try keep(partner.id, partner.document)
        let verb = replaces ? "updated" : "added"
        return Change(
            verb: verb, partner: partner.id, sentence: "partner \(partner.id): \(verb)",
            details: [("document", partner.document)] + (before.map { [("before", $0.document)] } ?? []))
    }

    func remove(_ id: String) throws(CommandFault) -> Change {
        guard let before = try current(id) else { throw Self.unknown(id) }
        let grants = try reading { () throws(ConsentStoreFault) in
            try store.activeGrantCount(of: id, at: WallTime(seconds: Clock.wall()))
        }
        try keep(id, nil)
        var sentence = "partner \(id): removed; \(grants) grants of customers stay on record and open nothing"
        if settings.partners.contains(where: { $0.id == id }) {
            sentence +=
                "\nIt still stands in the configuration file, where it counts for nothing until it is added."
        }
        return Change(
            verb: "removed", partner: id, sentence: sentence,
            details: [("before", before.document), ("active_grants", "\(grants)")])
    }

    // MARK: Parts

    private func current(_ id: String) throws(CommandFault) -> ConsentSettings.Partner? {
        if let entry = try stored()[id] { return try partner(in: entry) }
        return settings.partners.first { $0.id == id }
    }

    private func keep(_ id: String, _ document: String?) throws(CommandFault) {
        let change = StoredPartner(
            id: id, document: document, changedAt: WallTime(seconds: Clock.wall()),
            changedBy: OperatingUser.current.text)
        try reading { () throws(ConsentStoreFault) in try store.save(change) }
    }

    private func stored() throws(CommandFault) -> [String: StoredPartner] {
        let partners = try reading { () throws(ConsentStoreFault) in try store.storedPartners() }
        return Dictionary(partners.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Nil for one that was removed.
    private func partner(in entry: StoredPartner) throws(CommandFault) -> ConsentSettings.Partner? {
        guard let document = entry.document else { return nil }
        switch ConsentSettings.Partner.read(text: Array(document.utf8), file: entry.id, folder: "") {
        case .accepted(let partner, _): return partner
        case .rejected(let complaints): throw CommandFault("\(SettingsReport(complaints))")
        }
    }

    private func reading<Value>(
        _ body: () throws(ConsentStoreFault) -> Value
    ) throws(CommandFault) -> Value {
        do throws(ConsentStoreFault) {
            return try body()
        } catch {
            throw CommandFault("\(error)")
        }
    }

    private func row(_ partner: ConsentSettings.Partner, _ place: Place, by: String) -> [String] {
        let known =
            switch partner.authentication {
            case .subject(let subject): "subject \(subject)"
            case .dns(let name): "DNS name \(name)"
            case .uri(let uri): "URI \(uri)"
            case .address: "IP address"
            case .email(let mailbox): "mail address \(mailbox)"
            case .fingerprint(let bytes): "certificate \(Hex.encode(bytes).prefix(16))…"
            case .keys(let keys): keys.count == 1 ? "1 key" : "\(keys.count) keys"
            case .keysFile(let path): "keys in \(path)"
            }
        return [partner.id, place.rawValue, partner.profile.rawValue, known, by, partner.name]
    }

    private func table(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    private static func unknown(_ id: String) -> CommandFault {
        CommandFault("partner \(id): there is none with this id; `list` shows all")
    }

    private static let changesShownMax = 1000
}
