import CPostgres

extension DatabaseFault {
    /// Why there is no connection, or none any more.
    init(lostConnection handle: OpaquePointer) {
        let message = unsafe PQerrorMessage(handle).map { unsafe String(cString: $0) } ?? ""
        self.init(.unavailable, message.isEmpty ? "the connection is lost" : message.onOneLine)
    }

    /// What the server refused, in its words, but where they may repeat a value: then by constraint alone.
    init(result: OpaquePointer) {
        func field(_ name: Character) -> String? {
            unsafe PQresultErrorField(result, Int32(name.asciiValue ?? 0)).map { unsafe String(cString: $0) }
        }
        guard let state = field("C") else {
            self.init(.unavailable, "the connection was lost before the server answered")
            return
        }
        let isAboutValues = state.hasPrefix("22") || state.hasPrefix("23")
        let subject = [field("t"), field("n")].compactMap(\.self).joined(separator: ", ")
        let message = isAboutValues ? "a value is refused (\(subject))" : field("M") ?? ""
        self.init(Kind(sqlState: state), code: state, message.onOneLine)
    }

    /// Another transaction came in between, and the same again may well succeed.
    var isCrossing: Bool { code == "40001" || code == "40P01" }
}

extension DatabaseFault.Kind {
    /// By SQLSTATE (PostgreSQL manual, appendix A).
    init(sqlState state: String) {
        switch state {
        case "40001", "40P01", "55P03", "57014": self = .busy
        case "53100": self = .full
        case "XX001", "XX002": self = .corrupt
        default:
            switch state.prefix(2) {
            case "23": self = .conflict
            case "0A", "22", "26", "42": self = .statement
            default: self = .unavailable
            }
        }
    }
}

extension String {
    fileprivate var onOneLine: String {
        split(whereSeparator: \.isNewline).joined(separator: "; ")
    }
}
