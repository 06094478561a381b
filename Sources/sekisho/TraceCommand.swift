import Command
import Reactor
import Text

/// `sekisho trace …`: records what TLS handshakes the running gateway sees, over its admin socket.
enum TraceCommand {
    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let options = try Options(
            arguments.dropFirst(), named: ["--config", "--socket", "--bytes", "--seconds"],
            flags: ["--json", "--tell"], usage: usage)
        let isStart = arguments.first == "start"
        for name in options.names where !isStart && ["--bytes", "--seconds", "--tell"].contains(name) {
            throw CommandFault(usage: "\(name) is for trace start\n\n\(usage)")
        }
        guard options.words.count == (isStart ? 1 : 0) else { throw CommandFault(usage: usage) }
        let client = try AdminClient(options)
        let answer: AdminClient.Answer
        switch arguments.first {
        case "start": answer = try client.post("/trace/start", try terms(options))
        case "stop": answer = try client.post("/trace/stop")
        case "status": answer = try client.get("/trace")
        default: throw CommandFault(usage: usage)
        }
        guard answer.isGood else {
            throw CommandFault(
                options.has("--json") ? answer.text : answer.json["message"]?.string ?? answer.text)
        }
        Console.print(options.has("--json") ? answer.text : text(answer.json))
    }

    private static func terms(_ options: Options) throws(CommandFault) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("file", Files.absolute(options.words[0]))
        for (option, key) in [("--bytes", "bytesMax"), ("--seconds", "secondsMax")] {
            guard let text = options.value(option) else { continue }
            guard let number = Int64(text), number > 0 else {
                throw CommandFault(usage: "\(option) takes a number, not \(text)")
            }
            json.member(key, number)
        }
        if options.has("--tell") { json.member("tell", true) }
        json.endObject()
        return json.bytes
    }

    private static func text(_ json: JSONNode) -> String {
        guard let file = json["file"]?.string else { return "no trace was started" }
        func number(_ name: String) -> Int64 { json[name]?.integer ?? 0 }
        var text =
            "\(number("connections")) connections, \(number("bytes")) of at most \(number("bytesMax")) bytes"
        if number("dropped") > 0 { text += ", \(number("dropped")) connections not written down" }
        if json["recording"]?.bool == true {
            text += "\nwriting for \(number("seconds")) of at most \(number("secondsMax")) seconds"
            if json["tell"]?.bool == true {
                text += "\nclients on this machine are told what is thought of them"
            }
            return text
        }
        let why =
            switch json["end"]?.string {
            case "size": "the file is full"
            case "time": "its time is over"
            case "fault": "it could not be written on"
            default: "stopped"
            }
        return "\(text)\nended: \(why); \(file)"
    }

    private static let usage = """
        usage: sekisho trace start FILE [--bytes N] [--seconds N] [--tell] (--config FILE | --socket PATH)
               sekisho trace stop | status (--config FILE | --socket PATH); each also with --json

          start FILE
              write down every connection that ends from now on: when, which host, what was agreed on, what
              was thought of the certificate, under a pseudonym that means nothing anywhere else. The file is
              the gateway's own, must not be there yet, and is whole once the trace has ended: when stopped,
              at N bytes (64 MiB) or after N seconds (3600).
              --tell: meanwhile every response to a client on this machine says, in the field Sekisho-Outcome,
              what is thought of its certificate, for sekisho-replay to check. Not where a proxy on this
              machine passes customers on.
        """
}
