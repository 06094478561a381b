import Command
import Crypto
import Customers
import Identity
import Logs
import Reactor
import Storage
import Text

/// Commands about one customer.
enum CustomersAccounts {
    static func add(_ options: Options) throws(CommandFault) {
        let office = try CustomerOffice(options)
        let id = try CustomerOffice.id(options.words[0])
        guard let name = displayName(try options.required("--name")) else {
            throw CommandFault("--name: expected 1 to 200 characters on one line")
        }
        let role = try choice(CustomerRole.self, "--role", options)
        let method = try choice(AuthenticationMethod.self, "--method", options)
        guard try office.answer({ (store) throws(StoreFault) in try store.customer(id) }) == nil else {
            throw CommandFault("there is a customer \(id) already")
        }
        let audit = try OperatorAudit(office.settings)
        let customer = Customer(
            id: id, displayName: name, role: role, method: method, passwordHash: try newPasswordHash())
        try office.answer { (store) throws(StoreFault) in try store.save([customer]) }
        try audit.record("customer.added") { record in
            record.add("customer", id.text)
            record.add("role", role.rawValue)
            record.add("method", method.rawValue)
        }
    }

    static func show(_ options: Options) throws(CommandFault) {
        let office = try CustomerOffice(options)
        let id = try CustomerOffice.id(options.words[0])
        guard let customer = try office.answer({ (store) throws(StoreFault) in try store.customer(id) })
        else {
            throw CommandFault("there is no customer \(id)")
        }
        var lines = [
            "id        \(customer.id)", "name      \(customer.displayName)",
            "role      \(customer.role.rawValue)",
            "method    \(customer.method.rawValue)",
            "status    \(customer.status.rawValue)\(customer.isLockedOut ? ", by wrong passwords" : "")",
            "duty      \(customer.duty?.rawValue ?? "none")",
            "failures  \(customer.failures.consecutive) in a row, \(customer.failures.pauses) pauses",
        ]
        if let changedAt = customer.passwordChangedAt {
            lines.append("password  changed \(changedAt.rfc3339)")
        }
        if let until = customer.failures.pausedUntil { lines.append("paused    until \(until.rfc3339)") }
        for enrolment in try office.answer({ (store) throws(StoreFault) in try store.enrolments(of: id) }) {
            lines.append(
                "enrolled  \(enrolment.subject ?? "-"), until \(enrolment.notAfter?.rfc3339 ?? "-"),"
                    + " fingerprint \(enrolment.fingerprint.map { Hex.encode($0) } ?? "-")")
        }
        Console.print(lines.joined(separator: "\n"))
    }

    static func set(_ status: CustomerStatus, _ options: Options) throws(CommandFault) {
        try change(options, .status(status), "customer.statusChanged", ["status": status.rawValue])
    }

    static func setPassword(_ options: Options) throws(CommandFault) {
        let id = try CustomerOffice.id(options.words[0])
        // Said before somebody types a password twice for nobody.
        let office = try CustomerOffice(options)
        guard try office.answer({ (store) throws(StoreFault) in try store.customer(id) }) != nil else {
            throw CommandFault("there is no customer \(id)")
        }
        let hash = try newPasswordHash()
        let now = WallTime(seconds: Clock.wall())
        try change(options, .passwordHash(hash, at: now), "customer.passwordChanged", [:])
    }

    static func setDuty(_ options: Options) throws(CommandFault) {
        let word = options.words[1]
        let duty = CustomerDuty(rawValue: word)
        guard duty != nil || word == "none" else {
            throw CommandFault("expected none, changePassword, finishSetup or readNotice, not “\(word)”")
        }
        try change(options, .duty(duty), "customer.dutyChanged", ["duty": word])
    }

    private static func change(
        _ options: Options, _ change: CustomerChange, _ event: String, _ fields: [String: String]
    ) throws(CommandFault) {
        let office = try CustomerOffice(options)
        let id = try CustomerOffice.id(options.words[0])
        let audit = try OperatorAudit(office.settings)
        let changed = try office.answer { (store) throws(StoreFault) in try store.change(id, change) }
        guard changed != nil else { throw CommandFault("there is no customer \(id)") }
        try audit.record(event) { record in
            record.add("customer", id.text)
            for (name, value) in fields { record.add(name, value) }
        }
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _: Choice.Type, _ name: String, _ options: Options
    ) throws(CommandFault) -> Choice {
        let text = try options.required(name)
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFault("\(name): expected one of \(names), not \(text)")
        }
        return choice
    }

    /// Typed twice at a terminal, given once by a program.
    private static func newPasswordHash() throws(CommandFault) -> String {
        let text = try Terminal.secret("new password: ")
        guard let password = NewPassword(text) else { throw CommandFault(NewPassword.expected) }
        if Terminal.isInteractive {
            guard try Terminal.secret("the same again: ") == text else {
                throw CommandFault("the two are not the same")
            }
        }
        do throws(CryptoFault) { return try PasswordHash.make(of: password.bytes).encoded } catch {
            throw CommandFault("\(error)")
        }
    }
}
