import Crypto
import Glibc
import Logs
import Synchronization
import TestFolders
import Testing
import Text

@testable import Audit

@Suite struct AuditChainTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func events(_ count: Int) -> [String] { (0..<count).map { "login.\($0)" } }

    @Test func `records are numbered, and each carries the hash of the one before`() throws {
        try folder.record(events(3))
        let lines = try folder.lines(folder.log)
        #expect(lines.count == 4)
        var previous = ChainHead.noHash
        for (index, line) in lines.enumerated() {
            let node = try JSONReader.read(line, dialect: .json)
            #expect(node["seq"]?.integer == Int64(index + 1))
            #expect(node["prev"]?.string == previous)
            #expect(node["chain"]?.string?.utf8.count == 16)
            previous = SHA256Digest(of: line).hex
        }
        #expect(try JSONReader.read(lines[0], dialect: .json)["event"]?.string == "audit.chainStarted")
        #expect(try JSONReader.read(lines[1], dialect: .json)["reason"]?.string == "a\"b\n,\"chain\":\"")
        #expect(try folder.faults() == [])
    }

    @Test func `the chain goes on after a restart, a rotation by size and a file that was moved away`() throws
    {
        try folder.record(events(20), rotation: 2000)
        try folder.record(events(20), rotation: 2000)
        #expect(unsafe rename(folder.log, folder.file("audit.log.20200101T000000.000Z")) == 0)
        try folder.record(events(5))
        #expect(folder.auditFiles.count > 4)
        let verification = try folder.verification()
        #expect(verification.findings.filter { $0.weight == .fault } == [])
        #expect(verification.summaries.map(\.records) == [46])
    }

    @Test func `a file moved away while it is open is left alone, and the new one goes on`() throws {
        let sink = try folder.sink()
        sink.write(TestFolder.record("a"))
        #expect(sink.flush())
        #expect(unsafe rename(folder.log, folder.file("audit.log.20200101T000000.000Z")) == 0)
        try sink.reopen()
        sink.write(TestFolder.record("b"))
        #expect(sink.flush())
        #expect(try folder.lines(folder.log).count == 1)
        #expect(try folder.faults() == [])
    }

    @Test func `several writers share one chain`() throws {
        let sinks = try (0..<3).map { _ in try folder.sink() }
        for turn in 0..<60 {
            sinks[turn % 3].write(TestFolder.record("login.\(turn)"))
            if turn % 7 == 0 { #expect(sinks[turn % 3].flush()) }
        }
        for sink in sinks { #expect(sink.flush()) }
        let verification = try folder.verification()
        #expect(verification.findings.filter { $0.weight == .fault } == [])
        #expect(verification.summaries.map(\.records) == [61])
    }

    @Test func `checkpoints are signed, told outside, and vouch for what came before`() throws {
        let key = try Ed25519Key()
        let told = Mutex<[ChainHead]>([])
        try folder.record(events(2500), key: CheckpointKey(key)) { head in told.withLock { $0.append(head) } }
        let heads = told.withLock { $0 }
        #expect(heads.count >= 1)
        let verification = try folder.verification(keys: [key], heads: heads)
        #expect(verification.findings == [])
        let summary = try #require(verification.summaries.first)
        #expect(summary.checkpoints == heads.count)
        #expect(summary.vouchedUpTo == summary.last - 1)
        #expect(try folder.faults(keys: [Ed25519Key()]).first?.contains("not given") == true)
    }

    @Test func `what stood in the file before the chain began is told of and does no harm`() throws {
        folder.write([Array("{\"event\":\"old\"}".utf8), Array("{\"event\":\"old\"}".utf8)], to: folder.log)
        try folder.record(events(2))
        let verification = try folder.verification()
        #expect(verification.isGood)
        #expect(verification.findings.contains { $0.text.contains("2 records of the time before") })
    }

    @Test func `a line that a crash has cut off stays, and is no fault`() throws {
        try folder.record(events(3))
        let file = unsafe open(folder.log, O_WRONLY | O_APPEND)
        unsafe _ = write(file, "{\"time\":\"20", 11)
        close(file)
        try folder.record(events(2))
        let verification = try folder.verification()
        #expect(verification.findings.filter { $0.weight == .fault } == [])
        #expect(verification.findings.contains { $0.text.contains("crash") })
        // The same without the record that says so is one.
        var lines = try folder.lines(folder.log)
        lines.remove(at: 5)
        folder.write(lines, to: folder.log)
        #expect(try folder.faults().count >= 2)
    }

    @Test func `a process that ended between record and head goes on behind the record`() throws {
        try folder.record(events(3))
        let head = try folder.lines("\(folder.log).head")
        try folder.record(events(2))
        folder.write(head, to: "\(folder.log).head")
        try folder.record(events(2))
        #expect(try folder.faults() == [])
        #expect(try folder.lines(folder.log).count == 8)
    }

    // MARK: What has been done to the files

    @Test func `a removed record is found, wherever it was`() throws {
        try folder.record(events(5))
        let lines = try folder.lines(folder.log)
        for index in 0..<6 {
            var less = lines
            less.remove(at: index)
            folder.write(less, to: folder.log)
            let faults = try folder.faults()
            #expect(faults.count == 1, "\(index)")
            #expect(faults.first?.contains("record \(index + 1)") == true, "\(faults)")
        }
    }

    @Test func `every byte that is altered is found, and which record it was`() throws {
        try folder.record(events(3))
        let lines = try folder.lines(folder.log)
        for row in 0..<4 {
            for column in lines[row].indices {
                var changed = lines
                changed[row][column] ^= 1
                folder.write(changed, to: folder.log)
                let faults = try folder.faults()
                #expect(!faults.isEmpty, "\(row):\(column)")
            }
        }
        var changed = lines
        changed[1][60] ^= 1
        folder.write(changed, to: folder.log)
        #expect(try folder.faults() == ["record 2 was altered"])
        changed = lines
        changed[3][60] ^= 1
        folder.write(changed, to: folder.log)
        #expect(try folder.faults().first?.contains("record 4 is not the one that head knows") == true)
    }

    @Test func `records in another order are found`() throws {
        try folder.record(events(5))
        var lines = try folder.lines(folder.log)
        lines.swapAt(2, 3)
        folder.write(lines, to: folder.log)
        #expect(try folder.faults() == ["reordered: record 3 stands behind record 4"])
    }

    @Test func `a repeated record, or one that was put in, is found`() throws {
        try folder.record(events(4))
        let lines = try folder.lines(folder.log)
        folder.write(lines[..<3] + [lines[1]] + lines[3...], to: folder.log)
        #expect(try folder.faults().first?.contains("repeated or put in") == true)
        folder.write(
            lines[..<3] + [Array("{\"event\":\"login.accepted\"}".utf8)] + lines[3...], to: folder.log)
        #expect(try folder.faults() == ["not a record of the chain: altered, or put in"])
    }

    @Test func `a file cut off at its end, or in the middle of a record, is found`() throws {
        try folder.record(events(5))
        let lines = try folder.lines(folder.log)
        folder.write(Array(lines[..<4]), to: folder.log)
        #expect(try folder.faults() == ["the end is cut off: records 5 to 6 known from head"])
        folder.write(Array(lines[..<5]) + [Array(lines[5][..<20])], to: folder.log, ending: "")
        #expect(try folder.faults().contains("the file is cut off in the middle of this record"))
        // Without what stands beside it, a whole end can't be told from one that was cut off: it is said so.
        folder.write(Array(lines[..<4]), to: folder.log)
        let blind = try folder.verification(withHead: false)
        #expect(blind.isGood)
        #expect(blind.findings.contains { $0.text.contains("no .head file") })
    }

    @Test func `a whole file that is missing is found`() throws {
        try folder.record(events(30), rotation: 2000)
        try folder.record(events(30), rotation: 2000)
        let files = folder.auditFiles
        try #require(files.count >= 3)
        for index in files.indices {
            var less = files
            less.remove(at: index)
            #expect(try !folder.faults(less).isEmpty, "\(index)")
        }
        // Old files that were put away on purpose are named.
        let first = try #require(ChainLink(line: folder.lines(files[1])[0])?.sequence)
        #expect(try folder.faults(Array(files[1...]), from: first) == [])
    }

    @Test func `a chain that was written anew shows by its checkpoints`() throws {
        let key = try Ed25519Key()
        let told = Mutex<[ChainHead]>([])
        try folder.record(events(5), key: CheckpointKey(key)) { head in told.withLock { $0.append(head) } }
        // Somebody alters a record and all links after it, head included, without the key.
        var head = ChainHead(
            chain: try #require(ChainLink(line: folder.lines(folder.log)[0])).chain, sequence: 0,
            hash: ChainHead.noHash)
        var forged: [[UInt8]] = []
        for (index, line) in try folder.lines(folder.log).enumerated() {
            let end = try #require(line.firstRange(of: Array(",\"chain\":\"\(head.chain)\",\"seq\"".utf8)))
            var record = Array(line[..<end.lowerBound]) + [UInt8(ascii: "}")]
            if index == 2 { record[60] ^= 1 }
            let (new, next) = ChainLink.append(record, to: head)
            forged.append(new)
            head = next
        }
        folder.write(forged, to: folder.log)
        folder.write([Array(head.line.dropLast())], to: "\(folder.log).head")
        #expect(try folder.faults() == [])
        #expect(try folder.faults(keys: [key]) == ["this checkpoint's signature is forged"])
        #expect(try folder.faults(heads: told.withLock { $0 }).contains { $0.contains("written anew") })
    }

    @Test func `two nodes have two chains, and neither stands in for the other`() throws {
        let other = try TestFolder()
        try folder.record(events(3))
        try other.record(events(4))
        let files = [folder.log, other.log]
        let verification = try folder.verification(files)
        #expect(verification.summaries.map(\.records).sorted() == [4, 5])
        #expect(verification.isGood)
    }

    // MARK: A full disk

    @Test func `a full disk leaves no torn record, and all goes on when there is room`() throws {
        guard let disk = SmallDisk() else { return }
        let path = "\(disk.path)/audit.log"
        let troubles = Mutex<[Int32?]>([])
        let sink = try LogSink(
            ChainedOutput(path: path, rotation: nil, key: nil), path: path,
            onTrouble: { fault in troubles.withLock { $0.append(fault?.code) } })
        #expect(sink.commit(TestFolder.record("login.accepted")))
        disk.fill()
        var taken = 0
        while sink.commit(TestFolder.record("login.more")) { taken += 1 }
        #expect(sink.failure == ENOSPC)
        #expect(!sink.commit(TestFolder.record("login.refused")))
        disk.free()
        #expect(sink.flush())
        #expect(sink.failure == nil)
        #expect(sink.commit(TestFolder.record("login.again")))
        #expect(troubles.withLock { $0 } == [ENOSPC, nil])
        var evidence = AuditVerification.Evidence()
        evidence.heads = [(try #require(AuditWitness.head(beside: path)), true, "head")]
        let verification = try AuditVerification([path], evidence)
        #expect(verification.findings == [])
        // What was accepted and could not be committed is written once there is room, and nothing is lost.
        #expect(verification.summaries.first?.records == taken + 4)
    }

    // MARK: Support codes

    @Test func `a support code finds its record and the others of the same request`() throws {
        let sink = try folder.sink()
        for (request, code) in [("r1", "AAAAA-11111"), ("r2", "BBBBB-22222"), ("r1", nil)] {
            var record = LogRecord(.notice, "e", kind: .audit)
            record.add("request", request)
            if let code { record.add("support_code", code) }
            sink.write(record)
        }
        #expect(sink.flush())
        let search = try SupportSearch("AAAAA-11111", in: [folder.log])
        #expect(search.records.map { $0["request"] } == ["r1", "r1"])
        #expect(try SupportSearch("CCCCC-33333", in: [folder.log]).records.isEmpty)
    }

    @Test(arguments: ["7K2QX-9F3DW", "7k2qx9f3dw", "7K2QX 9F3DW", "7k2qx-9f3dw"])
    func `a support code is understood as it is read out`(_ text: String) {
        #expect(SupportCode(spoken: text)?.text == "7K2QX-9F3DW")
    }

    @Test func `letters for the digits they look like are understood, and nothing else`() {
        #expect(SupportCode(spoken: "OIL00-12345")?.text == "01100-12345")
        for text in ["", "7K2QX-9F3D", "7K2QX-9F3DWW", "7K2QX-9F3DU", "７K2QX-9F3DW"] {
            #expect(SupportCode(spoken: text) == nil, "\(text)")
        }
    }
}

/// 64 KiB of tmpfs, for those who may mount one.
final class SmallDisk {
    let path: String

    init?() {
        var template = Array("/tmp/sekisho-disk-XXXXXX".utf8CString)
        guard let made = unsafe mkdtemp(&template) else { return nil }
        path = unsafe String(cString: made)
        guard unsafe mount("tmpfs", path, "tmpfs", 0, "size=64k") == 0 else {
            unsafe rmdir(path)
            return nil
        }
    }

    deinit {
        free()
        unsafe umount2(path, Int32(MNT_DETACH))
        unsafe rmdir(path)
    }

    /// Leaves no page free.
    func fill() {
        let file = unsafe open("\(path)/filler", O_WRONLY | O_CREAT, 0o600)
        let page = [UInt8](repeating: 0, count: 4096)
        while unsafe write(file, page, page.count) > 0 {}
        close(file)
    }

    func free() { unsafe unlink("\(path)/filler") }
}
