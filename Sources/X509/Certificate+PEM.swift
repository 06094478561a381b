import Text

extension Certificate {
    /// Reads a bundle: one or more `CERTIFICATE` blocks (RFC 7468), with explanatory text allowed between
    /// them.
    ///
    /// All or nothing: a block that is anything but a certificate, or cut off, is a fault that says which
    /// one.
    public static func parse(pem: [UInt8]) throws(CertificateFault) -> [Certificate] {
        var scanner = PEMScanner(pem, label: "CERTIFICATE")
        var certificates: [Certificate] = []
        while let block = try nextBlock(of: &scanner) {
            guard let certificate = try? Certificate(der: block.der) else {
                throw .badBlock(ordinal: block.ordinal, line: block.line, problem: .undecodable)
            }
            certificates.append(certificate)
        }
        guard !certificates.isEmpty else { throw .emptyBundle }
        return certificates
    }

    private static func nextBlock(of scanner: inout PEMScanner) throws(CertificateFault) -> PEMBlock? {
        do throws(PEMFault) {
            return try scanner.next()
        } catch {
            throw .badBlock(ordinal: error.ordinal, line: error.line, problem: error.problem)
        }
    }

    /// The certificate as one PEM block.
    public var pem: [UInt8] { PEMText.block("CERTIFICATE", der) }
}
