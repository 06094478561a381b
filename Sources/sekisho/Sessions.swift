import Command
import Identity
import Logs
import Reactor
import Settings
import Storage
import Text

/// `sekisho sessions …`: who is logged in, and ending that; on any node, since sessions lie in the store.
struct Sessions {
    private let options: Options
    private let settings: GatewaySettings
    private let store: SessionStore

    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let options = try Options(
            arguments.dropFirst(), named: ["--config", "--customer", "--session"],
            flags: ["--json", "--all"], usage: usage)
        guard options.words.isEmpty else { throw CommandFault(usage: usage) }
        let sessions = try Sessions(options)
        switch arguments.first {
        case "list": try sessions.list()
        case "end": try sessions.end()
        default: throw CommandFault(usage: usage)
        }
    }

    private init(_ options: Options) throws(CommandFault) {
        self.options = options
        settings = try GatewaySettings.read(options.required("--config"))
        store = SessionStore(try settings.database())
    }

    // MARK: Listing

    private func list() throws(CommandFault) {
        guard !options.has("--all"), !options.has("--session") else { throw CommandFault(usage: Self.usage) }
        let customer = try customer()
        let now = WallTime(seconds: Clock.wall())
        var last: Session?
        var count = 0
        if !options.has("--json") { Console.print(Self.heading) }
        while true {
            let part = try asking { () throws(StoreFault) in
                try store.list(of: customer, after: last, countMax: Self.partMax)
            }
            guard let end = part.last else { break }
            last = end
            for session in part where isLive(session, at: now) {
                count += 1
                Console.print(options.has("--json") ? Self.json(session) : Self.line(session))
            }
        }
        if !options.has("--json") { Console.print("\(count) sessions") }
    }

    /// Those whose time is over stay in the store for a while, so that their browsers can be told.
    private func isLive(_ session: Session, at now: WallTime) -> Bool {
        now.seconds - session.authenticatedAt.seconds < Int64(settings.session.absoluteSeconds)
            && now.seconds - session.lastSeenAt.seconds < Int64(settings.session.idleSeconds)
    }

    private static func line(_ session: Session) -> String {
        let certificate = session.certificateFingerprint.map { String(Hex.encode($0).prefix(16)) } ?? "-"
        return [
            session.publicID, session.customer.text, session.method.rawValue,
            session.authenticatedAt.rfc3339, session.lastSeenAt.rfc3339, session.clientAddress, certificate,
        ].joined(separator: "  ")
    }

    private static func json(_ session: Session) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("session", session.publicID)
        json.member("customer", session.customer.text)
        json.member("method", session.method.rawValue)
        json.member("authenticated_at", session.authenticatedAt.rfc3339)
        json.member("last_seen_at", session.lastSeenAt.rfc3339)
        json.member("client", session.clientAddress)
        if let fingerprint = session.certificateFingerprint {
            json.member("certificate", Hex.encode(fingerprint))
        }
        if let epoch = session.trustEpoch { json.member("epoch", Int64(clamping: epoch)) }
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    // MARK: Ending

    /// The gateways notice within a second.
    private func end() throws(CommandFault) {
        let customer = try customer()
        let publicID = options.value("--session")
        let asked = [customer != nil, publicID != nil, options.has("--all")].filter(\.self).count
        guard asked == 1, !options.has("--json") else { throw CommandFault(usage: Self.usage) }
        // Before: what can't be audited does not happen.
        let audit = try OperatorAudit(settings)
        try audit.record("sessions.endAsked") { record in
            if let customer { record.add("customer", customer.text) }
            if let publicID { record.add("session", publicID) }
            if options.has("--all") { record.add("all", "yes") }
        }
        let count = try asking { () throws(StoreFault) in
            if let publicID { return try store.end(publicID: publicID) == nil ? 0 : 1 }
            return try store.endAll(of: customer)
        }
        try audit.record("sessions.ended") { $0.add("count", count) }
        Console.print("\(count) ended")
        if publicID != nil, count == 0 { throw CommandFault("there is no such session") }
    }

    // MARK: Parts

    private func customer() throws(CommandFault) -> CustomerID? {
        guard let text = options.value("--customer") else { return nil }
        guard let id = CustomerID(text) else {
            throw CommandFault("--customer takes a customer ID, 1 to 64 printable ASCII characters")
        }
        return id
    }

    private func asking<Value>(_ body: () throws(StoreFault) -> Value) throws(CommandFault) -> Value {
        do throws(StoreFault) { return try body() } catch { throw CommandFault("\(error)") }
    }

    private static let partMax = 1000
    private static let heading =
        "SESSION  CUSTOMER  METHOD  LOGGED IN  LAST SEEN  CLIENT  CERTIFICATE (SHA-256, beginning)"

    static let usage = """
        usage: sekisho sessions list [--customer ID] [--json] --config FILE
               sekisho sessions end (--customer ID | --session SESSION | --all) --config FILE
        """
}
