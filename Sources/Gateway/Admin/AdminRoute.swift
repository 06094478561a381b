import Text

/// One command that operators may give: a method, a path, and who answers.
struct AdminRoute: Sendable {
    /// As audit records name it: `trust.commit`.
    let command: String
    let method: String
    /// The path's segments; one that begins with a colon stands for any name.
    private let pattern: [String]
    /// Called on a blocking pool, and may take its time.
    let answer: @Sendable (AdminRequest) throws(AdminRefusal) -> AdminAnswer

    /// - Parameter path: `/trust/:store/commit`
    init(
        _ command: String, _ method: String, _ path: String,
        answer: @escaping @Sendable (AdminRequest) throws(AdminRefusal) -> AdminAnswer
    ) {
        self.command = command
        self.method = method
        pattern = Self.segments(path)
        self.answer = answer
    }

    /// What stands for the names of the pattern; nil when the path is another.
    func parameters(in path: String) -> [String: String]? {
        let segments = Self.segments(path)
        guard segments.count == pattern.count else { return nil }
        var parameters: [String: String] = [:]
        for (expected, segment) in zip(pattern, segments) {
            if expected.hasPrefix(":") {
                guard !segment.isEmpty else { return nil }
                parameters[String(expected.dropFirst())] = segment
            } else if expected != segment {
                return nil
            }
        }
        return parameters
    }

    private static func segments(_ path: String) -> [String] {
        path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }
}

/// A command as it arrived.
struct AdminRequest: Sendable {
    let caller: AdminCaller
    /// By the names of the route's pattern.
    let parameters: [String: String]
    let body: [UInt8]
    let at: WallTime

    /// The body as JSON; an empty one is an empty object.
    func json() throws(AdminRefusal) -> JSONNode {
        do throws(JSONFault) {
            return try JSONReader.read(body.isEmpty ? Array("{}".utf8) : body, dialect: .json)
        } catch {
            throw AdminRefusal(status: 400, code: "malformed", "the request's body: \(error)")
        }
    }
}

/// Who gives a command: an account of the operating system, as the kernel vouches for it.
struct AdminCaller: Sendable, Hashable {
    let userID: UInt32
    let name: String

    /// `root (0)`
    var description: String { "\(name) (\(userID))" }
}

/// A JSON document.
struct AdminAnswer: Sendable {
    let body: [UInt8]

    init(_ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.beginObject()
        write(&writer)
        writer.endObject()
        body = writer.bytes
    }
}

/// Why a command was not carried out: words for the operator, and a code for scripts.
struct AdminRefusal: Error, Sendable {
    let status: Int
    let code: String
    let message: String
    /// More members for the answer, such as the review that led to the refusal.
    let details: (@Sendable (inout JSONWriter) -> Void)?

    init(
        status: Int, code: String, _ message: String, details: (@Sendable (inout JSONWriter) -> Void)? = nil
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.details = details
    }
}
