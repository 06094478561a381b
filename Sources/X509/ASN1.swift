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

/// An object identifier in dotted decimal, from the content of its DER; empty when it is none.
func dottedDecimal(ofContent content: [UInt8]) -> String {
    unsafe withObject(content) { unsafe dottedDecimal($0) } ?? ""
}

/// libcrypto's number for an object identifier; `NID_undef` for those it does not know.
func numericIdentifier(ofContent content: [UInt8]) -> Int32 {
    unsafe withObject(content) { unsafe OBJ_obj2nid($0) } ?? NID_undef
}

/// libcrypto's short name for one of its numbers: `SHA256`.
func shortName(_ nid: Int32) -> String? {
    guard nid != NID_undef, let name = unsafe OBJ_nid2sn(nid) else { return nil }
    return unsafe String(cString: name)
}

private func withObject<Result>(_ content: [UInt8], _ body: (OpaquePointer) -> Result) -> Result? {
    // Longer ones than any in use would need a longer length.
    guard content.count < 0x80 else { return nil }
    let der = [0x06, UInt8(content.count)] + content
    defer { ERR_clear_error() }
    return unsafe der.withUnsafeBufferPointer { bytes -> Result? in
        var cursor = bytes.baseAddress
        guard let object = unsafe d2i_ASN1_OBJECT(nil, &cursor, bytes.count) else { return nil }
        defer { unsafe ASN1_OBJECT_free(object) }
        return unsafe body(object)
    }
}
