import COpenSSL
import Synchronization
import TestPKI
import Testing
import X509

@testable import TLS

/// Keys that were read before are shared, and nobody can tell.
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
    private static let rsaRoot = TestAuthority(name: "RSA Root", key: .rsa2048).certificate.der
    private static let (crowdRoot, crowd) = {
        let root = TestAuthority(name: "Root of many", key: .p256)
        let leafs = (0..<3 * SharedKeys.halfMax).map { root.issue(TestName(stringLiteral: "U\($0)")) }
        return (root.certificate.der, leafs.map(\.certificate.der))
    }()

    private let lean: LibraryContext
    private let keys: SharedKeys

    init() throws {
        lean = try #require(LibraryContext.lean())
        keys = try #require(LeanProvider.sharedKeys(.ec))
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
                        let rsa = Read(Self.rsaRoot, in: lean)
                        if index % 4 == 0, !read.isSigned(by: issuer) || !rsa.isSigned(by: rsa) { wrong += 1 }
                        // Given back by whoever puts something there next.
                        left.put([issuer, read, rsa])
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

    // MARK: Each kind

    @Test(arguments: SharedKeys.Kind.allCases)
    func `the same bytes are one key of their kind, and none of another`(kind: SharedKeys.Kind) throws {
        let bytes = try publicKey(of: kind)
        let first = try unsafe #require(decode(bytes, as: kind))
        let second = try unsafe #require(decode(bytes, as: kind))
        #expect(unsafe first == second)
        let keys = try #require(LeanProvider.sharedKeys(kind))
        #expect(unsafe keys.isShared(first))
        for other in SharedKeys.Kind.allCases where other != kind {
            #expect(try unsafe decode(bytes, as: other) == nil)
        }
        let stranger = try unsafe #require(decode(publicKey(of: kind), as: kind))
        #expect(unsafe stranger != first)
        unsafe keys.release(stranger)
        unsafe keys.release(first)
        unsafe keys.release(second)
        // The shelf still has it.
        #expect(unsafe keys.isShared(first))
    }

    @Test(arguments: SharedKeys.Kind.allCases)
    func `nothing is imported into a shared key`(kind: SharedKeys.Kind) throws {
        let keys = try #require(LeanProvider.sharedKeys(kind))
        let shared = try unsafe #require(decode(publicKey(of: kind), as: kind))
        defer { unsafe keys.release(shared) }
        let other = try publicKey(of: kind)
        let parameters = try unsafe fields(of: other)
        defer { unsafe OSSL_PARAM_free(parameters) }
        let make = unsafe keys.managerTable.function(
            OSSL_FUNC_KEYMGMT_NEW, as: SharedKeys.NewContext.self)
        let fresh = try unsafe #require(make?(provider))
        defer { unsafe keys.release(fresh) }
        let take = try unsafe #require(
            keys.managerTable.function(OSSL_FUNC_KEYMGMT_IMPORT, as: SharedKeys.Import.self))
        let what = OSSL_KEYMGMT_SELECT_PUBLIC_KEY | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS
        #expect(unsafe take(fresh, what, parameters) == 1)
        #expect(unsafe take(shared, what, parameters) == 0)
    }

    /// What the default provider behind a lean context knows itself by.
    private var provider: UnsafeMutableRawPointer? {
        let provider = unsafe OSSL_PROVIDER_load(lean.handle, LeanProvider.name)
        defer { _ = unsafe OSSL_PROVIDER_unload(provider) }
        return unsafe OSSL_PROVIDER_get0_provider_ctx(provider)
    }

    /// A new SubjectPublicKeyInfo.
    private func publicKey(of kind: SharedKeys.Kind) throws -> [UInt8] {
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, kind.name, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        try #require(unsafe EVP_PKEY_keygen_init(context) == 1)
        if kind == .ec { try #require(unsafe EVP_PKEY_CTX_set_group_name(context, "P-256") == 1) }
        var key: OpaquePointer?
        try #require(unsafe EVP_PKEY_generate(context, &key) == 1)
        defer { unsafe EVP_PKEY_free(key) }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = unsafe i2d_PUBKEY(key, &bytes)
        defer { unsafe shim_OPENSSL_free(bytes) }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }

    /// As the key manager gets it; nil when it is none.
    private func decode(_ bytes: [UInt8], as kind: SharedKeys.Kind) throws -> SharedKeys.Key? {
        let keys = try #require(LeanProvider.sharedKeys(kind))
        let provider = try unsafe #require(provider)
        let input = unsafe keys.functions.newMemory(bytes, Int32(bytes.count))
        defer { _ = unsafe keys.functions.freeMemory(input) }
        var key: SharedKeys.Key?
        let result = unsafe keys.decode(
            for: provider, input, OSSL_KEYMGMT_SELECT_PUBLIC_KEY, catchOffer, &key)
        #expect(result == 1)
        return unsafe key
    }

    /// What a key consists of, by OpenSSL's names.
    private func fields(of bytes: [UInt8]) throws -> UnsafeMutablePointer<OSSL_PARAM>? {
        let key = unsafe bytes.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            return unsafe d2i_PUBKEY(nil, &cursor, bytes.count)
        }
        defer { unsafe EVP_PKEY_free(key) }
        var parameters: UnsafeMutablePointer<OSSL_PARAM>?
        let what = OSSL_KEYMGMT_SELECT_PUBLIC_KEY | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS
        try #require(unsafe EVP_PKEY_todata(key, what, &parameters) == 1)
        return unsafe parameters
    }
}

/// Takes a key from the reference that it is offered by, as OpenSSL does.
private func catchOffer(
    _ parameters: UnsafePointer<OSSL_PARAM>?, _ key: UnsafeMutableRawPointer?
) -> Int32 {
    guard let table = unsafe LeanProvider.sharedKeys(.ec)?.managerTable,
        let load = unsafe table.function(OSSL_FUNC_KEYMGMT_LOAD, as: SharedKeys.Load.self),
        let reference = unsafe OSSL_PARAM_locate_const(parameters, OSSL_OBJECT_PARAM_REFERENCE)
    else { return 0 }
    let found = unsafe load(reference.pointee.data, reference.pointee.data_size)
    unsafe key?.assumingMemoryBound(to: SharedKeys.Key?.self).pointee = unsafe found
    return 1
}
