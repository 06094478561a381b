import Crypto
import Text

extension Console {
    /// Answers `PROGRAM version`.
    public static func printRelease(of program: String) {
        print("\(program) \(Release.version), Swift \(Release.swift), \(OpenSSLVersion.currentText)")
    }
}
