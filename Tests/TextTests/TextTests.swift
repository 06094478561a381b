import Testing

@Test func `the toolchain runs tests`() {
    #expect(1 + 1 == 2)
}
