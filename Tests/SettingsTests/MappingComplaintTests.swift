import Settings
import Testing

@Suite struct MappingComplaintTests {
    @Test(arguments: [
        // Threats row 19: a serial number alone names nobody.
        Change(
            "by: \"enrolled\"", "by: 'enrolled', enrolledBy: 'serial'",
            "g.json5:11:61: mapping[0].enrolledBy: expected “issuerSerial” or “fingerprint”, not “serial”"),
        Change(
            "by: \"enrolled\"", "by: 'serial'",
            "g.json5:11:37: mapping[0].by: expected “subject” or “enrolled”, not “serial”"),
        Change(
            "by: \"enrolled\"", "by: 'subject', enrolledBy: 'fingerprint'",
            "g.json5:11:60: mapping[0].enrolledBy: for by: “enrolled” only"),
        Change(
            "by: \"enrolled\"", "by: 'enrolled', case: 'fold'",
            "g.json5:11:55: mapping[0].case: for by: “subject” only"),
        // Threats row 38: nothing unanchored can be said.
        Change(
            "by: \"enrolled\"", "by: 'subject', pattern: '^(A)|(B)$'",
            "g.json5:11:57: mapping[0].pattern: expected at character 1 a letter, a digit, a class in [ ], or"
                + " “\\” in front of this character, not “^(A)|(B)$”"),
        Change(
            "by: \"enrolled\"", "by: 'enrolled', supersede: 'afterDays 0'",
            "g.json5:11:60: mapping[0].supersede: expected “never”, “onNewLogin” or “afterDays N” (N from 1"
                + " to 400), not “afterDays 0”"),
        Change(
            "by: \"enrolled\"", "by: 'enrolled', supersede: 'afterDays 401'",
            "g.json5:11:60: mapping[0].supersede: expected “never”, “onNewLogin” or “afterDays N” (N from 1"
                + " to 400), not “afterDays 401”"),
        Change(
            "by: \"enrolled\"", "by: 'enrolled', supersede: 'afterDays 07'",
            "g.json5:11:60: mapping[0].supersede: expected “never”, “onNewLogin” or “afterDays N” (N from 1"
                + " to 400), not “afterDays 07”"),
    ])
    func `a mapping that can't be meant is complained about where it stands`(_ change: Change) throws {
        let complaints = readGateway(try change.applied(to: minimalGateway)).complaints
        #expect(complaints == change.complaints)
    }

    @Test(arguments: ["never", "onNewLogin", "afterDays 1", "afterDays 400"])
    func `every policy for superseded certificates is taken`(_ policy: String) throws {
        let change = Change("by: \"enrolled\"", "by: 'enrolled', supersede: '\(policy)'")
        #expect(readGateway(try change.applied(to: minimalGateway)).complaints == [])
    }
}
