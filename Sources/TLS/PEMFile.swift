import COpenSSL
import X509

/// Reads what an operator put in a PEM file. Other blocks and text between the blocks are skipped.
enum PEMFile {
    /// All certificates, in order; at least one.
    static func certificates(_ pem: [UInt8]) throws(TLSFault) -> [Certificate] {
        let input = try MemoryInput(pem)
        var certificates: [Certificate] = []
        ERR_clear_error()
        while let handle = unsafe PEM_read_bio_X509(input.bio, nil, refusePassword, nil) {
            certificates.append(unsafe Certificate(adopting: handle))
        }
        let error = ErrorQueue.drain()
        guard let error, error.library == ERR_LIB_PEM, error.reason == PEM_R_NO_START_LINE else {
            throw TLSFault(
                .operator, "badCertificate",
                "certificate \(certificates.count + 1) cannot be read: \(error?.text ?? "no reason given")")
        }
        guard !certificates.isEmpty else {
            throw TLSFault(.operator, "noCertificate", "there is no PEM certificate")
        }
        return certificates
    }

    /// The first private key.
    static func privateKey(_ pem: [UInt8]) throws(TLSFault) -> PrivateKeyHandle {
        let input = try MemoryInput(pem)
        var passwordWasAsked = false
        ERR_clear_error()
        let key = unsafe withUnsafeMutablePointer(to: &passwordWasAsked) { asked in
            unsafe PEM_read_bio_PrivateKey(input.bio, nil, refusePassword, asked)
        }
        if let key = unsafe key { return unsafe PrivateKeyHandle(adopting: key) }
        let text = ErrorQueue.drain()?.text ?? "no reason given"
        if passwordWasAsked {
            throw TLSFault(
                .operator, "encryptedKey",
                "the private key is encrypted with a password; only unencrypted keys can be used")
        }
        guard String(decoding: pem, as: UTF8.self).contains("PRIVATE KEY-----") else {
            throw TLSFault(.operator, "noKey", "there is no PEM private key")
        }
        throw TLSFault(.operator, "badKey", "the private key cannot be read: \(text)")
    }
}

/// Owns one reference to a private key.
@safe struct PrivateKeyHandle: ~Copyable {
    let key: OpaquePointer

    init(adopting key: OpaquePointer) { unsafe self.key = unsafe key }

    deinit { unsafe EVP_PKEY_free(key) }
}

/// Owns an OpenSSL input over a copy of some bytes, which it wipes afterwards.
@safe private struct MemoryInput: ~Copyable {
    let bio: OpaquePointer
    private let copy: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) throws(TLSFault) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
        unsafe copy.copyBytes(from: bytes)
        guard let bio = unsafe shim_BIO_of(copy.baseAddress, Int32(clamping: bytes.count)) else {
            unsafe copy.deallocate()
            throw .outOfMemory
        }
        unsafe self.copy = unsafe copy
        unsafe self.bio = unsafe bio
    }

    deinit {
        unsafe BIO_free(bio)
        unsafe OPENSSL_cleanse(copy.baseAddress, copy.count)
        unsafe copy.deallocate()
    }
}

/// Has no password, and says so instead of asking on the terminal; notes in `asked`, a `Bool`, that one is
/// needed.
private func refusePassword(
    _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _ asked: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe asked?.assumingMemoryBound(to: Bool.self).pointee = true
    return -1
}
