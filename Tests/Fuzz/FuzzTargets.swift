import Glibc

// What scripts/fuzz feeds with bytes, for the reader that SEKISHO_FUZZ_TARGET names.

private let reader: Reader = {
    guard let name = unsafe getenv("SEKISHO_FUZZ_TARGET"),
        let reader = unsafe Reader(rawValue: String(cString: name))
    else { preconditionFailure("SEKISHO_FUZZ_TARGET names no reader") }
    return reader
}()

/// Must return for any bytes whatever. What is read must make sense: a trap is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    reader.read(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
