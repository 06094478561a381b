import Foundation
import Glibc

/// One program started by a test. It gets SIGTERM when the test is done with it.
final class ChildProcess {
    private let process = Process()
    private let output = Pipe()
    private let name: String

    /// Starts `program` (a path, or a name found on the PATH) with standard output readable through
    /// `line(containing:)`.
    ///
    /// - Parameters:
    ///   - environment: added to this process's own.
    ///   - errorLog: the file standard error goes to, made anew.
    ///   - keepsInputOpen: Whether what it reads from standard input never comes, instead of being at its end.
    init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], errorLog: URL,
        keepsInputOpen: Bool = false
    ) throws {
        name = program
        Self.prepare(process, program, arguments, environment)
        if keepsInputOpen { process.standardInput = Pipe() }
        process.standardOutput = output
        try Data().write(to: errorLog)
        process.standardError = try FileHandle(forWritingTo: errorLog)
        try process.run()
    }

    deinit { stop() }

    /// Reads standard output up to the first line that contains `text`, and returns that line.
    func line(containing text: String) throws -> String {
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            let complete = String(decoding: line, as: UTF8.self)
            if complete.contains(text) { return complete }
            line = []
        }
        throw ScenarioFault("\(name) ended before it said “\(text)”")
    }

    /// Asks it to end and waits until it has. Does nothing the second time.
    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    /// Ends it at once, as a crash would (SIGKILL).
    func kill() {
        guard process.isRunning else { return }
        _ = Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Sends a signal; the program goes on.
    func signal(_ number: Int32) { _ = Glibc.kill(process.processIdentifier, number) }

    var isRunning: Bool { process.isRunning }

    var processIdentifier: Int32 { process.processIdentifier }

    /// Runs a program to its end.
    ///
    /// - Parameter input: What it reads from standard input; at most what a pipe holds.
    /// - Returns: What it printed.
    /// - Throws: what it printed, if it ends with anything but 0.
    @discardableResult
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil
    ) throws -> String {
        let (status, output) = try outcome(program, arguments, environment: environment, input: input)
        guard status == 0 else { throw ScenarioFault("\(program): \(output)") }
        return output
    }

    /// Runs a program to its end: its exit status, and all that it printed.
    static func outcome(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        let output = Pipe()
        prepare(process, program, arguments, environment)
        process.standardOutput = output
        process.standardError = output
        if let input {
            let pipe = Pipe()
            process.standardInput = pipe
            pipe.fileHandleForWriting.write(Data(input.utf8))
            try pipe.fileHandleForWriting.close()
        }
        try process.run()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: printed, as: UTF8.self))
    }

    /// A child inherits the signal mask of the thread that starts it, and the threads of a thread pool block
    /// SIGTERM: without `--default-signal` it could be stopped with SIGKILL only.
    private static func prepare(
        _ process: Process, _ program: String, _ arguments: [String], _ environment: [String: String]
    ) {
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["--default-signal", program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
    }
}

/// What went wrong in the machinery of a scenario, rather than in what it tests.
struct ScenarioFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
