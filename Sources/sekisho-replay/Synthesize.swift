import Command
import Reactor
import Replay
import Text
import Traces

/// `sekisho-replay synthesize`.
enum Synthesize {
    static func run(_ arguments: ArraySlice<String>) throws(CommandFault) {
        let options = try Options(arguments, named: ["--out", "--seed"], usage: usage)
        guard options.words.count == 1 else { throw CommandFault(usage: usage) }
        let path = options.words[0]
        let plan = try plan(path)
        let seed = try options.number("--seed", 0...Int.max) ?? 1
        let out = try options.required("--out")
        var count = 0
        do throws(SystemFault) {
            let file = try FileWriting(out)
            var bytes = TraceLine.heading
            for line in Synthesis(plan, seed: UInt64(seed)) {
                bytes += line.json
                count += 1
                guard bytes.count >= partBytes else { continue }
                try file.write(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
            try file.write(bytes)
            try file.finish()
        } catch {
            throw CommandFault("\(error)")
        }
        Console.print("\(count) connections in \(Decimal.text(plan.seconds, digits: 1)) s, seed \(seed)")
    }

    private static func plan(_ path: String) throws(CommandFault) -> SynthesisPlan {
        let text: [UInt8]
        do throws(SystemFault) { text = try Files.read(path) } catch { throw CommandFault("\(error)") }
        do throws(JSONFault) { return try SynthesisPlan(parsing: text) } catch {
            throw CommandFault("\(path):\(error)")
        }
    }

    private static let partBytes = 1 << 20
    private static let usage = "usage: sekisho-replay synthesize PLAN.json5 --out TRACE [--seed N]"
}

extension Options {
    /// A whole number; nil when the option is not given.
    func number(_ name: String, _ range: ClosedRange<Int>) throws(CommandFault) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range ~= number else {
            throw CommandFault(
                usage:
                    "\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound),"
                    + " not \(text)"
            )
        }
        return number
    }
}
