import COpenSSL

/// The DER that one of libcrypto's `i2d_…` functions writes; empty when it fails.
func encoded(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) -> [UInt8] {
    let length = write(nil)
    guard length > 0 else { return [] }
    return unsafe [UInt8](unsafeUninitializedCapacity: Int(length)) { output, count in
        var cursor = output.baseAddress
        count = max(0, Int(unsafe write(&cursor)))
    }
}

/// The content bytes of an ASN.1 string, integer or time.
func contentBytes(_ string: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
    let length = unsafe ASN1_STRING_length(string)
    guard length > 0, let data = unsafe ASN1_STRING_get0_data(string) else { return [] }
    return unsafe Array(UnsafeBufferPointer(start: data, count: Int(length)))
}

/// An object identifier in dotted decimal.
func dottedDecimal(_ object: OpaquePointer?) -> String {
    let length = unsafe OBJ_obj2txt(nil, 0, object, 1)
    guard length > 0 else { return "" }
    // One more for the NUL that C writes.
    let text = unsafe [CChar](unsafeUninitializedCapacity: Int(length) + 1) { output, count in
        count = max(0, Int(unsafe OBJ_obj2txt(output.baseAddress, length + 1, object, 1)))
    }
    return String(decoding: text.lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
