import COpenSSL
import Synchronization
import TestPKI
import Testing
import X509

@testable import TLS

/// EC keys that were read before are shared, and nobody can tell.
@Suite(.serialized) struct SharedKeysTests {
    /// A certificate as a lean context reads it.
    @safe private final class Read: @unchecked Sendable {
        // Proof for `@unchecked`: nobody changes it, and OpenSSL locks what it remembers of it.
        let handle: OpaquePointer?

        init(_ der: [UInt8], in library: LibraryContext) {
            var certificate = unsafe X509_new_ex(library.handle, nil)
            unsafe der.withUnsafeBufferPointer { bytes in
                var cursor = bytes.baseAddress
                _ = unsafe d2i_X509(&certificate, &cursor, bytes.count)
            }
            unsafe handle = unsafe certificate
        }

        deinit { unsafe X509_free(handle) }

        var key: OpaquePointer? { unsafe X509_get0_pubkey(handle) }

        func isSigned(by issuer: Read) -> Bool { unsafe X509_verify(handle, issuer.key) == 1 }
    }

    /// What threads leave for others to give back.
    private final class Left: Sendable {
        private let reads = Mutex<[Read]>([])

        func put(_ new: [Read]) {
            // What was there is given back when the lock is open again.
            _ = reads.withLock { reads in
                defer { reads = new }
                return reads
            }
        }
    }

    /// Certificates of more keys than are kept, and who signed them.
    private static let (crowdRoot, crowd) = {
        let root = TestAuthority(name: "Root of many", key: .p256)
        let leafs = (0..<3 * SharedKeys.halfMax).map { root.issue(TestName(stringLiteral: "U\($0)")) }
        return (root.certificate.der, leafs.map(\.certificate.der))
    }()

    private let lean: LibraryContext
    private let keys: SharedKeys

    init() throws {
        lean = try #require(LibraryContext.lean())
        keys = try #require(LeanProvider.sharedKeys)
    }

    @Test func `the same bytes are one key, which stays good for whoever is left`() throws {
        let root = TestAuthority(name: "Root", key: .p256)
        let leaf = root.issue("A").certificate.der
        var issuer: Read? = Read(root.certificate.der, in: lean)
        let another = Read(root.certificate.der, in: lean)
        let subject = Read(leaf, in: lean)
        #expect(unsafe EVP_PKEY_eq(issuer?.key, another.key) == 1)
        #expect(unsafe EVP_PKEY_eq(subject.key, another.key) == 0)
        #expect(subject.isSigned(by: another))
        issuer = nil
        #expect(subject.isSigned(by: another))
        #expect(!subject.isSigned(by: subject))
    }

    @Test(arguments: TestKeyKind.allCases)
    func `keys say of themselves what they say when each is decoded alone`(kind: TestKeyKind) throws {
        let der = TestAuthority(name: "Root", key: kind).certificate.der
        let alone = try Certificate(der: der)
        for _ in 0..<3 {
            let read = Read(der, in: lean)
            // DSA is not read here at all.
            guard kind != .dsa1024 else {
                #expect(unsafe read.key == nil)
                continue
            }
            #expect(unsafe EVP_PKEY_get_bits(read.key) == Int32(alone.key.bitCount))
            #expect(unsafe X509_self_signed(read.handle, 1) == 1)
            #expect(
                unsafe alone.withHandle { unsafe EVP_PKEY_eq(X509_get0_pubkey($0), read.key) == 1 })
        }
    }

    @Test func `a shared key cannot be changed`() throws {
        let root = TestAuthority(name: "Root", key: .p256)
        let other = TestAuthority(name: "Other", key: .p256)
        let (first, second) = (Read(root.certificate.der, in: lean), Read(root.certificate.der, in: lean))
        let stranger = Read(other.certificate.der, in: lean)
        var point: UnsafeMutablePointer<UInt8>?
        let count = unsafe EVP_PKEY_get1_encoded_public_key(stranger.key, &point)
        defer { unsafe shim_OPENSSL_free(point) }
        #expect(count == 65)
        #expect(unsafe EVP_PKEY_set1_encoded_public_key(first.key, point, count) != 1)
        #expect(unsafe EVP_PKEY_eq(first.key, second.key) == 1)
        #expect(unsafe EVP_PKEY_eq(first.key, stranger.key) == 0)
        ERR_clear_error()
    }

    @Test func `what is no key is none each time`() {
        var der = TestAuthority(name: "Root", key: .p256).certificate.der
        // A point that is not on the curve.
        let point = der.indices.first { der[$0...].starts(with: [0x03, 0x42, 0x00, 0x04]) } ?? 0
        der[point + 10] ^= 1
        for _ in 0..<3 { #expect(unsafe Read(der, in: lean).key == nil) }
        ERR_clear_error()
    }

    @Test func `no more keys are kept than are allowed`() {
        let before = keys.holderCount
        for der in Self.crowd { _ = Read(der, in: lean) }
        // Other tests read certificates meanwhile.
        #expect(SharedKeys.halfMax...2 * SharedKeys.halfMax + 100 ~= keys.holderCount - before)
    }

    @Test func `a key that made room for others stays good for whoever holds it`() {
        let root = TestAuthority(name: "Root", key: .p256)
        let subject = Read(root.issue("A").certificate.der, in: lean)
        let issuer = Read(root.certificate.der, in: lean)
        var another: Read? = Read(root.certificate.der, in: lean)
        #expect(unsafe EVP_PKEY_eq(another?.key, issuer.key) == 1)
        for der in Self.crowd { _ = Read(der, in: lean) }
        #expect(subject.isSigned(by: issuer))
        let anew = Read(root.certificate.der, in: lean)
        #expect(unsafe EVP_PKEY_eq(anew.key, issuer.key) == 1)
        another = nil
        for der in Self.crowd { _ = Read(der, in: lean) }
        #expect(subject.isSigned(by: issuer))
        #expect(subject.isSigned(by: anew))
    }

    @Test func `threads read, use and give back the same keys at once`() async {
        let before = keys.holderCount
        let left = Left()
        let wrong = await withTaskGroup(of: Int.self) { group in
            for reader in 0..<4 {
                group.addTask { [lean] in
                    var wrong = 0
                    for index in Self.crowd.indices {
                        // All want the same, and two of them what the other two are about to push out.
                        let place = (index + reader / 2 * SharedKeys.halfMax) % Self.crowd.count
                        let issuer = Read(Self.crowdRoot, in: lean)
                        let read = Read(Self.crowd[place], in: lean)
                        if index % 4 == 0, !read.isSigned(by: issuer) { wrong += 1 }
                        // Given back by whoever puts something there next.
                        left.put([issuer, read])
                    }
                    return wrong
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
        left.put([])
        // One too few, and the key that all wanted would be gone; one too many, and it would stay for ever.
        let root = Read(Self.crowdRoot, in: lean)
        #expect(root.isSigned(by: root))
        #expect(keys.holderCount - before <= 2 * SharedKeys.halfMax + 100)
    }
}
