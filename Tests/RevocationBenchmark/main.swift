import COpenSSL
import Glibc
import TestPKI
import Text
import X509

// How long a CRL takes to load, what stays of it in memory, and how long a look-up takes: ours, and
// libcrypto's.
//
//     RevocationBenchmark make COUNT FILE       a CRL of COUNT entries in DER, and its authority in FILE.pem
//     RevocationBenchmark ours FILE             milliseconds, resident KiB, nanoseconds a look-up
//     RevocationBenchmark libcrypto FILE        the same
//
// Each measurement is a process of its own, so that memory is its alone. scripts/bench-crl runs them in turn.

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "make" where arguments.count == 4: make(count: Int(arguments[2]) ?? 0, file: arguments[3])
case "ours" where arguments.count == 3: measureOurs(arguments[2])
case "libcrypto" where arguments.count == 3: measureLibcrypto(arguments[2])
default: fatalError("usage: RevocationBenchmark make COUNT FILE | ours FILE | libcrypto FILE")
}

/// The n-th serial number: 20 octets, positive, evenly spread as authorities make them today.
func serial(_ index: Int) -> [UInt8] {
    var state = UInt64(index) &* 2 &+ 1
    var octets: [UInt8] = []
    for _ in 0..<3 {
        state = (state ^ (state >> 31)) &* 0x9FB2_1C65_1E98_DF25
        state ^= state >> 29
        for shift in 0..<8 { octets.append(UInt8(truncatingIfNeeded: state >> (8 * UInt64(shift)))) }
    }
    octets[0] = octets[0] & 0x3F | 0x40
    return Array(octets.prefix(20))
}

func make(count: Int, file: String) {
    let authority = TestAuthority(name: "Benchmark CA")
    var list = TestRevocationList(at: WallTime(seconds: 1_781_524_800))
    var entries: [UInt8] = []
    entries.reserveCapacity(count * 53)
    for index in 0..<count {
        // Every second one says why.
        let entry = TestRevocationList.Entry(serial: serial(index), reason: index % 2 == 0 ? nil : 1)
        entries += entry.der
    }
    list.entriesDER = entries
    write(list.signed(by: authority), to: file)
    write(authority.pem, to: file + ".pem")
}

func measureOurs(_ file: String) {
    var bytes = read(file)
    guard let anchors = try? Certificate.parse(pem: read(file + ".pem")) else { fatalError("no authority") }
    let before = residentKiB() - bytes.count / 1024
    let start = now()
    guard let list = try? RevocationList(der: bytes),
        let epoch = try? TrustEpoch(
            store: "benchmark", number: TrustEpochNumber(1), anchors: anchors, intermediates: [],
            revocation: [list], policy: TrustPolicy())
    else { fatalError("not a list") }
    let milliseconds = Double(now() - start) / 1e6
    guard epoch.revocationListsInUse.count == 1 else { fatalError("not signed") }
    bytes = []
    let resident = residentKiB() - before
    report(milliseconds, resident, list.entryCount) { list.entry(ofSerial: $0) != nil }
}

func measureLibcrypto(_ file: String) {
    var bytes = read(file)
    let before = residentKiB() - bytes.count / 1024
    let start = now()
    let list = unsafe bytes.withUnsafeBufferPointer { bytes in
        var cursor = bytes.baseAddress
        return unsafe d2i_X509_CRL(nil, &cursor, bytes.count)
    }
    // The first look-up sorts.
    func find(_ octets: [UInt8]) -> Bool {
        let number = unsafe ASN1_INTEGER_new()
        defer { unsafe ASN1_INTEGER_free(number) }
        unsafe ASN1_STRING_set(number, octets, Int32(octets.count))
        var entry: OpaquePointer?
        return unsafe X509_CRL_get0_by_serial(list, &entry, number) == 1
    }
    _ = find([1])
    let milliseconds = Double(now() - start) / 1e6
    bytes = []
    let resident = residentKiB() - before
    let count = unsafe Int(OPENSSL_sk_num(X509_CRL_get_REVOKED(list)))
    report(milliseconds, resident, count, find)
}

/// Look-ups of numbers that are there and of as many that are not, in no order.
func report(_ milliseconds: Double, _ resident: Int, _ count: Int, _ find: ([UInt8]) -> Bool) {
    let questions = (0..<200_000).map { serial(($0 &* 7919) % (2 * count)) }
    let start = now()
    var found = 0
    for question in questions where find(question) { found += 1 }
    let nanoseconds = Double(now() - start) / Double(questions.count)
    guard found > 0, found < questions.count || count < 2 else { fatalError("look-ups are wrong: \(found)") }
    print("\(count) \(Int(milliseconds * 1000)) \(resident) \(Int(nanoseconds))")
}

func now() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Of this process.
func residentKiB() -> Int {
    let text = String(decoding: read("/proc/self/statm"), as: UTF8.self).split(separator: " ")
    return (Int(text[1]) ?? 0) * 4
}

func read(_ path: String) -> [UInt8] {
    guard let file = unsafe fopen(path, "r") else { fatalError("cannot read \(path)") }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        let count = unsafe fread(&buffer, 1, buffer.count, file)
        if count == 0 { return bytes }
        bytes += buffer[..<count]
    }
}

func write(_ bytes: [UInt8], to path: String) {
    guard let file = unsafe fopen(path, "w"), unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count,
        unsafe fclose(file) == 0
    else { fatalError("cannot write \(path)") }
}
