import Foundation
import Testing

/// The kept corpus of scripts/fuzz: what once reached a corner of the readers, or broke one.
@Suite struct `The kept corpus` {
    @Test func `is read without harm, and every proper prefix of it`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fuzz/Corpus")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 20)
        for file in files {
            let bytes = [UInt8](try Data(contentsOf: file))
            for count in 0...bytes.count { readAnything(Array(bytes[..<count])) }
        }
    }
}
