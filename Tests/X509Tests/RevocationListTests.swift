import TestPKI
import Testing
import Text

@testable import X509

/// Why bytes are no CRL; nil when they are one.
func listFault(_ der: [UInt8]) -> RevocationListFault? {
    do throws(RevocationListFault) {
        _ = try RevocationList(der: der)
        return nil
    } catch { return error }
}

private func isMalformed(_ der: [UInt8]) -> Bool {
    if case .malformed = listFault(der) { true } else { false }
}

@Suite struct `Reading a revocation list` {
    let field = Field()

    func read(_ list: TestRevocationList) throws -> RevocationList {
        try RevocationList(der: list.signed(by: field.issuing))
    }

    func fault(_ change: (inout TestRevocationList) -> Void) -> RevocationListFault? {
        var list = TestRevocationList([.init(serial: [1])], at: midday)
        change(&list)
        return listFault(list.signed(by: field.issuing))
    }

    @Test func `the fields of a list are read`() throws {
        var list = TestRevocationList(
            [.init(serial: [1]), .init(serial: [2], reason: 6)], number: 300, at: midday)
        let read = try read(list)
        #expect(read.issuer == field.issuing.certificate.subject)
        #expect(read.thisUpdate == midday.adding(seconds: -60))
        #expect(read.nextUpdate == midday.adding(seconds: 86_340))
        #expect(read.number == RevocationListNumber(300) && read.number?.description == "300")
        #expect(read.entryCount == 2 && !read.isDelta && read.scope == RevocationScope())
        #expect(read.serials.entry(for: [1])?.reason == .unspecified)
        #expect(
            read.serials.entry(for: [2])
                == RevokedEntry(date: TestAuthority.notBefore, reason: .certificateHold))
        #expect(read.serials.entry(for: [3]) == nil)
        list = TestRevocationList([], number: nil, at: midday)
        list.version = []
        list.nextUpdate = nil
        let old = try self.read(list)
        #expect(old.number == nil && old.nextUpdate == nil && old.entryCount == 0)
        #expect(old.serials.entry(for: [1]) == nil)
    }

    @Test func `times are UTCTime until 2049 and GeneralizedTime after, to the second`() throws {
        for seconds: Int64 in [-631_152_000, 0, 951_782_399, 2_524_607_999, 2_524_608_000, 4_000_000_000] {
            var list = TestRevocationList(at: midday)
            list.thisUpdate = WallTime(seconds: seconds)
            #expect(try read(list).thisUpdate == WallTime(seconds: seconds))
        }
        for text in [
            "20260615123000", "202606151230Z", "20260615123000.5Z", "20260615123000+0900", "20261315123000Z",
            "20260230123000Z", "20260615243000Z", "20260615126000Z", "20260615123060Z", "2026061512300 Z",
        ] {
            let bytes = DER.element(0x18, Array(text.utf8))
            let cursor = DERElement(tag: 0x18, start: 0, content: 2..<bytes.count)
            #expect(bytes.span.wallTime(cursor) == nil, "\(text)")
        }
    }

    @Test func `no proper prefix is a list, nor one with a byte more`() {
        var list = TestRevocationList(
            [.init(serial: [1], reason: 1), .init(serial: [2])], number: 7, at: midday)
        list.extensions = [TestRevocationList.scope(TestRevocationList.point("http://a/"), [0x81, 1, 0xFF])]
        let der = list.signed(by: field.issuing)
        #expect(listFault(der) == nil)
        for count in 0..<der.count { #expect(isMalformed(Array(der[..<count])), "\(count)") }
        #expect(isMalformed(der + [0]))
    }

    /// Nothing that a changed byte does may be fatal; a list that still reads must not read past its end.
    @Test func `any byte may be anything`() {
        var list = TestRevocationList(
            [.init(serial: Array(repeating: 0x55, count: 20), reason: 1), .init(serial: [0xFF])], number: 7,
            at: midday)
        list.extensions = [
            TestRevocationList.scope(TestRevocationList.point("http://a/"), [0x83, 2, 1, 0x40]),
            TestRevocationList.delta(base: 3),
        ]
        let der = list.signed(by: field.issuing)
        var random = SystemRandomNumberGenerator()
        for index in der.indices {
            for value: UInt8 in [0, 1, 0x30, 0x7F, 0x80, 0x81, 0x84, 0x88, 0xFF, random.next()] {
                var changed = der
                changed[index] = value
                if let read = try? RevocationList(der: changed) {
                    _ = read.serials.entry(for: [0x55])
                    #expect(read.entryCount <= der.count)
                }
            }
        }
        for _ in 0..<2000 {
            var changed = der
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: changed.indices, using: &random)
                switch UInt8.random(in: 0..<3, using: &random) {
                case 0: changed[place] = random.next()
                case 1: changed.remove(at: place)
                default: changed.insert(random.next(), at: place)
                }
            }
            _ = try? RevocationList(der: changed)
        }
    }

    @Test func `what is not DER is refused`() throws {
        // Lengths that are longer than needed, indefinite, or more than four octets; high tags.
        for bytes: [UInt8] in [
            [0x30, 0x80, 0, 0], [0x30, 0x81, 0x01, 0], [0x30, 0x82, 0, 0x80], [0x30, 0x85, 0, 0, 0, 0, 0],
            [0x3F, 0x01, 0], [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x30], [],
        ] {
            var cursor = DERCursor(0..<bytes.count)
            #expect(throws: DERFault.self) { try cursor.next(in: bytes.span) }
            #expect(isMalformed(bytes))
        }
        #expect(fault { $0.version = DER.integer(0) } != nil)
        #expect(fault { $0.version = DER.integer(2) } != nil)
        // Extensions in version 1; one extension twice; a boolean that is neither; two scopes at once.
        #expect(fault { $0.version = [] } != nil)
        #expect(fault { $0.extensions = [DER.extension(20, DER.integer(2))] } != nil)
        let odd = DER.sequence(DER.oid(28), [1, 1, 1], DER.octets(DER.sequence()))
        #expect(fault { $0.extensions = [odd] } != nil)
        #expect(
            fault { $0.extensions = [TestRevocationList.scope([0x81, 1, 0xFF], [0x82, 1, 0xFF])] } != nil)
        #expect(fault { $0.extensions = [TestRevocationList.delta(base: 3), DER.extension(99, [])] } == nil)
        #expect(fault { $0.entries = [.init(serial: [])] } != nil)
        #expect(fault { $0.entries = [.init(serial: [1], date: DER.octets([1]))] } != nil)
    }

    @Test func `the algorithm inside the signature must be the one beside it`() {
        let der = TestRevocationList(at: midday).signed(by: field.issuing)
        // ecdsa-with-SHA256 is 1.2.840.10045.4.3.2; the last octet of the first is made -SHA384.
        let oid: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]
        let place = der.indices.first { der[$0...].starts(with: oid) } ?? 0
        var changed = der
        changed[place + 7] = 3
        #expect(isMalformed(changed))
    }

    @Test func `an indirect list is refused, however it shows`() {
        #expect(fault { $0.extensions = [TestRevocationList.scope([0x84, 1, 0xFF])] } == .indirect)
        for isCritical in [true, false] {
            let other = DER.extension(29, isCritical: isCritical, DER.sequence())
            #expect(fault { $0.entries.append(.init(serial: [9], extensions: [other])) } == .indirect)
        }
    }

    @Test func `a critical extension nobody understands refuses the list, another does not`() {
        #expect(
            fault { $0.extensions = [DER.extension(46, isCritical: true, DER.sequence())] }
                == .unknownCriticalExtension(oid: "2.5.29.46", entry: nil))
        #expect(fault { $0.extensions = [DER.extension(46, DER.sequence())] } == nil)
        let entry = TestRevocationList.Entry(
            serial: [2], extensions: [DER.extension(99, isCritical: true, [])])
        #expect(
            fault { $0.entries.append(entry) } == .unknownCriticalExtension(oid: "2.5.29.99", entry: 2))
        let harmless = [DER.extension(99, []), DER.extension(24, DER.element(0x18, []))]
        #expect(fault { $0.entries = [.init(serial: [2], extensions: harmless)] } == nil)
    }

    @Test(arguments: [TestDigest.sha1, .md5])
    func `a weak digest refuses the list`(digest: TestDigest) {
        let root = TestAuthority(name: "RSA Root", key: .rsa2048)
        var list = TestRevocationList(at: midday)
        #expect(listFault(list.signed(by: root)) == nil)
        list.digest = digest
        let name = digest == .sha1 ? "RSA-SHA1" : "RSA-MD5"
        #expect(listFault(list.signed(by: root)) == .weakSignature(algorithm: name))
    }

    @Test func `files are DER, or PEM with any number of blocks, all or nothing`() throws {
        let one = TestRevocationList(number: 1, at: midday).signed(by: field.issuing)
        let two = TestRevocationList(number: 2, at: midday).signed(by: field.root)
        func pem(_ der: [UInt8], label: String = "X509 CRL") -> [UInt8] {
            Array("text\n-----BEGIN \(label)-----\n\(Base64.encode(der))\n-----END \(label)-----\n".utf8)
        }
        func fault(_ bytes: [UInt8]) -> RevocationFileFault? {
            do throws(RevocationFileFault) {
                _ = try RevocationList.parse(bytes)
                return nil
            } catch { return error }
        }
        #expect(try RevocationList.parse(one).map(\.number) == [RevocationListNumber(1)])
        let both = pem(one) + pem(two)
        #expect(try RevocationList.parse(both).map(\.number?.description) == ["1", "2"])
        #expect(fault([]) == .empty && fault(Array("no list\n".utf8)) == .empty)
        #expect(
            fault(pem(one) + pem(two, label: "CERTIFICATE"))
                == .badBlock(ordinal: 2, line: 6, problem: .otherLabel))
        #expect(fault(pem(one) + pem([0x30, 0])) == .badList(ordinal: 2, .malformed(offset: 2)))
        #expect(fault(one + one) == .badList(ordinal: 1, .malformed(offset: one.count)))
        for count in both.indices where count > 5 {
            // A cut at the end of a block, or in the text between two, leaves whole blocks.
            let cut = Array(both[..<count])
            if let lists = try? RevocationList.parse(cut) {
                #expect(lists.count == 1 || count > both.count - 3)
            }
        }
    }
}

@Suite struct `Finding a serial number in a list` {
    let field = Field()

    func serials(_ numbers: [[UInt8]]) throws -> RevokedSerials {
        let list = TestRevocationList(numbers.map { .init(serial: $0) }, at: midday)
        return try RevocationList(der: list.signed(by: field.issuing)).serials
    }

    @Test func `numbers that look alike are told apart`() throws {
        // 1, 255, -1, 128, -128, 256, 2^63, 2^64 - 1, -(2^63), 20 and 21 octets.
        let numbers: [[UInt8]] = [
            [1], [0, 0xFF], [0xFF], [0, 0x80], [0x80], [1, 0], [0] + [0x80] + Array(repeating: 0, count: 7),
            [0] + Array(repeating: 0xFF, count: 8), [0x80] + Array(repeating: 0, count: 7),
            Array(repeating: 0x7F, count: 20), [0] + Array(repeating: 0xFF, count: 20),
            [1] + Array(repeating: 0, count: 19), [1] + Array(repeating: 0, count: 8),
        ]
        for (index, number) in numbers.enumerated() {
            let others = numbers.enumerated().filter { $0.offset != index }.map(\.element)
            let without = try serials(others)
            #expect(without.entry(for: number) == nil, "\(number)")
            for other in others { #expect(without.entry(for: other) != nil, "\(other)") }
            let alone = try serials([number])
            #expect(alone.entry(for: number) != nil)
            for other in others { #expect(alone.entry(for: other) == nil, "\(number) is not \(other)") }
        }
    }

    @Test func `octets that only repeat the sign change nothing`() throws {
        let padded = try serials([[0, 0, 0x12], [0, 0, 0xF0], [0xFF, 0xFF, 0x80]])
        for number: [UInt8] in [[0x12], [0, 0xF0], [0x80]] { #expect(padded.entry(for: number) != nil) }
        for number: [UInt8] in [[0xF0], [0, 0x80], [0xFF, 0x12]] { #expect(padded.entry(for: number) == nil) }
    }

    @Test func `numbers have 32 octets, and not one more`() throws {
        let long = [0x01] + [UInt8](repeating: 7, count: 31)
        #expect(try serials([long, [5]]).entry(for: long) != nil)
        #expect(try serials([long]).entry(for: long + [7]) == nil)
        let list = TestRevocationList([.init(serial: [5]), .init(serial: long + [7])], at: midday)
        #expect(listFault(list.signed(by: field.issuing)) == .serialTooLong(entry: 2))
    }

    @Test func `every one of thousands is found, and none beside them`() throws {
        for step: UInt64 in [1, 256, 0x0123_4567_89AB_CDEF] {
            let numbers = (1...3000).map { index -> [UInt8] in
                let value = UInt64(index) &* step
                return Array(DER.integer(value).dropFirst(2))
            }
            let serials = try serials(numbers.enumerated().filter { $0.offset % 2 == 0 }.map(\.element))
            for (index, number) in numbers.enumerated() {
                #expect((serials.entry(for: number) != nil) == (index % 2 == 0))
            }
        }
    }

    @Test func `an entry that revokes goes before one that takes it back`() throws {
        for reasons: [UInt8] in [[8, 1], [1, 8]] {
            let list = TestRevocationList(reasons.map { .init(serial: [4], reason: $0) }, at: midday)
            let read = try RevocationList(der: list.signed(by: field.issuing))
            #expect(read.serials.entry(for: [4])?.reason == .keyCompromise)
        }
    }

    @Test func `reasons without a name and dates nobody can read revoke all the same`() throws {
        let odd = TestRevocationList.Entry(serial: [4], date: DER.element(0x17, [0x41]), reason: 7)
        let read = try RevocationList(der: TestRevocationList([odd], at: midday).signed(by: field.issuing))
        #expect(read.serials.entry(for: [4]) == RevokedEntry(date: nil, reason: .unspecified))
    }
}
