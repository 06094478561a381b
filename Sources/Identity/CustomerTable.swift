public import Text

/// A list of customers as comma-separated values: a header with the names of columns, in any order, and a
/// record for each customer.
///
/// | column | is |
/// |---|---|
/// | `id` | お客様ID |
/// | `name` | the name that pages show |
/// | `role` | `master`, `administrator` or `general` |
/// | `method` | `certificate`, `password` or `either` |
/// | `status` | `active`, `stopped` or `closed`; known customers keep theirs when there is no such column |
/// | `password_hash` | in a form that the password hashing room knows |
/// | `password` | the password itself; one of the two columns |
/// | `password_changed_at` | when it was changed last (RFC 3339), or nothing: known customers keep theirs |
public struct CustomerTable: Sendable {
    private let places: [Column: Int]
    private let columnCount: Int

    enum Column: String, CaseIterable {
        case id, name, role, method, status, passwordHash = "password_hash", password
        case passwordChangedAt = "password_changed_at"
    }

    /// - Throws: what is wrong with the header.
    public init(header: CSVRecord) throws(CustomerTableFault) {
        var places: [Column: Int] = [:]
        let known = Column.allCases.map(\.rawValue).joined(separator: ", ")
        for field in 0..<header.count {
            guard let column = header.text(field).flatMap(Column.init) else {
                throw CustomerTableFault(
                    line: header.line, message: "column \(field + 1): expected one of \(known)")
            }
            guard places.updateValue(field, forKey: column) == nil else {
                throw CustomerTableFault(
                    line: header.line, message: "the column \(column.rawValue) is there twice")
            }
        }
        for column in [Column.id, .name, .role, .method] where places[column] == nil {
            throw CustomerTableFault(line: header.line, message: "the column \(column.rawValue) is missing")
        }
        guard (places[.password] == nil) != (places[.passwordHash] == nil) else {
            throw CustomerTableFault(
                line: header.line, message: "expected one of the columns password_hash and password")
        }
        self.places = places
        columnCount = header.count
    }

    /// Whether the list says who is stopped or closed.
    public var hasStatus: Bool { places[.status] != nil }

    /// The columns that `CustomerTable.fields` fills.
    public static let header = [
        "id", "name", "role", "method", "status", "password_hash", "password_changed_at",
    ]

    /// A customer as a record under `header`.
    public static func fields(_ customer: Customer) -> [String] {
        [
            customer.id.text, customer.displayName, customer.role.rawValue, customer.method.rawValue,
            customer.status.rawValue, customer.passwordHash, customer.passwordChangedAt?.rfc3339 ?? "",
        ]
    }

    /// One customer, or everything that is wrong with the record. No complaint shows a password or a hash.
    public func row(_ record: CSVRecord) -> CustomerRowOutcome {
        guard record.count == columnCount else {
            let expected = "expected \(columnCount) fields as in the header, not \(record.count)"
            return .refused([CustomerTableFault(line: record.line, message: expected)])
        }
        var reading = RowReading(record: record, places: places)
        let id = reading.value(.id, "1 to 64 printable ASCII characters without space", CustomerID.init)
        let name = reading.value(.name, "1 to 200 characters on one line", displayName)
        let role = reading.choice(.role, of: CustomerRole.self)
        let method = reading.choice(.method, of: AuthenticationMethod.self)
        let status = places[.status] == nil ? .active : reading.choice(.status, of: CustomerStatus.self)
        let password: CustomerRow.Password?
        if places[.password] == nil {
            password = reading.secret(.passwordHash).map { .hash($0) }
        } else {
            password = reading.secret(.password).map { .plain($0) }
        }
        let changedAt = reading.moment(.passwordChangedAt)
        guard let id, let name, let role, let method, let status, let password, let changedAt else {
            return .refused(reading.faults)
        }
        return .row(
            CustomerRow(
                line: record.line,
                customer: Customer(
                    id: id, displayName: name, role: role, method: method, status: status, passwordHash: "",
                    passwordChangedAt: changedAt.value),
                password: password))
    }
}

public enum CustomerRowOutcome: Sendable {
    case row(CustomerRow)
    case refused([CustomerTableFault])
}

/// A customer of a list, whose password is yet to be looked at.
public struct CustomerRow: Sendable {
    public enum Password: Sendable {
        case hash(String)
        case plain(String)
    }

    public let line: Int
    /// With an empty password hash.
    public let customer: Customer
    public let password: Password
}

/// What is wrong with a list, and in which line.
public struct CustomerTableFault: Error, Sendable, Hashable, CustomStringConvertible {
    public let line: Int
    public let message: String

    public init(line: Int, message: String) {
        self.line = line
        self.message = message
    }

    public var description: String { "\(line): \(message)" }
}

private struct RowReading {
    let record: CSVRecord
    let places: [CustomerTable.Column: Int]
    var faults: [CustomerTableFault] = []

    mutating func value<Value>(
        _ column: CustomerTable.Column, _ expected: String, _ make: (String) -> Value?
    ) -> Value? {
        guard let text = text(column) else { return nil }
        guard let value = make(text) else {
            complain(column, "expected \(expected), not \(shown(text))")
            return nil
        }
        return value
    }

    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ column: CustomerTable.Column, of _: Choice.Type
    ) -> Choice? {
        value(column, Choice.allCases.map(\.rawValue).joined(separator: ", "), Choice.init)
    }

    /// Nil when it is none; `value` is nil when nothing stands there.
    mutating func moment(_ column: CustomerTable.Column) -> (value: WallTime?, Void)? {
        guard let place = places[column], record.text(place)?.isEmpty != true else { return (nil, ()) }
        return value(column, "a moment like 2026-11-23T09:50:29Z", WallTime.init(rfc3339:)).map { ($0, ()) }
    }

    /// Never shown.
    mutating func secret(_ column: CustomerTable.Column) -> String? {
        guard let text = text(column) else { return nil }
        if text.isEmpty { complain(column, "expected something") }
        return text.isEmpty ? nil : text
    }

    private mutating func text(_ column: CustomerTable.Column) -> String? {
        guard let place = places[column] else { return nil }
        guard let text = record.text(place) else {
            complain(column, "expected UTF-8")
            return nil
        }
        return text
    }

    private mutating func complain(_ column: CustomerTable.Column, _ message: String) {
        faults.append(CustomerTableFault(line: record.line, message: "\(column.rawValue): \(message)"))
    }

    /// On one line of a terminal.
    private func shown(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(40).map { $0.isVisible ? $0 : "\u{FFFD}" }
        return "“\(String(String.UnicodeScalarView(scalars)))\(text.unicodeScalars.count > 40 ? "…" : "")”"
    }
}

/// A name that fits a page's line.
public func displayName(_ text: String) -> String? {
    1...200 ~= text.unicodeScalars.count && text.unicodeScalars.allSatisfy(\.isVisible) ? text : nil
}

extension Unicode.Scalar {
    fileprivate var isVisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
        default: true
        }
    }
}
