import COpenSSL
import TestPKI
import Testing
import Text

@testable import X509

/// A customer, the lists of its issuer, and what is to be thought of it. libcrypto is asked the same.
@Suite struct `Agreeing with libcrypto about revocation` {
    let field = Field()
    static let usersOnly: [UInt8] = [0x81, 1, 0xFF]
    static let authoritiesOnly: [UInt8] = [0x82, 1, 0xFF]
    static let attributesOnly: [UInt8] = [0x85, 1, 0xFF]
    /// keyCompromise alone, and everything else.
    static let compromise: [UInt8] = [0x83, 2, 6, 0x40]
    static let others: [UInt8] = [0x83, 3, 7, 0x3F, 0x80]

    /// - Parameter lists: the issuing authority's, in DER; the root's empty one is added.
    func check(
        _ customer: TestCertificate, _ lists: [TestRevocationList], _ expected: Outcome,
        at time: WallTime = midday, _ comment: Comment
    ) throws {
        var all = lists.map { $0.signed(by: field.issuing) }
        var ofRoot = TestRevocationList(at: midday)
        ofRoot.nextUpdate = time.adding(seconds: 86_400)
        all.append(ofRoot.signed(by: field.root))
        let epoch = try field.epoch(
            lists: all.map { try RevocationList(der: $0) }, RevocationPolicy(check: .chain))
        #expect(outcome(epoch, customer, at: time) == expected, comment)
        let code = verifyCode(
            customer.certificate, [field.issuing.certificate], [field.root.certificate], lists: all, at: time)
        let theirs: Outcome = code == X509_V_OK ? .trusted : .refused(RefusalReason(verifyError: code))
        #expect(theirs == expected, "libcrypto: \(code), \(comment)")
    }

    func list(
        _ entries: [TestRevocationList.Entry] = [], number: UInt64 = 5, scope: [UInt8]? = nil,
        extensions: [[UInt8]] = []
    ) -> TestRevocationList {
        var list = TestRevocationList(entries, number: number, at: midday)
        // freshestCRL: what makes libcrypto look for a delta at all.
        list.extensions = extensions + (scope.map { [TestRevocationList.scope($0)] } ?? []) + [freshest]
        return list
    }

    let freshest = DER.extension(46, DER.sequence(DER.sequence(TestRevocationList.point("http://delta/"))))

    @Test func `kinds of certificates`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        let entry = TestRevocationList.Entry(customer.certificate)
        try check(customer, [list()], .trusted, "everything")
        try check(customer, [list([entry])], .refused(.revoked), "everything, listed")
        try check(customer, [list(scope: Self.usersOnly)], .trusted, "users")
        try check(customer, [list([entry], scope: Self.usersOnly)], .refused(.revoked), "users, listed")
        for scope in [Self.authoritiesOnly, Self.attributesOnly] {
            try check(customer, [list(scope: scope)], .refused(.revocationUnknown), "others")
            try check(customer, [list([entry], scope: scope)], .refused(.revocationUnknown), "others, listed")
        }
        try check(customer, [], .refused(.revocationUnknown), "none")
    }

    @Test func `kinds of reasons`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        let entry = TestRevocationList.Entry(customer.certificate, reason: 1)
        let compromise = list(scope: Self.compromise)
        let others = list(scope: Self.others)
        try check(customer, [compromise, others], .trusted, "both halves")
        try check(customer, [compromise], .refused(.revocationUnknown), "one half")
        try check(customer, [others], .refused(.revocationUnknown), "the other half")
        try check(customer, [list([entry], scope: Self.compromise), others], .refused(.revoked), "listed")
        try check(customer, [list([entry], scope: Self.compromise)], .refused(.revoked), "half, listed")
    }

    @Test func `distribution points`() throws {
        func customer(_ value: String?) -> TestCertificate {
            field.issuing.issue(
                "TSUSER0001", extensions: value.map { [TestExtension("crlDistributionPoints", $0)] } ?? [])
        }
        let a = list(scope: TestRevocationList.point("http://a/"))
        try check(customer("URI:http://a/"), [a], .trusted, "its own point")
        try check(customer("URI:http://b/"), [a], .refused(.revocationUnknown), "another point")
        try check(customer(nil), [a], .refused(.revocationUnknown), "no point")
        try check(customer("URI:http://b/,URI:http://a/"), [a], .trusted, "two points")
        try check(customer("URI:http://b/"), [list()], .trusted, "a list for all points")
        let b = list(scope: TestRevocationList.point("http://b/"))
        try check(customer("URI:http://b/"), [a, b], .trusted, "one of two lists")
        let listed = customer("URI:http://b/")
        let listing = list([.init(listed.certificate)], scope: TestRevocationList.point("http://a/"))
        try check(listed, [listing, b], .trusted, "listed where nobody asks about it")
    }

    @Test func `points that publish some reasons alone`() throws {
        let point = DER.sequence(DER.sequence(TestRevocationList.point("http://a/"), [0x81, 2, 6, 0x40]))
        let customer = field.issuing.issue(
            "TSUSER0001", extensions: [TestExtension("crlDistributionPoints", "DER:\(Hex.encode(point))")])
        let a = list(scope: TestRevocationList.point("http://a/"))
        try check(customer, [a], .refused(.revocationUnknown), "the other reasons are nowhere")
        try check(customer, [list()], .refused(.revocationUnknown), "nor in a list for all points")
    }

    @Test func `a list for users says nothing about authorities`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        func epoch(_ scope: [UInt8]) throws -> TrustEpoch {
            let lists = [list().signed(by: field.issuing), list(scope: scope).signed(by: field.root)]
            return try field.epoch(
                lists: lists.map { try RevocationList(der: $0) }, RevocationPolicy(check: .chain))
        }
        #expect(outcome(try epoch(Self.authoritiesOnly), customer) == .trusted)
        #expect(outcome(try epoch(Self.usersOnly), customer) == .refused(.revocationUnknown))
    }

    @Test func `changes since a complete list`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        func entry(_ reason: UInt8?) -> TestRevocationList.Entry {
            .init(customer.certificate, reason: reason)
        }
        func delta(_ entries: [TestRevocationList.Entry] = [], number: UInt64 = 6, base: UInt64 = 5)
            -> TestRevocationList
        {
            list(entries, number: number, extensions: [TestRevocationList.delta(base: base)])
        }
        try check(customer, [list(), delta()], .trusted, "no change")
        try check(customer, [list(), delta([entry(1)])], .refused(.revoked), "added")
        try check(customer, [list([entry(6)])], .refused(.revoked), "on hold")
        try check(customer, [list([entry(6)]), delta([entry(8)])], .trusted, "removed")
        try check(customer, [list([entry(6)]), delta([entry(1)])], .refused(.revoked), "hold made final")
        try check(customer, [list([entry(6)]), delta()], .refused(.revoked), "still on hold")
        // A delta that completes another list is no answer, and takes none away.
        try check(
            customer, [list([entry(6)]), delta([entry(8)], number: 9, base: 6)], .refused(.revoked), "gap")
        try check(
            customer, [list([entry(6)]), delta([entry(8)], number: 5, base: 4)], .refused(.revoked), "old")
        try check(customer, [list([entry(6)]), delta([entry(8)], base: 3)], .trusted, "older base")
        try check(customer, [delta()], .refused(.revocationUnknown), "a delta alone")
        var scoped = delta([entry(8)])
        scoped.extensions.append(TestRevocationList.scope(Self.usersOnly))
        try check(customer, [list([entry(6)]), scoped], .refused(.revoked), "delta of another scope")
    }

    @Test func `validity, to the second`() throws {
        let customer = field.issuing.issue("TSUSER0001")
        let begin = midday.adding(seconds: -60)
        for (time, expected) in [
            (begin.adding(seconds: -1), Outcome.refused(.revocationUnknown)), (begin, .trusted),
            (due.adding(seconds: -1), .trusted), (due, .refused(.revocationUnknown)),
            (due.adding(seconds: 1), .refused(.revocationUnknown)),
        ] {
            var ofRoot = TestRevocationList(at: midday)
            ofRoot.thisUpdate = TestAuthority.notBefore
            try check(
                customer, [list()], time < begin ? .refused(.revocationUnknown) : expected, at: time,
                "\(time)")
        }
    }
}

/// What `X509_verify_cert` says, with extended CRL semantics for the whole chain when there are lists.
func verifyCode(
    _ leaf: Certificate, _ helpers: [Certificate], _ anchors: [Certificate], lists: [[UInt8]] = [],
    flags more: Int32 = 0, at time: WallTime
) -> Int32 {
    let store = unsafe X509_STORE_new()
    defer { unsafe X509_STORE_free(store) }
    for anchor in anchors { unsafe anchor.withHandle { _ = unsafe X509_STORE_add_cert(store, $0) } }
    for der in lists {
        unsafe der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            let list = unsafe d2i_X509_CRL(nil, &cursor, bytes.count)
            precondition(unsafe list != nil)
            unsafe X509_STORE_add_crl(store, list)
            unsafe X509_CRL_free(list)
        }
    }
    let context = unsafe X509_STORE_CTX_new()
    defer { unsafe X509_STORE_CTX_free(context) }
    let untrusted = unsafe shim_sk_X509_new_null()!
    defer { unsafe shim_sk_X509_free(untrusted) }
    for helper in helpers { unsafe helper.withHandle { _ = unsafe shim_sk_X509_push(untrusted, $0) } }
    return unsafe leaf.withHandle { handle in
        unsafe X509_STORE_CTX_init(context, store, handle, untrusted)
        let parameters = unsafe X509_STORE_CTX_get0_param(context)
        var flags = X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_POLICY_CHECK | more
        if !lists.isEmpty {
            flags |=
                X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_EXTENDED_CRL_SUPPORT
                | X509_V_FLAG_USE_DELTAS
        }
        unsafe X509_VERIFY_PARAM_set_flags(parameters, UInt(flags))
        unsafe X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT)
        unsafe X509_VERIFY_PARAM_set_depth(parameters, 3)
        unsafe X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        unsafe X509_VERIFY_PARAM_set_time(parameters, Int(time.seconds))
        return unsafe X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context)
    }
}
