import COpenSSL
import Glibc
import Synchronization

/// Where libcrypto's large blocks come from.
///
/// Each handshake needs some buffers of 16 KiB and gives them back at its end. Taken from the heap they lie
/// between what a connection keeps, so that many handshakes at once leave a heap full of holes, and the
/// process stays as large as it then was. Here they come from a region of their own: what is free of it
/// beyond a reserve costs no memory. All else goes to the heap as ever (CRYPTO_set_mem_functions(3)).
public enum OpenSSLMemory {
    /// To be called before anything else is asked of OpenSSL, for the whole process. False when it was too
    /// late, or when the system gives no region: then nothing is changed.
    public static func separateLargeBlocks() -> Bool {
        guard let region = BlockRegion.shared else { return false }
        // Read by all threads from now on, and written never again.
        unsafe sharedAddresses = region.addresses
        return unsafe CRYPTO_set_mem_functions(allocate, reallocate, release) == 1
    }
}

/// Blocks of one size in one range of addresses, mapped for ever.
@safe final class BlockRegion: Sendable {
    // Proof for `nonisolated(unsafe)`: a constant address, and each block has one owner at a time, who got it
    // under the lock.
    private nonisolated(unsafe) let base: UnsafeMutableRawPointer
    private let blockCount: Int
    private let reserveMax: Int
    private let free: Mutex<FreeBlocks>

    private struct FreeBlocks {
        /// Used before, and still in memory; the last in goes out first.
        var warm: [UInt32] = []
        /// Used before, and given back to the system.
        var cold: [UInt32] = []
        var untouched: UInt32 = 0
    }

    static let shared = BlockRegion(blockCount: 32_768, reserveMax: 64)

    /// - Parameters:
    ///   - blockCount: how many there can be; more go to the heap.
    ///   - reserveMax: free blocks that stay in memory.
    init?(blockCount: Int, reserveMax: Int) {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let start = unsafe mmap(nil, blockCount * Self.blockBytes, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else { return nil }
        // A huge page would be in memory whole for one block of it.
        _ = unsafe madvise(start, blockCount * Self.blockBytes, MADV_NOHUGEPAGE)
        unsafe base = unsafe start
        self.blockCount = blockCount
        self.reserveMax = reserveMax
        free = Mutex(FreeBlocks())
    }

    deinit { unsafe munmap(base, blockCount * Self.blockBytes) }

    /// A block for so many bytes; nil when none has the size, or all are taken.
    func take(byteCount: Int) -> UnsafeMutableRawPointer? {
        guard Self.suits(byteCount) else { return nil }
        let index = free.withLock { free -> UInt32? in
            if let index = free.warm.popLast() ?? free.cold.popLast() { return index }
            guard free.untouched < blockCount else { return nil }
            defer { free.untouched += 1 }
            return free.untouched
        }
        guard let index else { return nil }
        return unsafe base + Int(index) * Self.blockBytes
    }

    var addresses: Range<UInt> {
        let start = unsafe UInt(bitPattern: base)
        return start..<start + UInt(blockCount * Self.blockBytes)
    }

    /// Takes a block back that it owns.
    func put(_ block: UnsafeMutableRawPointer) {
        let index = unsafe UInt32((block - base) / Self.blockBytes)
        let isKept = free.withLock { free in
            guard free.warm.count < reserveMax else { return false }
            free.warm.append(index)
            return true
        }
        if isKept { return }
        // Outside of the lock: nobody else has the block yet.
        _ = unsafe madvise(block, Self.blockBytes, MADV_DONTNEED)
        free.withLock { $0.cold.append(index) }
    }

    /// Whether a block is for the length of a handshake or a call, going by its size: the buffers of a BIO
    /// have a page each, those of messages and records more than four. What OpenSSL keeps with a connection
    /// is smaller.
    static func suits(_ byteCount: Int) -> Bool {
        byteCount == 4096 || byteCount >= largeMin && byteCount <= blockBytes
    }

    /// A whole number of pages, and enough for the largest of a handshake's buffers, 21,848 bytes.
    static let blockBytes = 24 * 1024
    static let largeMin = 12 * 1024
}

// Proof for `nonisolated(unsafe)`: written once, before OpenSSL calls what reads it. A plain range, because
// it is looked at for each block that OpenSSL frees.
private nonisolated(unsafe) var sharedAddresses: Range<UInt> = 0..<0

private func isShared(_ block: UnsafeMutableRawPointer) -> Bool {
    unsafe sharedAddresses.contains(UInt(bitPattern: block))
}

private func allocate(_ byteCount: Int, _: UnsafePointer<CChar>?, _: Int32) -> UnsafeMutableRawPointer? {
    guard BlockRegion.suits(byteCount), let block = unsafe BlockRegion.shared?.take(byteCount: byteCount)
    else { return unsafe malloc(byteCount) }
    return unsafe block
}

private func reallocate(
    _ block: UnsafeMutableRawPointer?, _ byteCount: Int, _ file: UnsafePointer<CChar>?, _ line: Int32
) -> UnsafeMutableRawPointer? {
    guard let block = unsafe block else { return unsafe allocate(byteCount, file, line) }
    guard byteCount > 0 else {
        unsafe release(block, file, line)
        return nil
    }
    guard unsafe isShared(block), let region = BlockRegion.shared else {
        return unsafe realloc(block, byteCount)
    }
    if byteCount <= BlockRegion.blockBytes { return unsafe block }
    guard let larger = unsafe malloc(byteCount) else { return nil }
    unsafe larger.copyMemory(from: block, byteCount: BlockRegion.blockBytes)
    unsafe region.put(block)
    return unsafe larger
}

private func release(_ block: UnsafeMutableRawPointer?, _: UnsafePointer<CChar>?, _: Int32) {
    guard let block = unsafe block else { return }
    guard unsafe isShared(block), let region = BlockRegion.shared else { return unsafe Glibc.free(block) }
    unsafe region.put(block)
}
