import COpenSSL

/// nil when libcrypto cannot get the memory.
func scrypt(_ password: [UInt8], salt: [UInt8], _ parameters: ScryptParameters, byteCount: Int) -> [UInt8]? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    var output = [UInt8](repeating: 0, count: byteCount)
    // An empty array may have no address, and to libcrypto a password without an address asks for a dry run.
    let passwordBytes = password.isEmpty ? [0] : password
    let outcome = unsafe passwordBytes.withUnsafeBytes { bytes in
        unsafe EVP_PBE_scrypt(
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count,
            UInt64(1) << UInt64(parameters.costLog2), UInt64(parameters.blockSize),
            UInt64(parameters.parallelism),
            UInt64(parameters.memoryByteCount), &output, output.count)
    }
    return outcome == 1 ? output : nil
}
