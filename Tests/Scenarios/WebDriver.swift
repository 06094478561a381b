import Foundation
import Glibc

/// The W3C WebDriver protocol, as much of it as the browser scenarios speak: JSON over plain HTTP to a
/// chromedriver on this machine (https://www.w3.org/TR/webdriver2/).
struct WebDriver {
    let port: UInt16

    /// A browser that has to load a page on a busy machine may take its time; one that hangs fails the test.
    static let answerSecondsMax = 60

    /// One command; the answer's `value`.
    ///
    /// - Throws: `ScenarioFault` with WebDriver's own error and message.
    @discardableResult
    func command(_ method: String, _ path: String, _ parameters: [String: Any]? = nil) throws -> Any? {
        let body = try parameters.map { try JSONSerialization.data(withJSONObject: $0) } ?? Data()
        var request = Data("\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n".utf8)
        request.append(Data("Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n".utf8))
        request.append(body)
        let answer = try exchange(request)
        guard let object = try JSONSerialization.jsonObject(with: answer) as? [String: Any] else {
            throw ScenarioFault("chromedriver answered \(method) \(path) with no object")
        }
        if let fault = object["value"] as? [String: Any], let error = fault["error"] as? String {
            let message = (fault["message"] as? String)?.prefix { !$0.isNewline } ?? ""
            throw ScenarioFault("\(error): \(message)")
        }
        return object["value"]
    }

    /// Sends one request on a connection of its own and returns the body of the answer.
    private func exchange(_ request: Data) throws -> Data {
        let connection = try connect()
        defer { close(connection) }
        let sent = unsafe request.withUnsafeBytes {
            unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent == request.count else {
            throw ScenarioFault("chromedriver takes no request: errno \(errno)")
        }
        var received = Data()
        var buffer = [UInt8](repeating: 0, count: 65536)
        let blank = Data("\r\n\r\n".utf8)
        while true {
            if let headEnd = received.range(of: blank)?.upperBound {
                let head = String(decoding: received[..<headEnd], as: UTF8.self)
                guard
                    let length = head.firstMatch(of: #/(?i)\r\ncontent-length: *(\d+)/#).flatMap({ Int($0.1) }
                    )
                else { throw ScenarioFault("chromedriver sent no Content-Length") }
                if received.count >= headEnd + length { return received[headEnd..<headEnd + length] }
            }
            // FileHandle.read(upToCount:) would wait until all of the count has come.
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(connection, $0.baseAddress, $0.count, 0)
            }
            guard count > 0 else {
                throw ScenarioFault(
                    count == 0 ? "chromedriver closed the connection" : "no answer: errno \(errno)")
            }
            received.append(contentsOf: buffer[..<count])
        }
    }

    /// A blocking socket; the caller closes it.
    private func connect() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw ScenarioFault("no socket: errno \(errno)") }
        var patience = timeval(tv_sec: Self.answerSecondsMax, tv_usec: 0)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { typed in
            unsafe typed.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let reason = errno
            close(descriptor)
            throw ScenarioFault("no connection to chromedriver: errno \(reason)")
        }
        return descriptor
    }
}
