import Crypto
import Identity
import TestPKI
import Testing
import Text
import X509

@testable import Gateway

extension PeerVerdict {
    fileprivate var word: String {
        switch self {
        case .absent: "absent"
        case .trusted(let identity): "trusted under \(identity.epoch)"
        case .refused(let reason, _): reason.rawValue
        }
    }
}

extension PeerTrust {
    /// By an epoch that has said nothing yet.
    fileprivate mutating func judged(under epoch: TrustEpoch, at now: WallTime) -> PeerVerdict {
        let verdicts = LoopVerdicts()
        return verdict(under: epoch, at: now, from: verdicts)
    }
}

@Suite struct PeerTrustTests {
    private let root = TestAuthority(name: "Root")
    private let other = TestAuthority(name: "Other")
    private let noon = WallTime(seconds: 1_800_000_000)

    private func epoch(_ number: UInt64, _ anchors: [TestAuthority], name: String = "customers") throws
        -> TrustEpoch
    {
        try TrustEpoch(
            store: name, number: TrustEpochNumber(number), anchors: anchors.map(\.certificate),
            intermediates: [], policy: TrustPolicy())
    }

    // Threats row 30.
    @Test func `a verdict does not outlive the certificate, to the second`() throws {
        let leaf = root.issue("TSUSER0001", notAfter: noon)
        let epoch = try epoch(1, [root])
        for seconds in [-1, 0, 1] as [Int64] {
            var trust = PeerTrust(presented: [leaf.certificate], problem: nil)
            #expect(trust.judged(under: epoch, at: noon.adding(seconds: -10)).word == "trusted under 1")
            let moment = noon.adding(seconds: seconds)
            #expect(
                trust.judged(under: epoch, at: moment).word
                    == epoch.judge([leaf.certificate], at: moment).word)
        }
        var trust = PeerTrust(presented: [leaf.certificate], problem: nil)
        _ = trust.judged(under: epoch, at: noon.adding(seconds: -10))
        #expect(trust.judged(under: epoch, at: noon.adding(seconds: 1)).word == "expired")
    }

    @Test func `threats row 66, a verdict does not stand when the clock is set back before the certificate`()
        throws
    {
        let leaf = root.issue("TSUSER0001", notBefore: noon, notAfter: noon.adding(seconds: 100))
        var trust = PeerTrust(presented: [leaf.certificate], problem: nil)
        let epoch = try epoch(1, [root])
        #expect(trust.judged(under: epoch, at: noon.adding(seconds: 10)).word == "trusted under 1")
        #expect(trust.judged(under: epoch, at: noon.adding(seconds: -10)).word == "notYetValid")
    }

    @Test func `a verdict does not outlive the issuer either`() throws {
        let issuing = root.intermediate(name: "Issuing", notAfter: noon)
        let chain = [issuing.issue("TSUSER0001").certificate, issuing.certificate]
        var trust = PeerTrust(presented: chain, problem: nil)
        let epoch = try epoch(1, [root])
        #expect(trust.judged(under: epoch, at: noon.adding(seconds: -1)).word == "trusted under 1")
        #expect(trust.judged(under: epoch, at: noon.adding(seconds: 1)).word == "expired")
    }

    @Test func `a new epoch judges anew`() throws {
        var trust = PeerTrust(presented: [root.issue("TSUSER0001").certificate], problem: nil)
        #expect(try trust.judged(under: epoch(1, [root, other]), at: noon).word == "trusted under 1")
        #expect(try trust.judged(under: epoch(2, [root]), at: noon).word == "trusted under 2")
        #expect(try trust.judged(under: epoch(3, [other]), at: noon).word == "unknownIssuer")
        #expect(try trust.judged(under: epoch(4, [root]), at: noon).word == "trusted under 4")
    }

    // Threats row 4: a host that is given another store, or a store that was dropped and came back, may meet the
    // number again that a connection was judged under.
    @Test func `another epoch of the same number judges anew`() throws {
        var trust = PeerTrust(presented: [root.issue("TSUSER0001").certificate], problem: nil)
        #expect(try trust.judged(under: epoch(1, [root]), at: noon).word == "trusted under 1")
        #expect(
            try trust.judged(under: epoch(1, [other], name: "partners"), at: noon).word == "unknownIssuer")
    }

    @Test func `an epoch of the same content names its own number`() throws {
        var trust = PeerTrust(presented: [root.issue("TSUSER0001").certificate], problem: nil)
        #expect(try trust.judged(under: epoch(1, [root]), at: noon).word == "trusted under 1")
        #expect(try trust.judged(under: epoch(3, [root]), at: noon).word == "trusted under 3")
    }

    @Test func `a good verdict is given once for as long as it holds`() throws {
        let leaf = root.issue("TSUSER0001", notAfter: noon)
        let epoch = try epoch(1, [root])
        var trust = PeerTrust(presented: [leaf.certificate], problem: nil)
        let verdicts = LoopVerdicts()
        _ = trust.verdict(under: epoch, at: noon.adding(seconds: -10), from: verdicts)
        #expect(
            trust.verdict(under: epoch, at: noon.adding(seconds: -9), from: verdicts).word
                == "trusted under 1")
        // The cache gives nothing out past its time, and neither does the connection.
        #expect(trust.verdict(under: epoch, at: noon.adding(seconds: 1), from: verdicts).word == "expired")
        #expect(
            trust.verdict(under: epoch, at: noon.adding(seconds: -5), from: verdicts).word
                == "trusted under 1")
    }

    @Test func `who was refused is judged again at every request`() throws {
        let leaf = root.issue("TSUSER0001", notBefore: noon)
        var trust = PeerTrust(presented: [leaf.certificate], problem: nil)
        let epoch = try epoch(1, [root])
        #expect(trust.judged(under: epoch, at: noon.adding(seconds: -1)).word == "notYetValid")
        #expect(trust.judged(under: epoch, at: noon.adding(seconds: 1)).word == "trusted under 1")
    }

    @Test func `a chain that could not be read stays refused, and none is absent`() throws {
        let epoch = try epoch(1, [root])
        var broken = PeerTrust(presented: [root.issue("TSUSER0001").certificate], problem: .malformed)
        #expect(broken.judged(under: epoch, at: noon).word == "malformed")
        #expect(broken.judged(under: epoch, at: noon).word == "malformed")
        var absent = PeerTrust(presented: [], problem: nil)
        #expect(absent.judged(under: epoch, at: noon).word == "absent")
    }
}
