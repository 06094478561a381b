import Command
import Gateway
import HTTP
import Reactor
import Settings
import Text
import Trust

/// `sekisho trust …`: looks at and changes the trust stores of the running gateway, over its admin socket.
enum TrustCommand {
    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let options = try Options(
            arguments.dropFirst(),
            named: [
                "--config", "--socket", "--crl", "--intermediates", "--if-epoch", "--if-content",
                "--allow-lockout", "--to",
            ], flags: ["--json", "--no-crl", "--no-intermediates", "--files"], usage: usage)
        guard let verb = arguments.first, let allowed = verbs[verb] else { throw CommandFault(usage: usage) }
        for name in options.names where !allowed.contains(name) && !everywhere.contains(name) {
            throw CommandFault(usage: "\(name) is not for trust \(verb)\n\n\(usage)")
        }
        guard let store = options.words.first else {
            guard verb == "show" else { throw CommandFault(usage: "which trust store?\n\n\(usage)") }
            return try showAll(AdminClient(options), asJSON: options.has("--json"))
        }
        guard verb == "stage" || options.words.count == 1 else { throw CommandFault(usage: usage) }
        guard verb != "restore" else { return try TrustRestore.run(options, store: store) }
        let client = try AdminClient(options)
        let path = "/trust/\(store)"
        let answer: AdminClient.Answer
        switch verb {
        case "show": answer = try client.get(path)
        case "history": answer = try client.get("\(path)/history")
        case "review": answer = try client.get("\(path)/review")
        case "stage":
            answer = try client.post("\(path)/stage", StagingBody.encode(try parts(options)))
        case "abort": answer = try client.post("\(path)/abort")
        case "reload": answer = try client.post("\(path)/reload")
        default: answer = try client.post("\(path)/\(verb)", try condition(options))
        }
        try finish(verb, answer, asJSON: options.has("--json"))
    }

    private static func showAll(_ client: AdminClient, asJSON: Bool) throws(CommandFault) {
        for (index, store) in try client.get("/trust").json.strings("stores").enumerated() {
            if index > 0, !asJSON { Console.print("") }
            try finish("show", try client.get("/trust/\(store)"), asJSON: asJSON)
        }
    }

    /// Prints the answer, and ends with the status that says what became of the command.
    private static func finish(
        _ verb: String, _ answer: AdminClient.Answer, asJSON: Bool
    ) throws(CommandFault) {
        if asJSON { Console.print(answer.text) }
        guard answer.isGood else {
            if !asJSON, let review = answer.json["review"] { Console.print(TrustText.review(review)) }
            throw CommandFault(
                asJSON ? nil : TrustText.refusal(answer.json), status: status(answer.json["error"]?.string))
        }
        if !asJSON { Console.print(TrustText.answer(verb, answer.json)) }
        if verb == "review", TrustText.isOverBound(answer.json) {
            throw CommandFault(nil, status: lockoutStatus)
        }
    }

    private static func status(_ code: String?) -> Int32 {
        switch code {
        case "lockouts": lockoutStatus
        case "epochMoved", "contentMoved", "busy", "nothingStaged", "unchanged", "noSuchEpoch":
            stateStatus
        default: 1
        }
    }

    private static func parts(_ options: Options) throws(CommandFault) -> [EpochPart] {
        var parts: [EpochPart] = []
        func read(_ paths: some Sequence<String>, as role: EpochPart.Role) throws(CommandFault) {
            for path in paths {
                let bytes: [UInt8]
                do throws(SystemFault) {
                    bytes = try Files.read(path, bytesMax: fileBytesMax)
                } catch {
                    throw CommandFault("\(error)")
                }
                guard !bytes.isEmpty else { throw CommandFault("\(path): empty") }
                parts.append(EpochPart(role, name: path, bytes: bytes))
            }
        }
        try read(options.words.dropFirst(), as: .anchors)
        try read(options.all("--intermediates"), as: .intermediates)
        try read(options.all("--crl"), as: .crl)
        // An empty part takes the place of all that is in force of its kind.
        if options.has("--no-intermediates") {
            parts.append(EpochPart(.intermediates, name: "none", bytes: []))
        }
        if options.has("--no-crl") { parts.append(EpochPart(.crl, name: "none", bytes: [])) }
        guard !parts.isEmpty else { throw CommandFault(usage: "nothing to stage\n\n\(usage)") }
        return parts
    }

    private static func condition(_ options: Options) throws(CommandFault) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        for (option, key) in [("--if-epoch", "ifEpoch"), ("--allow-lockout", "allowLockout"), ("--to", "to")]
        {
            guard let text = options.value(option) else { continue }
            guard let number = Int64(text), number >= 0 else {
                throw CommandFault(usage: "\(option) takes a number, not \(text)")
            }
            json.member(key, number)
        }
        if let content = options.value("--if-content") { json.member("ifContent", content) }
        json.endObject()
        return json.bytes
    }

    private static let everywhere: Set = ["--config", "--socket", "--json"]
    /// And the options that each has of its own.
    private static let verbs: [String: Set<String>] = [
        "show": [], "history": [], "review": [], "abort": [], "reload": [],
        "stage": ["--crl", "--intermediates", "--no-crl", "--no-intermediates"],
        "commit": ["--if-epoch", "--if-content", "--allow-lockout"],
        "rollback": ["--to", "--if-epoch", "--allow-lockout"],
        "restore": ["--to", "--files"],
    ]
    private static let lockoutStatus: Int32 = 3
    private static let stateStatus: Int32 = 4
    private static let fileBytesMax = 200 << 20

    static let usage = """
        usage: sekisho trust COMMAND STORE (--config FILE | --socket PATH) [--json]

          show [STORE]
              the epoch in force, its anchors and who uses them, what expires, what is staged
          stage STORE [NEW.pem …] [--intermediates FILE …] [--crl FILE …] [--no-intermediates] [--no-crl]
              prepare the next epoch; what is given replaces all of its kind, the rest stays as it is
          review STORE
              what the staged epoch changes, what is odd in it, and who of the lately seen it locks out
          commit STORE [--if-epoch N] [--if-content HASH] [--allow-lockout M]
              put the staged epoch in force, if it locks out no more than the configured number, or M;
              with HASH (16 digits or more), if nobody has staged anything else since it was reviewed
          rollback STORE [--to N] [--if-epoch N] [--allow-lockout M]
              bring an earlier epoch's content back, under a new number
          abort STORE
              drop what is staged
          reload STORE
              stage, review and commit the configured files
          history STORE
          restore STORE [--to N | --files] --config FILE
              when no gateway starts because the epoch in force is damaged in the store: puts epoch N's
              content, or the configured files, in its place, without a review; alone it says which epochs
              are whole. Works on the store itself; a gateway that runs takes it up within a second

        exit status: 0 done; 1 it could not be done; 2 usage; 3 too many would be locked out;
        4 the store is not in the state that the command is for (nothing staged, another epoch in force, …)
        """
}
