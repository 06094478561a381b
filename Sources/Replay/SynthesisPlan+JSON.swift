public import Text

/// A plan in JSON5, a few lines long.
extension SynthesisPlan {
    /// Reads a plan.
    ///
    /// - Throws: The first thing that is wrong, with its place.
    public init(parsing text: [UInt8]) throws(JSONFault) {
        let plan = PlanObject(try JSONReader.read(text, dialect: .json5, depthMax: 8))
        try plan.checkKeys(Self.keys)
        let seconds = try plan.required("seconds", 0.001...86_400)
        self.init(seconds: seconds, rate: 0)
        lastedSeconds = try plan.number("lasted", 0...86_400) ?? 0
        switch (plan["rate"], plan["concurrency"]) {
        case (let node?, nil): rate = try Self.curve(node)
        case (nil, let node?):
            guard lastedSeconds > 0 else {
                throw node.fault("concurrency needs “lasted”, how many seconds a connection stands")
            }
            // Little's law: so many at once, each for so long.
            rate = try Self.curve(node).map { Point(seconds: $0.seconds, value: $0.value / lastedSeconds) }
        default: throw plan.node.fault("expected “rate” or “concurrency”, and not both")
        }
        if let node = plan["arrival"] {
            guard let arrival = node.string.flatMap(Arrival.init) else {
                throw node.fault(
                    "expected one of \(Arrival.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            self.arrival = arrival
        }
        customerCount = Int(try plan.number("customers", 1...1_000_000) ?? 1000)
        chainCount = Int(try plan.number("chain", 1...10) ?? 2)
        resumedShare = try plan.number("resumed", 0...1) ?? 0
        try readChoices(plan)
        guard lineCount <= Double(Self.linesMax) else {
            throw plan.node.fault("that makes more than \(Self.linesMax) connections")
        }
    }

    private static let keys: Set = [
        "seconds", "rate", "concurrency", "lasted", "arrival", "customers", "chain", "resumed", "hosts",
        "refusals", "tls", "keys", "requests",
    ]

    private mutating func readChoices(_ plan: PlanObject) throws(JSONFault) {
        if let node = plan["hosts"] {
            hosts = try Self.choices(node, "a host name") { $0.utf8.count <= 253 && !$0.isEmpty ? $0 : nil }
        }
        if let node = plan["tls"] {
            versions = try Self.choices(node, "1.2 or 1.3") { ["1.2", "1.3"].contains($0) ? $0 : nil }
        }
        if let node = plan["keys"] {
            keys = try Self.choices(node, CredentialKey.known.joined(separator: ", ")) {
                CredentialKey.known.contains($0) ? $0 : nil
            }
        }
        if let node = plan["requests"] {
            requests = try Self.choices(node, "a number up to 10000") { text in
                Int(text).flatMap { 0...10_000 ~= $0 ? $0 : nil }
            }
        }
        guard let node = plan["refusals"] else { return }
        let names = Refusal.allCases.map(\.rawValue).joined(separator: ", ")
        guard node.members != nil else { throw node.fault("expected shares by name: \(names)") }
        refusals = try Self.choices(node, names, Refusal.init)
        guard refusals.reduce(0, { $0 + $1.weight }) <= 1 else {
            throw node.fault("these are shares of all connections, and add up to more than 1")
        }
    }

    /// A number, or points of a curve: `[[0, 50], [30, 400]]`.
    private static func curve(_ node: JSONNode) throws(JSONFault) -> [Point] {
        let valueMax = 1_000_000.0
        guard let nodes = node.array else {
            guard let value = node.double, 0...valueMax ~= value else {
                throw node.fault("expected a number from 0 to 1000000, or points [[second, number], …]")
            }
            return [Point(seconds: 0, value: value)]
        }
        var points: [Point] = []
        for node in nodes {
            guard let pair = node.array, pair.count == 2, let second = pair[0].double,
                let value = pair[1].double, 0...valueMax ~= value, second >= 0,
                points.last.map({ $0.seconds < second }) ?? true
            else { throw node.fault("expected [second, number], each later than the one before") }
            points.append(Point(seconds: second, value: value))
        }
        guard !points.isEmpty else { throw node.fault("expected at least one point") }
        return points
    }

    /// One value, a list of equally likely ones, or weights by value.
    private static func choices<Value>(
        _ node: JSONNode, _ expected: String, _ read: (String) -> Value?
    ) throws(JSONFault) -> [(value: Value, weight: Double)] {
        var choices: [(value: Value, weight: Double)] = []
        func add(_ text: String?, _ weight: Double, _ place: JSONNode) throws(JSONFault) {
            guard let value = text.flatMap(read) else { throw place.fault("expected \(expected)") }
            choices.append((value, weight))
        }
        if let members = node.members {
            for member in members {
                guard let weight = member.node.double, weight >= 0, weight <= 1_000_000 else {
                    throw member.node.fault("expected a weight, a number that is not negative")
                }
                if weight > 0 { try add(member.key, weight, member.node) }
            }
        } else if let nodes = node.array {
            for node in nodes { try add(node.word, 1, node) }
        } else {
            try add(node.word, 1, node)
        }
        return choices
    }
}

/// A JSON object that knows where it stands.
private struct PlanObject {
    let node: JSONNode

    init(_ node: JSONNode) { self.node = node }

    subscript(name: String) -> JSONNode? { node[name] }

    func checkKeys(_ known: Set<String>) throws(JSONFault) {
        guard let members = node.members else { throw node.fault("expected an object") }
        var seen: Set<String> = []
        for member in members {
            guard known.contains(member.key), seen.insert(member.key).inserted else {
                let why = known.contains(member.key) ? "is there twice" : "is not known here"
                throw JSONFault(position: member.keyPosition, message: "“\(member.key)” \(why)")
            }
        }
    }

    func number(_ name: String, _ range: ClosedRange<Double>) throws(JSONFault) -> Double? {
        guard let node = node[name] else { return nil }
        guard let number = node.double, range ~= number else {
            throw node.fault("expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func required(_ name: String, _ range: ClosedRange<Double>) throws(JSONFault) -> Double {
        guard let number = try number(name, range) else { throw node.fault("“\(name)” is missing") }
        return number
    }
}

extension JSONNode {
    fileprivate func fault(_ message: String) -> JSONFault {
        JSONFault(position: position, message: message)
    }

    /// Of a number that is finite.
    var double: Double? {
        guard case .number(let number) = value, let double = number.double, double.isFinite else {
            return nil
        }
        return double
    }

    /// A text, or a number as it was written.
    fileprivate var word: String? {
        if case .number(let number) = value { return number.text }
        return string
    }
}
