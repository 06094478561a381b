import Command
import Reactor
import Replay
import Traces

/// A trace on disk.
enum TraceFile {
    /// Calls `use` with every line that is whole.
    ///
    /// - Parameter isStrict: Whether the first damaged line ends it; else the damaged are passed over.
    /// - Returns: The damaged lines' count, and the first ones.
    @discardableResult
    static func read(
        _ path: String, isStrict: Bool = true, _ use: (_ number: Int, TraceLine) -> Void
    ) throws(CommandFault) -> DamagedLines {
        var damaged = DamagedLines()
        var reader = TraceReader()
        do throws(SystemFault) {
            let file = try FileReading(path)
            while true {
                let bytes = try file.next()
                reader.take(bytes, isLast: bytes.isEmpty) { item in
                    switch item {
                    case .line(let number, let line): use(number, line)
                    case .damaged(let number, let fault): damaged.add(number, fault)
                    }
                }
                if bytes.isEmpty || isStrict && damaged.count > 0 { break }
            }
        } catch {
            throw CommandFault("\(error)")
        }
        if isStrict, let first = damaged.first.first {
            throw CommandFault(
                "\(path):\(first.number): \(first.fault)\n--skip-damaged passes over such lines")
        }
        return damaged
    }
}
