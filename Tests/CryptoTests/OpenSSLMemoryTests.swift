import Glibc
import Testing

@testable import Crypto

/// The region that large blocks come from.
struct OpenSSLMemoryTests {
    /// Takes all blocks of a region, which has so many.
    private func blocks(_ count: Int, of region: BlockRegion) -> [UnsafeMutableRawPointer] {
        unsafe (0..<count).compactMap { _ in unsafe region.take(byteCount: BlockRegion.blockBytes) }
    }

    @Test func `blocks do not overlap, and come back when they are put back`() throws {
        let region = try #require(BlockRegion(blockCount: 4, reserveMax: 1))
        let blocks = unsafe blocks(4, of: region)
        for number in 0..<4 {
            unsafe memset(blocks[number], Int32(number), BlockRegion.blockBytes)
            let address = unsafe UInt(bitPattern: blocks[number])
            #expect(region.addresses.contains(address))
        }
        let isExhausted = unsafe region.take(byteCount: BlockRegion.blockBytes) == nil
        #expect(isExhausted)
        var isWhole = true
        for number in 0..<4 {
            for offset in 0..<BlockRegion.blockBytes {
                let byte = unsafe blocks[number].load(fromByteOffset: offset, as: UInt8.self)
                isWhole = isWhole && byte == UInt8(number)
            }
        }
        #expect(isWhole)
        for number in 0..<4 { unsafe region.put(blocks[number]) }
        let isSame = unsafe Set(self.blocks(5, of: region)) == Set(blocks)
        #expect(isSame)
    }

    @Test func `only what has the size comes from the region`() throws {
        let region = try #require(BlockRegion(blockCount: 1, reserveMax: 1))
        for count in [0, 1, 4095, 4097, BlockRegion.largeMin - 1, BlockRegion.blockBytes + 1] {
            let isRefused = unsafe region.take(byteCount: count) == nil
            #expect(isRefused, "\(count)")
        }
        for count in [4096, BlockRegion.largeMin, BlockRegion.blockBytes] {
            let block = unsafe region.take(byteCount: count)
            let address = UInt(bitPattern: block)
            #expect(address == region.addresses.lowerBound, "\(count)")
            if let block = unsafe block { unsafe region.put(block) }
        }
        #expect(region.addresses.count == BlockRegion.blockBytes)
    }

    @Test func `free blocks beyond the reserve are given back to the system`() throws {
        let region = try #require(BlockRegion(blockCount: 8, reserveMax: 2))
        let blocks = unsafe blocks(8, of: region)
        for number in 0..<8 { unsafe memset(blocks[number], 1, BlockRegion.blockBytes) }
        for number in 0..<8 { unsafe region.put(blocks[number]) }
        // The mapping stays: pages that were given back read as zeros.
        let keptCount = unsafe blocks.count { unsafe $0.load(as: UInt8.self) == 1 }
        #expect(keptCount == 2)
    }
}
