// swift-tools-version: 6.2
import PackageDescription

/// Every target is built the same way: Swift 6 concurrency, unsafe code marked where it stands, warnings
/// are errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// One room of the house. It may import only the rooms named here; `Tests/HouseTests` checks the sources
/// against it.
func room(_ name: String, over rooms: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: rooms, swiftSettings: strict)
}

func tests(of name: String, over rooms: [Target.Dependency] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [.byName(name: name)] + rooms, swiftSettings: strict)
}

func program(_ name: String, over rooms: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: rooms, swiftSettings: strict)
}

let package = Package(
    name: "sekisho",
    products: [
        .executable(name: "sekisho", targets: ["sekisho"]),
        .executable(name: "sekisho-consent", targets: ["sekisho-consent"]),
        .executable(name: "sekisho-replay", targets: ["sekisho-replay"]),
        .executable(name: "sekisho-partner", targets: ["sekisho-partner"]),
    ],
    targets: [
        // C libraries: a module map and a shim, no logic.
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        // Rooms, from the ground up. A room imports only rooms that stand above it in this list.
        room("Text"),
        room("Pages", over: ["Text"]),
        room("Crypto", over: ["COpenSSL", "Text"]),
        room("Issuing", over: ["Crypto", "Text"]),
        room("X509", over: ["COpenSSL", "Crypto", "Text"]),
        room("TLS", over: ["COpenSSL", "Crypto", "X509"]),
        room("Reactor", over: ["CLinux"]),
        room("Metrics", over: ["Text"]),
        room("Logs", over: ["Text"]),
        room("Audit", over: ["Crypto", "Logs", "Text"]),
        room("HTTP", over: ["Text"]),
        room("Settings", over: ["Text"]),
        room("Identity", over: ["Text"]),
        room("Traces", over: ["Text"]),
        room("Trust", over: ["Identity", "Text"]),
        room("Authorization", over: ["Text"]),
        room(
            "Storage",
            over: ["CSQLite", "CPostgres", "Settings", "Identity", "Trust", "Authorization", "Text"]),
        room(
            "Customers",
            over: ["Settings", "Storage", "Identity", "X509", "Reactor", "Crypto", "Text"]),
        room("Serving", over: ["HTTP", "Reactor", "TLS", "X509", "Metrics", "Text"]),
        room(
            "Gateway",
            over: [
                "Serving", "Customers", "Settings", "Storage", "Trust", "Traces", "Identity", "HTTP",
                "Reactor", "TLS", "X509", "Issuing", "Crypto", "Metrics", "Logs", "Pages", "Text",
            ]),
        room(
            "Consent",
            over: [
                "Serving", "Settings", "Storage", "Authorization", "HTTP", "Reactor", "X509", "Crypto",
                "Logs", "Metrics", "Pages", "Text",
            ]),
        room("Command", over: ["Settings", "Audit", "Logs", "Reactor", "Crypto", "Text"]),
        room("Replay", over: ["Traces", "Text"]),
        room("Load", over: ["Replay", "Traces", "HTTP", "TLS", "X509", "Crypto", "Reactor", "Text"]),
        room("Mint", over: ["Issuing", "Replay", "Traces", "Identity", "Reactor", "Crypto", "Text"]),
        room("Journey", over: ["Serving", "HTTP", "TLS", "Reactor", "Crypto", "Text"]),

        // Programs.
        program(
            "sekisho",
            over: [
                "Command", "Gateway", "Serving", "Settings", "Storage", "Trust", "Identity", "HTTP",
                "Reactor", "Crypto", "Logs", "Text", "Customers", "X509",
            ]),
        program(
            "sekisho-consent",
            over: [
                "Command", "Consent", "Settings", "Serving", "Storage", "Authorization", "Reactor", "Crypto",
                "Logs", "Text",
            ]),
        program(
            "sekisho-partner",
            over: ["Command", "Journey", "Serving", "Pages", "HTTP", "TLS", "Reactor", "Crypto", "Text"]),
        program(
            "sekisho-replay",
            over: ["Command", "Mint", "Replay", "Load", "Traces", "TLS", "Reactor", "Text"]),
        program("sekisho-bench", over: ["Load", "TLS", "Reactor"]),
        program("consent-bench", over: ["Command", "Journey", "Serving", "HTTP", "Reactor", "Text"]),

        // Tests, and what they share.
        .target(
            name: "TestPKI", dependencies: ["COpenSSL", "X509", "Crypto", "Text"], path: "Tests/TestPKI",
            swiftSettings: strict),
        .target(name: "TestFolders", path: "Tests/TestFolders", swiftSettings: strict),
        .target(
            name: "TestPostgres", dependencies: ["CPostgres", "Settings"], path: "Tests/TestPostgres",
            swiftSettings: strict),
        .target(
            name: "TestServers", dependencies: ["Reactor"], path: "Tests/TestServers", swiftSettings: strict),
        tests(of: "Text"),
        tests(of: "Pages", over: ["Text"]),
        tests(of: "Crypto", over: ["TestPKI", "Text"]),
        tests(of: "X509", over: ["TestPKI", "Crypto", "Text", "COpenSSL"]),
        tests(of: "TLS", over: ["TestPKI", "X509", "COpenSSL", "Text"]),
        tests(of: "Reactor"),
        tests(
            of: "Load",
            over: [
                "TestFolders", "TestPKI", "Mint", "Issuing", "Replay", "Traces", "Serving", "HTTP", "Reactor",
                "TLS", "X509", "Crypto", "Text",
            ]),
        tests(of: "Metrics"),
        tests(of: "Logs", over: ["TestFolders", "Text"]),
        tests(of: "Audit", over: ["TestFolders", "Crypto", "Logs", "Text"]),
        tests(of: "HTTP", over: ["Text"]),
        tests(of: "Settings", over: ["Text"]),
        tests(of: "Identity", over: ["Text"]),
        tests(of: "Trust"),
        tests(of: "Traces", over: ["Text"]),
        tests(of: "Replay", over: ["Traces", "Text"]),
        tests(
            of: "Mint",
            over: [
                "TestFolders", "Reactor", "Replay", "Traces", "Issuing", "Identity", "X509", "Crypto", "Text",
            ]),
        tests(of: "Authorization", over: ["Text"]),
        tests(
            of: "Storage",
            over: [
                "TestFolders", "TestPKI", "TestPostgres", "Settings", "Identity", "Trust", "Authorization",
                "Text",
            ]),
        tests(
            of: "Customers", over: ["TestPKI", "Settings", "Storage", "Identity", "X509", "Crypto", "Text"]),
        tests(
            of: "Serving",
            over: ["TestPKI", "TestServers", "HTTP", "Reactor", "TLS", "X509", "Logs", "Metrics", "Text"]),
        tests(
            of: "Gateway",
            over: [
                "TestFolders", "TestPKI", "TestServers", "Serving", "Settings", "Storage", "Trust", "Traces",
                "Identity", "HTTP", "Reactor", "TLS", "X509", "Crypto", "Metrics", "Logs", "Pages", "Text",
            ]),
        tests(
            of: "Consent",
            over: [
                "TestFolders", "TestPKI", "X509", "Serving", "Settings", "Storage", "Authorization", "HTTP",
                "Reactor", "Crypto", "Logs", "Metrics", "Text",
            ]),
        .testTarget(name: "HouseTests", swiftSettings: strict),
        .testTarget(
            name: "FuzzTests", dependencies: ["HTTP", "Settings", "Traces", "X509", "Text"],
            path: "Tests/Fuzz",
            exclude: ["Corpus", "FuzzTargets.swift"], swiftSettings: strict),
        .testTarget(
            name: "Scenarios",
            dependencies: [
                "TestPKI", "TestPostgres", "Journey", "Serving", "HTTP", "TLS", "Storage", "Traces", "X509",
                "Reactor", "Crypto", "Text",
            ],
            path: "Tests/Scenarios", exclude: ["Clients"], swiftSettings: strict),
    ]
)

// Measured by hand, with scripts/bench-crl; left out of every other build.
if Context.environment["SEKISHO_BENCH"] != nil {
    package.targets.append(
        .executableTarget(
            name: "RevocationBenchmark", dependencies: ["TestPKI", "X509", "Text", "COpenSSL"],
            path: "Tests/RevocationBenchmark", swiftSettings: strict))
}
