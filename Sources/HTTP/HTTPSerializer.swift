import Text

/// Writes heads and chunks as HTTP/1.1.
public enum HTTPSerializer {
    public static func append(_ head: ResponseHead, to output: inout [UInt8]) {
        output.append("HTTP/1.1 ")
        output.append(String(head.status))
        output.append(.space)
        output.append(reason(head.status))
        endLine(&output)
        append(head.headers, to: &output)
    }

    /// Whatever method and target hold, the request line stays one line of three parts: bytes that don't
    /// belong into a method become `_`, those that don't belong into a target are percent-encoded, and an
    /// empty target is `/`.
    public static func append(method: String, target: String, headers: HeaderFields, to output: inout [UInt8])
    {
        for byte in method.utf8 { output.append(byte.isTokenCharacter ? byte : 0x5F) }
        output.append(.space)
        if target.isEmpty { output.append(UInt8(ascii: "/")) }
        if target.utf8.allSatisfy(\.isVisible) {
            output.append(target)
        } else {
            for byte in target.utf8 {
                if byte.isVisible { output.append(byte) } else { PercentCoding.append(byte, to: &output) }
            }
        }
        output.append(contentsOf: " HTTP/1.1\r\n".utf8)
        append(headers, to: &output)
    }

    /// An empty chunk is not written: it would end the body.
    public static func appendChunk(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        if bytes.isEmpty { return }
        output.append(contentsOf: String(bytes.count, radix: 16).utf8)
        endLine(&output)
        unsafe bytes.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
        endLine(&output)
    }

    public static let lastChunk = Array("0\r\n\r\n".utf8)

    private static func append(_ headers: HeaderFields, to output: inout [UInt8]) {
        // Four bytes between and behind, and the last line.
        let count = headers.entries.reduce(2) { $0 + $1.name.count + $1.value.count + 4 }
        output.append(addingCapacity: count) { output in
            let bytes = headers.bytes.span
            for entry in headers.entries {
                output.append(copying: bytes.extracting(entry.name))
                output.append(.colon)
                output.append(.space)
                output.append(copying: bytes.extracting(entry.value))
                output.append(.cr)
                output.append(.lf)
            }
            output.append(.cr)
            output.append(.lf)
        }
    }

    private static func endLine(_ output: inout [UInt8]) {
        output.append(.cr)
        output.append(.lf)
    }

    /// The phrases of the statuses that are sent here; an upstream's own phrase is not passed on.
    private static func reason(_ status: Int) -> String {
        switch status {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}

extension OutputSpan<UInt8> {
    /// Appends bytes at once.
    fileprivate mutating func append(copying bytes: Span<UInt8>) {
        precondition(bytes.count <= freeCapacity, "room was made for all that is appended")
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            unsafe bytes.withUnsafeBufferPointer { source in
                guard let start = source.baseAddress, let end = buffer.baseAddress else { return }
                unsafe (end + count).initialize(from: start, count: source.count)
            }
            count += bytes.count
        }
    }
}
