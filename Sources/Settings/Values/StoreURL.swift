/// Where records are kept. More kinds of store will come; a switch over them must be complete.
public enum StoreURL: Sendable, Hashable, CustomStringConvertible {
    /// A file of this machine.
    case sqlite(path: String)

    /// In the form it is read from.
    public var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        }
    }
}

extension Kind where Value == StoreURL {
    static let store = Kind(resolving: .store) { text, reading throws(Expectation) in
        guard text.hasPrefix("sqlite:") else {
            throw Expectation("“sqlite:PATH”, the only store there is")
        }
        let path = String(text.dropFirst("sqlite:".utf8.count))
        guard isPath(path), !path.hasPrefix("//"), !path.hasPrefix(":") else {
            throw Expectation("a file's path after “sqlite:”, with no “//” in front")
        }
        return StoreURL.sqlite(path: reading.resolve(path))
    }
}

extension StringShape {
    fileprivate static let store = StringShape(phrase: "a store (“sqlite:PATH”)", pattern: "^sqlite:.+$")
}
