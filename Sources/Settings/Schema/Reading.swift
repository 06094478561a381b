import Text

/// One pass over a file: where it stands, and what has been found wrong so far.
struct Reading {
    let file: String
    let folder: String
    private(set) var complaints: [Complaint] = []
    private(set) var warnings: [Complaint] = []

    init(file: String, folder: String) {
        self.file = file
        self.folder = folder
    }

    mutating func complain(_ message: String, at cursor: Cursor) {
        complain(message, position: cursor.position, path: cursor.path)
    }

    mutating func complain(_ message: String, position: TextPosition, path: String) {
        complaints.append(Complaint(file: file, position: position, path: path, message: message))
    }

    /// Complains about a key that `object` lacks.
    mutating func complain(missing key: String, in object: Cursor, _ message: String) {
        complain("missing; \(message)", position: object.position, path: object.path(of: key))
    }

    mutating func warn(_ message: String, at cursor: Cursor) {
        warn(message, position: cursor.position, path: cursor.path)
    }

    mutating func warn(_ message: String, position: TextPosition, path: String) {
        warnings.append(Complaint(file: file, position: position, path: path, message: message))
    }

    /// A relative path begins at the folder of the file.
    func resolve(_ path: String) -> String {
        guard !path.hasPrefix("/"), !folder.isEmpty else { return path }
        var relative = path[...]
        while relative.hasPrefix("./") { relative = relative.dropFirst(2) }
        return folder.hasSuffix("/") ? folder + relative : "\(folder)/\(relative)"
    }

    /// Reads a whole file by its schema.
    static func read<Value>(
        _ text: [UInt8], file: String, folder: String, by schema: Schema<Value>
    ) -> SettingsOutcome<Value> {
        var reading = Reading(file: file, folder: folder)
        var value: Value?
        do throws(JSONFault) {
            let node = try JSONReader.read(text, dialect: .json5)
            value = schema.decode(Cursor(node: node, path: ""), &reading)
        } catch {
            reading.complain(error.message, position: error.position, path: "")
        }
        guard let value, reading.complaints.isEmpty else {
            return .rejected(reading.complaints.inOrderOfTheFile)
        }
        return .accepted(value, warnings: reading.warnings.inOrderOfTheFile)
    }
}

extension [Complaint] {
    fileprivate var inOrderOfTheFile: [Complaint] {
        sorted { ($0.position, $0.path, $0.message) < ($1.position, $1.path, $1.message) }
    }
}
