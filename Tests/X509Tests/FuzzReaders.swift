import Text

@testable import X509

/// Gives bytes to the reader that the first one names. Returns for any bytes; traps when what was read
/// makes no sense.
func readAnything(_ input: [UInt8]) {
    guard let kind = input.first else { return }
    let bytes = Array(input.dropFirst())
    switch kind % 4 {
    case 0: readList(bytes)
    case 1: _ = try? RevocationList.parse(bytes)
    case 2: readName(bytes)
    default: _ = try? DistributionPoint.list(in: bytes)
    }
}

private func readList(_ der: [UInt8]) {
    guard let list = try? RevocationList(der: der) else { return }
    precondition(list.entryCount <= der.count / 5)
    precondition(!list.scope.isIndirect)
    for serial: [UInt8] in [[0], [1], [0xFF], [0, 0x80], Array(repeating: 0x55, count: 20)] {
        _ = list.entry(ofSerial: serial)
    }
}

private func readName(_ der: [UInt8]) {
    guard let name = CanonicalName(der: der)?.distinguishedName else { return }
    // What is printed has no control characters, whatever stands in the name.
    precondition(name.rfc4514.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    for attribute in name.relativeNames.joined() {
        precondition(attribute.value.map { !holdsControl($0) } ?? true)
    }
}
