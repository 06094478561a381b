/// Finds the end of HTTP/1.1 responses with a Content-Length, and no more: a load generator trusts its
/// servers, and its time is better spent on sending.
struct ResponseScan {
    enum Progress: Equatable {
        case incomplete
        case complete(status: Int)
        /// Something that this does not understand.
        case failed
    }

    private var head: [UInt8] = []
    private var status = 0
    private var bodyLeft: Int?
    private(set) var bodyBytes: UInt64 = 0

    /// Takes in what was read; a response may come in any number of pieces, and nothing may follow it.
    mutating func take(_ bytes: Span<UInt8>) -> Progress {
        var bytes = bytes
        if bodyLeft == nil {
            let before = head.count
            for index in bytes.indices { head.append(bytes[index]) }
            guard let end = Self.endOfHead(head, from: max(0, before - 3)) else {
                return head.count > Self.headBytesMax ? .failed : .incomplete
            }
            guard let (status, length) = Self.read(head[..<end]) else { return .failed }
            self.status = status
            bodyLeft = length
            bytes = bytes.extracting(droppingFirst: end - before)
            head.removeAll(keepingCapacity: true)
        }
        guard let left = bodyLeft, bytes.count <= left else { return .failed }
        bodyBytes += UInt64(bytes.count)
        bodyLeft = left - bytes.count
        guard bodyLeft == 0 else { return .incomplete }
        bodyLeft = nil
        return .complete(status: status)
    }

    private static func endOfHead(_ head: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + 4 <= head.count {
            if head[index] == 13, head[index + 1] == 10, head[index + 2] == 13, head[index + 3] == 10 {
                return index + 4
            }
            index += 1
        }
        return nil
    }

    /// Status and length of the body.
    private static func read(_ head: ArraySlice<UInt8>) -> (status: Int, length: Int)? {
        guard head.count > 12, let status = number(head[9..<12]) else { return nil }
        var lineStart = 0
        while let lineEnd = head[lineStart...].firstIndex(of: 10) {
            let line = head[lineStart..<lineEnd]
            if line.count > name.count, zip(line, name).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) {
                let value = line.dropFirst(name.count).filter { $0 != 32 && $0 != 13 }
                return number(value[...]).map { (status, $0) }
            }
            lineStart = lineEnd + 1
        }
        return status == 204 || status == 304 ? (status, 0) : nil
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        Int(String(decoding: digits, as: UTF8.self))
    }

    private static let name = Array("content-length:".utf8)
    private static let headBytesMax = 65_536
}
