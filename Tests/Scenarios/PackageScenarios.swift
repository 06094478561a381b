import Foundation
import Testing

/// The Debian package, made of the programs under test as `scripts/package` makes it of those to hand out.
@Suite(.serialized) struct PackageScenarios {
    @Test func `the package installs, runs with its example, upgrades, and goes but for what is the bank's`()
        throws
    {
        let package = DevelopmentPKI.package
        let made = try ChildProcess.run(
            package.appending(path: "scripts/package").path,
            ["--programs", URL(filePath: Deployment.program("sekisho")).deletingLastPathComponent().path])
        // “package: FILE (SIZE)”
        let file = try #require(made.firstMatch(of: /package: (.*\.deb) \(/)).1
        // A root of its own takes root, and a machine that allows it.
        guard
            try ChildProcess.outcome(
                "unshare", ["--mount", "--net", "--pid", "--fork", "--mount-proc", "true"]
            ).status == 0
        else { return print("package: made, and not installed: no file systems can be mounted here") }
        let (status, tried) = try ChildProcess.outcome(
            package.appending(path: "scripts/package-check").path, [String(file)])
        #expect(status == 0 && tried.hasSuffix("package-check: good\n"), "\(tried)")
        let stays = try #require(tried.split(separator: "what stays when it is gone:\n").last)
        #expect(
            stays.split(separator: "\n").dropLast().allSatisfy { $0.contains(" /var/log/sekisho/") },
            "\(stays)")
    }
}
