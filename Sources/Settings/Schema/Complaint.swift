public import Text

/// One thing that is wrong, or only odd, in a configuration file.
public struct Complaint: Sendable, Hashable, CustomStringConvertible {
    /// The file's name as the caller gave it.
    public let file: String
    public let position: TextPosition
    /// Of the key: `hosts[0].routes[2].upstream`; empty when it is about the whole file.
    public let path: String
    /// What was expected, in English.
    public let message: String

    public init(file: String, position: TextPosition, path: String, message: String) {
        self.file = file
        self.position = position
        self.path = path
        self.message = message
    }

    /// `file:line:column: path: message`, as compilers print it and editors jump to it.
    public var description: String {
        "\(file):\(position): \(path.isEmpty ? "" : path + ": ")\(message)"
    }
}

/// What a configuration file comes to.
public enum SettingsOutcome<Value: Sendable>: Sendable {
    /// The value may be used. A warning tells of something that can hardly be meant.
    case accepted(Value, warnings: [Complaint])
    /// All that is wrong, in the order of the file; never empty.
    case rejected([Complaint])
}

extension SettingsOutcome: Equatable where Value: Equatable {}

/// Complaints as an operator reads them.
public struct SettingsReport: Sendable, CustomStringConvertible {
    public let complaints: [Complaint]

    public init(_ complaints: [Complaint]) {
        self.complaints = complaints
    }

    /// One line each.
    public var description: String {
        complaints.map(\.description).joined(separator: "\n")
    }
}
