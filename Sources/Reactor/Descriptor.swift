import CLinux

/// Owns one file descriptor: closes it, and does nothing else.
struct Descriptor: ~Copyable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    var isOpen: Bool { number >= 0 }

    deinit { if number >= 0 { _ = CLinux.close(number) } }
}
