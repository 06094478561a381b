import Text

/// Where in a configuration file a value stands, for complaints that come up after the file was read.
///
/// All places are equal: where a value stands says nothing about what it is.
public struct SettingPlace: Sendable, Hashable, CustomStringConvertible {
    private let file: String
    private let position: TextPosition?
    private let path: String

    init(_ cursor: Cursor, in file: String) {
        self.file = file
        position = cursor.position
        path = cursor.path
    }

    /// Of a value that comes from no file.
    init() {
        file = ""
        position = nil
        path = ""
    }

    /// `file:line:column: path: message`, or the message alone.
    public func complaint(_ message: String) -> String {
        guard let position else { return message }
        return Complaint(file: file, position: position, path: path, message: message).description
    }

    /// `file:line:column`; empty for what comes from no file.
    public var description: String { position.map { "\(file):\($0)" } ?? "" }

    public static func == (_: SettingPlace, _: SettingPlace) -> Bool { true }

    public func hash(into _: inout Hasher) {}
}

extension Kind {
    /// The same kind, with the place told to the value.
    func placed(_ place: @escaping @Sendable (inout Value, SettingPlace) -> Void) -> Kind {
        Kind(shape: shape) { [decode] cursor, reading in
            guard var value = decode(cursor, &reading) else { return nil }
            place(&value, SettingPlace(cursor, in: reading.file))
            return value
        }
    }
}
