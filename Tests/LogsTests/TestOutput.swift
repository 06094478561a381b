import Glibc
import TestFolders
import Testing

/// The lines that `body` writes to the descriptor it is given.
func written(by body: (Int32) throws -> Void) throws -> [String] {
    var lines: [String] = []
    try inFolder { folder in
        let path = "\(folder)/output"
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        try body(descriptor)
        close(descriptor)
        lines = contents(path)
    }
    return lines
}

/// The lines of a file, each of which must end with a line feed.
func contents(_ path: String) -> [String] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part: [UInt8] = Array(repeating: 0, count: 65_536)
    while true {
        let count = unsafe read(descriptor, &part, part.count)
        if count <= 0 { break }
        bytes += part[..<count]
    }
    #expect(bytes.isEmpty || bytes.last == UInt8(ascii: "\n"))
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        .dropLast().map(String.init)
}

/// The descriptors of this process that are open on a file.
func descriptors(of path: String) -> [Int32] {
    (0..<65_536).filter { number in
        var target: [CChar] = Array(repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/fd/\(number)", &target, target.count)
        return count > 0 && target[..<count].elementsEqual(path.utf8.lazy.map { CChar(bitPattern: $0) })
    }
}

/// A folder that is gone afterwards, with all that is in it.
func inFolder(_ body: (String) throws -> Void) throws {
    let folder = try TestFolder()
    try withExtendedLifetime(folder) { try body(folder.path) }
}

/// Runs `body` in so many threads and waits for them.
func inThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    join((0..<count).map { number in start { body(number) } })
}

/// Runs `body` in a thread, `work` in this one, and waits for both.
func inThread(_ body: @escaping @Sendable () -> Void, meanwhile work: () throws -> Void) rethrows {
    let thread = start(body)
    defer { join([thread]) }
    try work()
}

private func join(_ threads: [pthread_t]) {
    for thread in threads { _ = pthread_join(thread, nil) }
}

private func start(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    var thread = pthread_t()
    let box = unsafe Unmanaged.passRetained(Body(body))
    let code = unsafe pthread_create(
        &thread, nil,
        { argument in
            guard let argument = unsafe argument else { return nil }
            unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
            return nil
        }, box.toOpaque())
    precondition(code == 0, "a test can have a thread")
    return thread
}

private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
