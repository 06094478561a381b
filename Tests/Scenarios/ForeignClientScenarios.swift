import Crypto
import Foundation
import HTTP
import Journey
import Testing
import Text

/// OAuth clients that nobody here wrote, and partners registered by command, against the real programs.
@Suite(.serialized) struct ForeignClientScenarios {
    let deployment: Deployment
    private let consent = Deployment.program("sekisho-consent")

    init() throws { deployment = try Deployment() }

    @Test(arguments: ["authlib", "requests-oauthlib"])
    func `a library nobody here wrote runs the code flow with PAR, PKCE and its certificate`(
        library: String
    ) throws {
        try flow(library, client: "sample-partner", certificate: "sample-partner")
    }

    @Test func `Authlib signs its requests as a fapi2 partner that was registered by command`() throws {
        let key = try SigningKey()
        try deployment.folder.write(String(decoding: key.pem(), as: UTF8.self), to: "signing.pem")
        try deployment.folder.write(
            String(decoding: JWKSet.encode([key.verifyingKey]), as: UTF8.self), to: "signer.jwks")
        try deployment.folder.write(
            """
            {
                id: "signer", name: "署名会計", company: "株式会社署名",
                redirectURIs: ["\(deployment.partnerOrigin)/callback"],
                profile: "fapi2", keysFile: "signer.jwks", scopes: ["balance", "movements"],
            }
            """, to: "signer.json5")
        try partners("add", deployment.folder.path("signer.json5"))
        usleep(1_000_000)  // what the command promises
        try flow(
            "authlib-jwt", client: "signer", certificate: "other-partner",
            ["--signing-key", deployment.folder.path("signing.pem"), "--key-id", key.keyID])
        try partners("remove", "signer")
        usleep(1_000_000)
        #expect(throws: ScenarioFault.self) {
            try flow(
                "authlib-jwt", client: "signer", certificate: "other-partner",
                ["--signing-key", deployment.folder.path("signing.pem"), "--key-id", key.keyID])
        }
        _ = try deployment.awaitLog("consent.log", containing: #""event":"partners.changed""#)
        for secret in ["eyJ", "PRIVATE KEY", "urn:ietf:params:oauth:request_uri:"] {
            #expect(try !deployment.log("consent.log").contains(secret))
        }
    }

    @Test func `row 41, no host speaks TLS 1.1, and browsers are told to come with TLS only`() throws {
        for host in ["fb.localhost", "cert.fb.localhost", "api.fb.localhost"] {
            func connect(_ version: String) throws {
                try ChildProcess.run(
                    "openssl",
                    [
                        "s_client", "-connect", "127.0.0.1:\(deployment.port)", "-servername", host, version,
                        "-cipher", "ALL:@SECLEVEL=0",
                    ])
            }
            try connect("-tls1_2")
            #expect(throws: ScenarioFault.self) { try connect("-tls1_1") }
        }
        let visitor = try deployment.visitor()
        for address in [deployment.login, "\(deployment.login)/.well-known/oauth-authorization-server"] {
            let answer = try visitor.request("GET", address)
            #expect(answer.headers["Strict-Transport-Security"]?.contains("max-age=") == true, "\(address)")
        }
    }

    @Test func `a partner that cannot be registered is explained, and nothing is changed`() throws {
        for (text, words) in [
            ("{", ["1:2", "expected"]),
            ("{ id: 'x' }", ["name: missing", "company: missing", "redirectURIs: missing"]),
            (partner("certificateSubject: 'CN=x', scopes: ['balanse']"), ["did you mean “balance”?"]),
            (partner("keys: [{ kty: 'RSA', n: 'eA', e: 'AQAB' }], scopes: ['balance']"), ["RSA of 7 bits"]),
            (partner("keysFile: 'nowhere.jwks', scopes: ['balance']"), ["keysFile", "nowhere.jwks"]),
            (partner("scopes: ['balance']"), ["expected certificateSubject"]),
        ] {
            try deployment.folder.write(text, to: "bad.json5")
            let fault = #expect(throws: ScenarioFault.self) {
                try partners("add", deployment.folder.path("bad.json5"))
            }
            for word in words {
                #expect(fault?.description.contains(word) == true, "\(fault?.description ?? "accepted")")
            }
        }
        let unknown = #expect(throws: ScenarioFault.self) { try partners("remove", "nobody") }
        #expect(unknown?.description.contains("there is none with this id") == true)
        #expect(try history().isEmpty)
    }

    @Test func `every change of a partner stands in the history with the account that made it`() throws {
        try deployment.folder.write(partner("certificateSubject: 'CN=a', scopes: ['balance']"), to: "p.json5")
        try partners("add", deployment.folder.path("p.json5"))
        #expect(throws: ScenarioFault.self) { try partners("add", deployment.folder.path("p.json5")) }
        try deployment.folder.write(partner("certificateSubject: 'CN=b', scopes: ['balance']"), to: "p.json5")
        try partners("update", deployment.folder.path("p.json5"))
        try partners("remove", "x")
        let lines = try history()
        #expect(lines.count == 3)
        #expect(lines[0].hasSuffix("x  removed") && lines[1].contains("CN=b") && lines[2].contains("CN=a"))
        #expect(lines.allSatisfy { $0.contains("  \(NSUserName())  ") })
    }

    // MARK: Parts

    private func flow(
        _ library: String, client: String, certificate: String, _ more: [String] = []
    ) throws {
        let libraries = DevelopmentPKI.package.appending(path: ".build/clients").path
        guard FileManager.default.fileExists(atPath: libraries) else {
            throw ScenarioFault("there is no \(libraries); scripts/setup test makes it")
        }
        let script = DevelopmentPKI.package.appending(path: "Tests/Scenarios/Clients/code_flow.py").path
        let pki = deployment.pki
        try ChildProcess.run(
            "python3",
            [
                script, library, "--issuer", deployment.login, "--ca", pki.serverCA, "--certificate",
                pki.path("partners/\(certificate).pem"), "--key", pki.path("partners/\(certificate).key"),
                "--client", client, "--redirect-uri", "\(deployment.partnerOrigin)/callback", "--user",
                "IDUSER0003", "--password", "Sakura2026", "--records", pki.path("accounts.json"),
            ] + more, environment: ["PYTHONPATH": libraries])
    }

    private func partners(_ words: String...) throws {
        try ChildProcess.run(
            consent, ["partners"] + words + ["--config", deployment.folder.path("consent.json5")])
    }

    private func history() throws -> [String] {
        let printed = try ChildProcess.run(
            consent, ["partners", "history", "--config", deployment.folder.path("consent.json5")])
        return printed.split(separator: "\n").map(String.init)
    }

    private func partner(_ more: String) -> String {
        "{ id: 'x', name: 'X', company: 'X', redirectURIs: ['https://x.example/'], \(more) }"
    }
}
