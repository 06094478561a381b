public import Reactor
public import Replay

/// The certificates and keys of a run. They stay in their file until somebody needs them: of a client no more
/// is kept than where it stands there.
public final class CredentialShelf: Sendable {
    /// Of those that the score needs.
    public let missingCount: Int
    let authorities: [String: [UInt8]]
    private let file: FileParts?
    /// In the order of the score; a length of 0 for one that is not there.
    private let lines: [(offset: Int, length: Int32)]
    private let keys: [CredentialKey]

    /// With nothing on it.
    public init(emptyFor score: Score) {
        missingCount = score.credentials.count
        authorities = [:]
        file = nil
        lines = []
        keys = score.credentials
    }

    /// - Parameter path: A file as `CredentialFile` has it. Lines that are none are passed over.
    public init(for score: Score, in path: String) throws(SystemFault) {
        let parts = try FileParts(path)
        var authorities: [String: [UInt8]] = [:]
        var lines = [(offset: Int, length: Int32)](repeating: (0, 0), count: score.credentials.count)
        func take(_ line: ArraySlice<UInt8>, at offset: Int) {
            switch CredentialFile.entry(Array(line)) {
            case nil: break
            case .authority(let name, let certificate)?: authorities[name] = certificate
            case .client(let credential)?:
                // Of a PKI for a larger trace, no more than this one needs.
                guard let place = score.place(of: credential.key) else { return }
                lines[Int(place)] = (offset, Int32(line.count))
            }
        }
        let reading = try FileReading(path)
        var rest: [UInt8] = []
        var offset = 0
        while true {
            let bytes = try reading.next()
            rest += bytes
            var start = 0
            while let end = rest[start...].firstIndex(of: 0x0A) {
                take(rest[start..<end], at: offset + start)
                start = end + 1
            }
            rest.removeFirst(start)
            offset += start
            if bytes.isEmpty { break }
        }
        file = parts
        self.authorities = authorities
        self.lines = lines
        keys = score.credentials
        missingCount = lines.count { $0.length == 0 }
    }

    /// From any thread; nil when it is not there, or no longer what it was.
    func credential(_ place: Int32) -> Credential? {
        guard let file, lines[Int(place)].length > 0 else { return nil }
        let (offset, length) = lines[Int(place)]
        guard let line = file.bytes(at: offset, count: Int(length)),
            case .client(let credential)? = CredentialFile.entry(line), credential.key == keys[Int(place)]
        else { return nil }
        return credential
    }
}
