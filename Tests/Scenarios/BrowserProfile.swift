import Foundation

/// What a customer's PC brings along: a home folder whose certificate store trusts the development servers
/// and holds some customers' certificates.
struct BrowserProfile {
    let home: TemporaryFolder

    /// Chromium on Linux keeps certificates in the NSS database below its HOME, so a HOME of its own makes it
    /// private.
    ///
    /// - Parameter certificates: names of `certs/README.md`, such as `master`.
    init(pki: DevelopmentPKI, certificates: [String]) throws {
        home = try TemporaryFolder()
        let folder = home.path(".pki/nssdb")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let database = "sql:\(folder)"
        try ChildProcess.run("certutil", ["-d", database, "-N", "--empty-password"])
        try ChildProcess.run(
            "certutil",
            ["-d", database, "-A", "-n", "Development Server CA", "-t", "C,,", "-i", pki.serverCA])
        for name in certificates {
            let p12 = pki.path("customers/\(name).p12")
            try ChildProcess.run(
                "pk12util", ["-d", database, "-i", p12, "-W", DevelopmentPKI.p12Password])
        }
    }
}

/// Which certificate the browser sends without asking, for nobody sits before it to press OK.
///
/// A browser that holds certificates the server would take, none of which is chosen, shows the picker and
/// waits for ever.
enum CertificateChoice {
    /// Any that the server takes. What Chromium does not offer (expired, another CA's, not for clients) stays
    /// out.
    case any
    /// The one whose subject has this CN.
    case subject(commonName: String)
    /// The one whose issuer has this CN.
    case issuer(commonName: String)
    /// Another on each host, by Chromium's patterns: `https://[*.]example:443`. The narrowest counts.
    indirect case byHost([(pattern: String, choice: CertificateChoice)])

    /// A filter as the policy `AutoSelectCertificateForUrls` defines it.
    var filter: [String: Any] {
        switch self {
        case .any: [:]
        case .subject(let name): ["SUBJECT": ["CN": name]]
        case .issuer(let name): ["ISSUER": ["CN": name]]
        case .byHost: [:]
        }
    }

    /// The content settings, each pattern with its filter.
    var settings: [String: Any] {
        let choices: [(pattern: String, choice: CertificateChoice)] =
            if case .byHost(let choices) = self { choices } else { [("*", self)] }
        return [String: Any](
            uniqueKeysWithValues: choices.map {
                ("\($0.pattern),*", ["setting": ["filters": [$0.choice.filter]]])
            })
    }
}
