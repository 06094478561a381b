import Authorization
import Text

/// A moment, and values that tests start from.
let noon = WallTime(seconds: 1_795_400_000)

let challengeText = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  // RFC 7636 appendix B
let verifierText = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

let samplePartner = Partner(
    id: "sample", name: "サンプル会計", company: "株式会社サンプル",
    redirectURIs: ["https://p.example/cb", "https://p.example/cb?a=1"],
    scopes: Scopes([.balance, .movements]), consentDays: 365,
    authentication: .subject(name("CN=sample-partner,O=Sample Kaikei,C=JP")))

let fingerprintPartner = Partner(
    id: "other", name: "他", company: "他社", redirectURIs: ["https://o.example/"], scopes: Scopes([.balance]),
    consentDays: 30, authentication: .fingerprint([UInt8](repeating: 7, count: 32)))

let partners = PartnerRegistry([samplePartner, fingerprintPartner])

let sampleCertificate = PartnerCertificate(
    fingerprint: [UInt8](repeating: 1, count: 32),
    subject: SubjectName(rfc4514: "CN=sample-partner,O=Sample Kaikei,C=JP"))

func name(_ text: String) -> SubjectName {
    guard let name = SubjectName(rfc4514: text) else { preconditionFailure("\(text) is no name") }
    return name
}

let goodRequest: [(name: String, value: String)] = [
    ("response_type", "code"), ("client_id", "sample"), ("redirect_uri", "https://p.example/cb"),
    ("state", "s t&1"),
    ("scope", "balance"), ("code_challenge", challengeText), ("code_challenge_method", "S256"),
]

let goodTokenRequest: [(name: String, value: String)] = [
    ("grant_type", "authorization_code"), ("client_id", "sample"), ("redirect_uri", "https://p.example/cb"),
    ("code", "the-code"), ("code_verifier", verifierText),
]

extension Array where Element == (name: String, value: String) {
    /// With one value replaced, or the parameter left out.
    func with(_ name: String, _ value: String?) -> Parameters {
        Parameters(filter { $0.name != name } + (value.map { [(name, $0)] } ?? []))
    }

    /// With the parameter once more.
    func repeating(_ name: String) -> Parameters {
        Parameters(self + filter { $0.name == name })
    }
}
