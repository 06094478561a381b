import Glibc
import Testing

@testable import Logs

@Suite struct LogQueueTests {
    private func line(_ count: Int) -> [UInt8] {
        Array(repeating: UInt8(ascii: "x"), count: count)
    }

    @Test func `the bound counts every byte with the line feed`() {
        let queue = LogQueue(bytesMax: 20)
        #expect(!queue.add(line(20), isAudit: false, waitMilliseconds: 0), "21 bytes with the line feed")
        #expect(queue.add(line(9), isAudit: false, waitMilliseconds: 0))
        #expect(!queue.add(line(10), isAudit: false, waitMilliseconds: 0))
        #expect(queue.add(line(9), isAudit: false, waitMilliseconds: 0))
        #expect(!queue.add(line(0), isAudit: false, waitMilliseconds: 0))
        #expect(queue.droppedCount == 3)
    }

    @Test func `what was refused is reported after what stood in its way`() throws {
        let queue = LogQueue(bytesMax: 10)
        #expect(queue.add(line(9), isAudit: false, waitMilliseconds: 0))
        #expect(!queue.add(line(9), isAudit: false, waitMilliseconds: 0))
        #expect(!queue.add(line(9), isAudit: false, waitMilliseconds: 0))
        #expect(!queue.add(line(9), isAudit: true, waitMilliseconds: 5))
        queue.close()
        let lines = try written { descriptor in
            var writer = LogWriter(
                queue, LogRenderer(.text, isColoured: false),
                PlainOutput(descriptor: descriptor, isOwner: false))
            writer.run()
        }
        try #require(lines.count == 3)
        #expect(lines[0] == "xxxxxxxxx")
        #expect(lines[1].hasSuffix(" warning log.dropped count=2"))
        #expect(lines[2].hasSuffix(" error audit.dropped count=1"))
    }

    @Test func `an audit line larger than the queue is refused without waiting`() {
        let queue = LogQueue(bytesMax: 10)
        #expect(!queue.add(line(10), isAudit: true, waitMilliseconds: 600_000))
    }

    @Test func `an audit line waits for room, and goes before the others`() {
        let queue = LogQueue(bytesMax: 20)
        #expect(queue.add(line(9), isAudit: false, waitMilliseconds: 0))
        inThread {
            #expect(queue.add(line(14), isAudit: true, waitMilliseconds: 600_000))
        } meanwhile: {
            while queue.auditsWaiting == 0, queue.droppedCount == 0 { sched_yield() }
            #expect(!queue.add(line(1), isAudit: false, waitMilliseconds: 0), "room it has, but no turn")
            var taken: [UInt8] = []
            #expect(queue.take(&taken)?.dropped.logs == 1)
            #expect(taken.count == 10)
        }
        #expect(queue.add(line(1), isAudit: false, waitMilliseconds: 0))
    }

    @Test func `closing lets a waiting audit line go unrecorded and says so`() {
        let queue = LogQueue(bytesMax: 10)
        #expect(queue.add(line(9), isAudit: false, waitMilliseconds: 0))
        inThread {
            #expect(!queue.add(line(9), isAudit: true, waitMilliseconds: 600_000))
        } meanwhile: {
            while queue.auditsWaiting == 0, queue.droppedCount == 0 { sched_yield() }
            queue.close()
        }
        #expect(!queue.add(line(0), isAudit: false, waitMilliseconds: 0))
        #expect(queue.droppedCount == 2)
    }

    @Test func `lines a full disk refuses are kept for the file that takes its place`() throws {
        let full = unsafe open("/dev/full", O_WRONLY | O_CLOEXEC)
        let queue = LogQueue(bytesMax: 1000)
        #expect(queue.add(line(9), isAudit: true, waitMilliseconds: 0))
        let lines = try written { descriptor in
            inThread {
                var writer = LogWriter(
                    queue, LogRenderer(.text, isColoured: false), PlainOutput(descriptor: full, isOwner: true)
                )
                writer.run()
            } meanwhile: {
                #expect(!queue.waitUntilWritten(milliseconds: 5))
                queue.replaceOutput(by: dup(descriptor))
                #expect(queue.waitUntilWritten(milliseconds: 60_000))
                queue.close()
            }
        }
        #expect(lines == ["xxxxxxxxx"])
        #expect(queue.droppedCount == 0)
    }

    @Test func `lines that can be written nowhere before the end are counted`() {
        let full = unsafe open("/dev/full", O_WRONLY | O_CLOEXEC)
        let queue = LogQueue(bytesMax: 1000)
        for _ in 0..<3 { #expect(queue.add(line(9), isAudit: false, waitMilliseconds: 0)) }
        queue.close()
        var writer = LogWriter(
            queue, LogRenderer(.text, isColoured: false), PlainOutput(descriptor: full, isOwner: true))
        writer.run()
        #expect(queue.droppedCount == 3)
        #expect(queue.waitUntilEnded(milliseconds: 0))
    }
}
