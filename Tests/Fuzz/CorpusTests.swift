import Foundation
import Testing

/// The kept corpora of scripts/fuzz: what once reached a corner of the readers, or broke one.
@Suite struct `The kept corpora` {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    @Test(arguments: Reader.allCases)
    func `are read without harm, and every proper prefix of each input`(reader: Reader) throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.folder.appending(path: reader.rawValue), includingPropertiesForKeys: nil)
        #expect(files.count >= 5)
        for file in files {
            let bytes = [UInt8](try Data(contentsOf: file))
            // Long inputs are cut here and there only.
            let step = max(1, bytes.count / 500)
            for count in stride(from: 0, to: bytes.count, by: step) { reader.read(Array(bytes[..<count])) }
            reader.read(bytes)
        }
    }

    @Test func `belong to a reader each`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(names) == Set(Reader.allCases.map(\.rawValue)))
    }
}
