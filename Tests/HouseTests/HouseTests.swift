import Testing

/// The house as it stands keeps every rule of `HouseRules.swift`.
struct HouseTests {
    let house: House

    init() throws { house = try House.standing() }

    @Test func `every folder of Sources is a target of Package.swift`() {
        let folders = Set(house.files.filter(\.isSource).map(\.room))
        let swiftTargets = Set(house.targets.filter { $0.kind != .library }.map(\.name))
        #expect(folders == swiftTargets)
    }

    @Test func `rooms stand on rooms above them`() { #expect(house.arrowsThatPointDown == []) }

    @Test func `rooms import what Package.swift says`() { #expect(house.undeclaredImports == []) }

    @Test func `C libraries stay behind the rooms that wrap them`() {
        #expect(house.librariesOutsideTheirRooms == [])
    }

    @Test func `pure rooms import pure rooms only`() { #expect(house.impureImports == []) }

    @Test func `no room imports Foundation`() { #expect(house.roomsWithFoundation == []) }

    @Test func `no source file is longer than 500 lines`() { #expect(house.longFiles == []) }

    @Test func `no source line is wider than 110 columns`() { #expect(house.longLines == []) }

    @Test func `nothing is left for later`() { #expect(house.unfinishedBusiness == []) }

    @Test func `no private key is committed`() throws {
        let key = #/-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+\/=]{40}/#
        let paths = try ["Sources", "Tests", "certs", "scripts"].flatMap { try House.paths(below: $0) }
        let withKeys = paths.filter { (try? House.text(ofFile: $0))?.contains(key) == true }
        #expect(withKeys == [])
    }
}
