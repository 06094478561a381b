import COpenSSL

/// A list of functions by number, as OpenSSL and its providers exchange them (provider(7)).
@unsafe struct DispatchTable {
    typealias Function = @convention(c) () -> Void

    private(set) var entries: [OSSL_DISPATCH] = []

    init(_ start: UnsafePointer<OSSL_DISPATCH>?) {
        guard var entry = unsafe start else { return }
        while unsafe entry.pointee.function_id != 0 {
            unsafe entries.append(entry.pointee)
            unsafe entry += 1
        }
    }

    /// The type is that which OpenSSL says the function of that number has.
    func function<Kind>(_ number: Int32, as kind: Kind.Type) -> Kind? {
        unsafe entries.first { $0.function_id == number }?.function
            .map { unsafe unsafeBitCast($0, to: kind) }
    }

    /// nil takes the function out.
    mutating func set<Kind>(_ number: Int32, to function: Kind?) {
        unsafe entries.removeAll { $0.function_id == number }
        guard let function else { return }
        unsafe entries.append(
            OSSL_DISPATCH(function_id: number, function: unsafeBitCast(function, to: Function.self)))
    }

    var numbers: Set<Int32> { unsafe Set(entries.map { $0.function_id }) }
}
