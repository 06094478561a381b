import Crypto
import Testing
import Text

@testable import Gateway

@Suite struct AssertionMintTests {
    private let key: SigningKey
    private let mint: AssertionMint
    private let now = WallTime(seconds: 1_800_000_000)
    private let fingerprint = SHA256Digest(of: [1, 2, 3])

    init() throws {
        key = try SigningKey()
        mint = AssertionMint(
            key: key, issuer: "https://login.bank.example", audience: "backend", lifetimeSeconds: 60)
    }

    private func minted(_ subject: AssertedSubject, address: String = "192.0.2.1", after: Int64 = 0) throws
        -> String
    {
        try mint.assertion(for: subject, address: address, at: now.adding(seconds: after))
    }

    private func customer(_ certificate: SHA256Digest? = nil, epoch: UInt64? = nil) -> AssertedSubject {
        .customer(
            AssertedCustomer(
                customer: "TSUSER0001", sessionID: "sid1", authenticatedAt: now.adding(seconds: -5),
                certificate: certificate, epoch: epoch))
    }

    @Test func `an assertion is signed for one audience, one type and a minute`() throws {
        let text = try minted(.anonymous)
        #expect(throws: JWSFault.type) { try JWS.verify(text, type: "other", keys: [key.verifyingKey]) }
        #expect(throws: JWSFault.unknownKey) {
            try JWS.verify(text, type: AssertionMint.type, keys: [SigningKey().verifyingKey])
        }
        let claims = try claims(of: text, keys: [key.verifyingKey])
        #expect(claims["iss"]?.string == "https://login.bank.example")
        #expect(claims["aud"]?.string == "backend")
        #expect(claims["iat"]?.integer == now.seconds)
        #expect(claims["exp"]?.integer == now.seconds + 60)
        #expect(claims["client_ip"]?.string == "192.0.2.1")
    }

    @Test func `threats row 66, what a clock ahead of its time has signed is not used once it is set right`()
        throws
    {
        _ = try minted(customer(), after: 86_400)
        let claims = try claims(of: minted(customer()), keys: [key.verifyingKey])
        #expect(claims["iat"]?.integer == now.seconds)
    }

    @Test func `nobody in particular is asserted as anonymous and nothing else`() throws {
        let claims = try claims(of: minted(.anonymous), keys: [key.verifyingKey])
        #expect(claims["sub"]?.string == "anonymous")
        #expect(claims["sub_kind"]?.string == "anonymous")
        for name in ["sid", "acr", "amr", "cnf", "auth_time", "epoch", "cert_sub"] {
            #expect(claims[name] == nil)
        }
    }

    @Test func `a customer with a password is asserted without a certificate`() throws {
        let claims = try claims(of: minted(customer()), keys: [key.verifyingKey])
        #expect(claims["sub"]?.string == "TSUSER0001")
        #expect(claims["sub_kind"]?.string == "customer")
        #expect(claims["sid"]?.string == "sid1")
        #expect(claims["auth_time"]?.integer == now.seconds - 5)
        #expect(claims["acr"]?.string == "urn:sekisho:acr:password")
        #expect(claims["amr"]?.array?.map(\.string) == ["pwd"])
        #expect(claims["cnf"] == nil)
    }

    @Test func `a customer with a certificate is asserted with its thumbprint and epoch`() throws {
        let claims = try claims(of: minted(customer(fingerprint, epoch: 7)), keys: [key.verifyingKey])
        #expect(claims["acr"]?.string == "urn:sekisho:acr:certificate")
        #expect(claims["amr"]?.array?.map(\.string) == ["swk", "pwd"])
        #expect(claims["cnf"]?["x5t#S256"]?.string == fingerprint.base64URL)
        #expect(claims["epoch"]?.integer == 7)
    }

    @Test func `a partner is asserted by its certificate`() throws {
        let subject = AssertedSubject.partner(fingerprint: fingerprint, subject: "CN=a\\,b", epoch: 3)
        let claims = try claims(of: minted(subject), keys: [key.verifyingKey])
        #expect(claims["sub"]?.string == "partner:\(fingerprint.hex)")
        #expect(claims["sub_kind"]?.string == "partner")
        #expect(claims["cert_sub"]?.string == "CN=a\\,b")
        #expect(claims["cnf"]?["x5t#S256"]?.string == fingerprint.base64URL)
        #expect(claims["epoch"]?.integer == 3)
    }

    @Test func `an assertion serves for half its life, for the same subject at the same address`() throws {
        let first = try minted(customer())
        #expect(try minted(customer(), after: 29) == first)
        #expect(try minted(customer(), address: "192.0.2.2") != first)
        #expect(try minted(.anonymous) != first)
        #expect(try minted(customer(), after: 30) != first)
    }

    // Threats row 4: what was said under an epoch is not said under the next.
    @Test func `another epoch is another assertion`() throws {
        let first = try minted(customer(fingerprint, epoch: 7))
        #expect(try minted(customer(fingerprint, epoch: 8)) != first)
        let partner = try minted(.partner(fingerprint: fingerprint, subject: "CN=p", epoch: 7))
        #expect(try minted(.partner(fingerprint: fingerprint, subject: "CN=p", epoch: 8)) != partner)
    }
}
