import Foundation
import Glibc

/// A program at a terminal, with a test at the keyboard.
final class PseudoTerminal {
    private let process = Process()
    private let keyboard: FileHandle
    /// All that the terminal has shown.
    private(set) var shown = ""

    init(_ program: String, _ arguments: [String]) throws {
        var (near, far): (Int32, Int32) = (-1, -1)
        guard unsafe openpty(&near, &far, nil, nil, nil) == 0 else {
            throw ScenarioFault("there is no pseudo-terminal: errno \(errno)")
        }
        keyboard = FileHandle(fileDescriptor: near, closeOnDealloc: true)
        let terminal = FileHandle(fileDescriptor: far, closeOnDealloc: true)
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["--default-signal", program] + arguments  // as ChildProcess does, and why
        process.standardInput = terminal
        process.standardOutput = terminal
        process.standardError = terminal
        try process.run()
        try terminal.close()
    }

    func type(_ text: String) throws { try keyboard.write(contentsOf: Data(text.utf8)) }

    /// Reads on until the terminal shows a text that it has not shown before.
    func await(_ text: String) throws {
        let known = shown.count
        while !shown.dropFirst(known).contains(text) {
            guard let bytes = read() else { throw ScenarioFault("the program ended: \(shown)") }
            shown += bytes
        }
    }

    deinit { if process.isRunning { process.terminate() } }

    /// Reads on until the program ends; its exit status.
    func end() -> Int32 {
        while let bytes = read() { shown += bytes }
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Nil at the end, which a terminal tells as an error.
    private func read() -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe Glibc.read(keyboard.fileDescriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
