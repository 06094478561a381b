import HTTP
import Settings
import Text
import Traces

@testable import X509

/// A reader of foreign bytes. Each has a corpus in the folder of its name; scripts/fuzz feeds it, and the tests
/// replay what was kept. To add one: a case, what it does in `read`, and a first corpus.
enum Reader: String, CaseIterable {
    case request, response, chunks, cookies, form, configuration, name, crl, proxy, trace

    /// Returns for any bytes; traps when what was read makes no sense.
    func read(_ bytes: [UInt8]) {
        switch self {
        case .request: readRequest(bytes)
        case .response: readResponse(bytes)
        case .chunks: readChunks(bytes)
        case .cookies: readCookies(bytes)
        case .form: readForm(bytes)
        case .configuration: readConfiguration(bytes)
        case .name: readName(bytes)
        case .crl: readRevocationList(bytes)
        case .proxy: readProxyHeader(bytes)
        case .trace: readTrace(bytes)
        }
    }
}

// MARK: HTTP

private func readRequest(_ bytes: [UInt8]) {
    var whole = RequestParser()
    guard case .head(let head, let consumed) = whole.parse(bytes.span) else { return }
    precondition(consumed <= bytes.count)
    // Nobody sees a head sooner than it is there.
    var early = RequestParser()
    for count in [consumed / 2, consumed - 1] {
        guard case .incomplete = early.parse(bytes.span.extracting(first: count)) else {
            preconditionFailure("a head before its end")
        }
    }
    checkFields(head.headers)
    precondition(head.target.utf8.allSatisfy { (0x21...0x7E).contains($0) })
    precondition(head.target == "*" || head.target.hasPrefix("/"))
    // What is forwarded is read by the next as it was read here.
    var written: [UInt8] = []
    HTTPSerializer.append(method: head.method, target: head.target, headers: head.headers, to: &written)
    var again = RequestParser()
    guard case .head(let second, let end) = again.parse(written.span) else {
        preconditionFailure("cannot be read again")
    }
    precondition(end == written.count && second.headers == head.headers && second.host == head.host)
    precondition(second.target == head.target && second.body == head.body)
    var forwarded = head.headers
    forwarded.removeHopByHop()
    _ = Cookies.parse(head.headers)
}

private func readResponse(_ bytes: [UInt8]) {
    for method in ["GET", "HEAD"] {
        var parser = ResponseParser(requestMethod: method)
        guard case .head(let head, let consumed) = parser.parse(bytes.span) else { continue }
        precondition(consumed <= bytes.count && (100...599).contains(head.status))
        checkFields(head.headers)
        precondition(method == "GET" || head.body == .none)
    }
}

private func checkFields(_ fields: HeaderFields) {
    for field in fields {
        precondition(!field.name.isEmpty)
        for byte in field.name.utf8 { precondition(byte > 0x20 && byte < 0x7F && byte != 0x3A) }
        for byte in field.value.utf8 { precondition(byte != 0 && byte != 0x0A && byte != 0x0D) }
    }
}

private func readChunks(_ bytes: [UInt8]) {
    let whole = decode(bytes, pieces: max(1, bytes.count))
    let single = decode(bytes, pieces: 1)
    precondition(whole.data == single.data || whole.fault != nil, "other pieces, other data")
    precondition(whole.fault == single.fault && whole.isComplete == single.isComplete)
    precondition(whole.data.count <= bytes.count)
}

private func decode(
    _ bytes: [UInt8], pieces size: Int
) -> (data: [UInt8], fault: HTTPFault?, isComplete: Bool) {
    var decoder = BodyDecoder(.chunked)
    var buffer: [UInt8] = []
    var data: [UInt8] = []
    var offset = 0
    while true {
        switch decoder.decode(buffer.span) {
        case .data(let range, let consumed):
            data += buffer[range]
            buffer.removeFirst(consumed)
        case .needMore(let consumed):
            buffer.removeFirst(consumed)
            if offset == bytes.count { return (data, nil, false) }
            let end = min(bytes.count, offset + size)
            buffer += bytes[offset..<end]
            offset = end
        case .end: return (data, nil, true)
        case .malformed(let fault): return (data, fault, false)
        }
    }
}

private func readProxyHeader(_ bytes: [UInt8]) {
    // As it wants its bytes, and one after the other: the same header, of the same length.
    var outcomes: [(header: ProxyHeader?, fault: ProxyHeaderFault?, end: Int)] = []
    for isSlow in [false, true] {
        var parser = ProxyHeaderParser()
        var (end, header, fault) = (0, ProxyHeader?.none, ProxyHeaderFault?.none)
        while end < bytes.count, header == nil, fault == nil {
            precondition(parser.bytesWanted > 0)
            let part = bytes[end..<min(bytes.count, end + (isSlow ? 1 : parser.bytesWanted))]
            end += part.count
            do throws(ProxyHeaderFault) { header = try parser.take(part) } catch { fault = error }
        }
        outcomes.append((header, fault, end))
    }
    precondition(outcomes[0].header == outcomes[1].header)
    precondition(outcomes[0].header == nil || outcomes[0].end == outcomes[1].end, "read beyond the header")
    precondition((outcomes[0].fault == nil) == (outcomes[1].fault == nil) && outcomes[0].end <= 4096)
    guard case .client(let ip, _) = outcomes[0].header else { return }
    precondition(addressBytes(ip).map(canonicalAddressText) == ip, "not as sockets print it")
}

private func readCookies(_ bytes: [UInt8]) {
    var fields = HeaderFields()
    fields.add("Cookie", String(decoding: bytes.filter { $0 >= 0x20 || $0 == 9 }, as: UTF8.self))
    let name = "__Host-sekisho"
    let count = Cookies.parse(fields).filter { $0.name == name }.count
    precondition(count <= 1 || Cookies.single(name, in: fields) == nil, "two cookies, and one was chosen")
    Cookies.remove([name], from: &fields)
    precondition(!Cookies.parse(fields).contains { $0.name == name }, "a cookie that was removed is there")
    let written = SetCookie(name, String(decoding: bytes, as: UTF8.self)).headerValue
    precondition(written.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    precondition(written.utf8.filter { $0 == 0x3B }.count == 4, "another attribute")
}

private func readForm(_ bytes: [UInt8]) {
    guard let form = try? FormFields.parse(bytes) else { return }
    let written = FormFields.encode(form.pairs.map { ($0.name, $0.value) })
    guard let again = try? FormFields.parse(Array(written.utf8)) else {
        preconditionFailure("cannot be read again")
    }
    precondition(again == form)
    _ = try? QueryParameters(parsing: String(decoding: bytes, as: UTF8.self))
}

// MARK: Files

private func readConfiguration(_ bytes: [UInt8]) {
    let gateway = GatewaySettings.read(text: bytes, file: "f", folder: "/f")
    let consent = ConsentSettings.read(text: bytes, file: "f", folder: "/f")
    if case .accepted = gateway, case .accepted = consent { preconditionFailure("good for both programs") }
    if case .rejected(let complaints) = gateway { precondition(!complaints.isEmpty) }
}

private func readTrace(_ bytes: [UInt8]) {
    var items: [[TraceReader.Item]] = []
    for size in [max(1, bytes.count), 7] {
        var reader = TraceReader()
        var read: [TraceReader.Item] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let end = min(bytes.count, start + size)
            reader.take(bytes[start..<end], isLast: end == bytes.count) { read.append($0) }
        }
        items.append(read)
    }
    precondition(items[0].map(described) == items[1].map(described), "other pieces, other lines")
    for case .line(_, let line) in items[0] {
        let written = line.json
        precondition(written.count <= TraceLine.bytesMax && !written.dropLast().contains(0x0A))
        precondition((try? TraceLine(parsing: written.dropLast())) == line, "cannot be read again")
    }
    if let outcome = ReportedOutcome(parsing: String(decoding: bytes, as: UTF8.self)) {
        precondition(ReportedOutcome(parsing: outcome.fieldValue) == outcome, "cannot be read again")
    }
}

private func described(_ item: TraceReader.Item) -> String {
    switch item {
    case .line(let number, let line): "\(number) \(line)"
    case .damaged(let number, let fault): "\(number) \(fault)"
    }
}

// MARK: Certificates

private func readRevocationList(_ bytes: [UInt8]) {
    _ = try? RevocationList.parse(bytes)
    _ = try? DistributionPoint.list(in: bytes)
    guard let list = try? RevocationList(der: bytes) else { return }
    precondition(list.entryCount <= bytes.count / 5)
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
