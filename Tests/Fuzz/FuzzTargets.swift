import Text

@testable import X509

// What scripts/fuzz feeds with bytes. The first byte says which reader the rest is for, so that one corpus
// serves all of them.

/// Must return for any bytes whatever. What is read must make sense: a trap is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    readAnything(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
