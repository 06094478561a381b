import Glibc
import Testing
import Text

@testable import Logs

@Suite struct LogSinkTests {
    private func record(_ event: String, _ kind: LogKind = .log, level: LogLevel = .info) -> LogRecord {
        LogRecord(level, event, at: WallTime(seconds: 0), kind: kind)
    }

    @Test func `a file that cannot be opened is a fault that names it`() {
        let fault = #expect(throws: LogFault.self) { _ = try LogSink(file: "/nowhere/at/all.log") }
        #expect(fault?.description == "open log /nowhere/at/all.log: No such file or directory")
    }

    @Test func `records from many threads arrive whole, and each thread's in order`() throws {
        let lines = try written { descriptor in
            let sink = LogSink(descriptor: descriptor, format: .text)
            inThreads(8) { number in
                for index in 0..<500 {
                    var record = LogRecord(.info, "thread.\(number)", at: WallTime(seconds: 0))
                    record.add("index", index)
                    #expect(sink.write(record))
                }
            }
            #expect(sink.flush())
            #expect(sink.droppedCount == 0)
        }
        #expect(lines.count == 8 * 500)
        for number in 0..<8 {
            let own = lines.filter { $0.contains("thread.\(number) ") }
            #expect(own == (0..<500).map { "1970-01-01 09:00:00.000 info thread.\(number) index=\($0)" })
        }
    }

    @Test func `records below the level are ignored, audit and access records never`() throws {
        let lines = try written { descriptor in
            let sink = LogSink(descriptor: descriptor, format: .text, levelMin: .notice)
            #expect(sink.write(record("a", level: .info)))
            sink.write(record("b", level: .notice))
            sink.write(record("c", .access, level: .debug))
            sink.write(record("d", .audit, level: .debug))
        }
        #expect(lines.map { $0.last } == ["b", "c", "d"])
    }

    @Test func `a sink that goes away writes what it had and leaves the descriptor open`() throws {
        let lines = try written { descriptor in
            for _ in 0..<100 { LogSink(descriptor: descriptor, format: .text).write(record("e")) }
            #expect(fcntl(descriptor, F_GETFD) >= 0)
        }
        #expect(lines.count == 100)
    }

    @Test func `a log file is its owner's alone, is appended to, and is not inherited`() throws {
        try inFolder { folder in
            let path = "\(folder)/a.log"
            for _ in 0..<2 {
                let sink = try LogSink(file: path, format: .text)
                #expect(descriptors(of: path).map { fcntl($0, F_GETFD) } == [FD_CLOEXEC])
                sink.write(record("e"))
            }
            #expect(descriptors(of: path).isEmpty)
            #expect(contents(path).count == 2)
            var status = stat()
            #expect(unsafe stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test func `a file moved away is left alone after reopening`() throws {
        try inFolder { folder in
            let path = "\(folder)/a.log"
            let sink = try LogSink(file: path, format: .text)
            sink.write(record("first"))
            sink.flush()
            #expect(unsafe rename(path, "\(folder)/a.log.1") == 0)
            sink.write(record("second"))
            sink.flush()
            try sink.reopen()
            sink.write(record("third"))
            #expect(sink.flush())
            #expect(contents("\(folder)/a.log.1").map { $0.last } == ["t", "d"])
            #expect(contents(path).map { $0.hasSuffix(" third") } == [true])
        }
    }

    @Test func `when reopening fails the sink goes on with the file it has`() throws {
        try inFolder { folder in
            #expect(unsafe mkdir("\(folder)/in", 0o700) == 0)
            let sink = try LogSink(file: "\(folder)/in/a.log", format: .text)
            #expect(unsafe rename("\(folder)/in", "\(folder)/out") == 0)
            #expect(throws: LogFault.self) { try sink.reopen() }
            sink.write(record("e"))
            #expect(sink.flush())
            #expect(contents("\(folder)/out/a.log").count == 1)
        }
    }

    @Test func `a reader that is gone ends neither the program nor the sink`() {
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        close(ends[0])
        let sink = LogSink(descriptor: ends[1], format: .json, queueBytesMax: 200)
        var taken = 0
        while sink.write(record("e")) { taken += 1 }
        #expect(taken >= 2)
        #expect(sink.droppedCount == 1)
        close(ends[1])
    }
}
