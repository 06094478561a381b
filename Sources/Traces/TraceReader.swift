import Text

/// Takes a trace apart as its bytes arrive: cut anywhere, in pieces of any size.
public struct TraceReader: Sendable {
    /// One line of the file, counted from 1.
    public enum Item: Sendable {
        case line(Int, TraceLine)
        case damaged(Int, TraceFault)
    }

    private var rest: [UInt8] = []
    private var lineNumber = 0
    /// In the middle of a line that is too long to be one.
    private var isPassingOver = false

    public init() {}

    /// Calls `use` with each line that `bytes` complete. Blank lines are none.
    ///
    /// - Parameter isLast: Whether nothing follows, so that a last line needs no LF.
    public mutating func take(
        _ bytes: ArraySlice<UInt8>, isLast: Bool, _ use: (Item) -> Void
    ) {
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            add(bytes[start..<end], use)
            finishLine(use)
            start = end + 1
        }
        add(bytes[start...], use)
        if isLast, !rest.isEmpty || isPassingOver { finishLine(use) }
    }

    private mutating func add(_ bytes: ArraySlice<UInt8>, _ use: (Item) -> Void) {
        guard !isPassingOver else { return }
        guard rest.count + bytes.count <= TraceLine.bytesMax else {
            isPassingOver = true
            rest = []
            return
        }
        rest += bytes
    }

    private mutating func finishLine(_ use: (Item) -> Void) {
        lineNumber += 1
        defer {
            rest.removeAll(keepingCapacity: true)
            isPassingOver = false
        }
        if isPassingOver {
            return use(.damaged(lineNumber, TraceFault("longer than \(TraceLine.bytesMax) bytes")))
        }
        if rest.last == 0x0D { rest.removeLast() }
        if rest.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return }
        do throws(TraceFault) {
            if lineNumber == 1, try isHeading(rest) { return }
            use(.line(lineNumber, try TraceLine(parsing: rest)))
        } catch {
            use(.damaged(lineNumber, error))
        }
    }

    /// - Throws: When it is that of another version.
    private func isHeading(_ line: [UInt8]) throws(TraceFault) -> Bool {
        guard let node = try? JSONReader.read(line, dialect: .json, depthMax: 4),
            node["trace"]?.string == "sekisho"
        else { return false }
        guard node["version"]?.integer == 1 else {
            throw TraceFault("a trace of another version than 1, which this program does not know")
        }
        return true
    }
}
