import Crypto
import Identity
import Settings
import Text
public import Trust
import X509

/// The commands of `sekisho trust`.
struct TrustRoutes: Sendable {
    let registry: TrustRegistry
    /// The configuration in force.
    let settings: @Sendable () -> GatewaySettings

    var all: [AdminRoute] {
        [
            AdminRoute("trust.list", "GET", "/trust") { _ in list() },
            AdminRoute("trust.show", "GET", "/trust/:store", answer: show),
            AdminRoute("trust.history", "GET", "/trust/:store/history", answer: history),
            AdminRoute("trust.review", "GET", "/trust/:store/review", answer: review),
            AdminRoute("trust.stage", "POST", "/trust/:store/stage", answer: stage),
            AdminRoute("trust.abort", "POST", "/trust/:store/abort", answer: abort),
            AdminRoute("trust.commit", "POST", "/trust/:store/commit", answer: commit),
            AdminRoute("trust.rollback", "POST", "/trust/:store/rollback", answer: rollBack),
            AdminRoute("trust.reload", "POST", "/trust/:store/reload", answer: reload),
        ]
    }

    // MARK: Looking

    private func list() -> AdminAnswer {
        AdminAnswer { json in
            json.key("stores")
            json.beginArray()
            for name in registry.names { json.string(name) }
            json.endArray()
        }
    }

    @Sendable private func show(_ request: AdminRequest) throws(AdminRefusal) -> AdminAnswer {
        try answer(request) { (store) throws(TrustFailure) in
            let view = try registry.view(store)
            let since = request.at.adding(seconds: -Int64(view.terms.ledgerDays) * 86400)
            let uses = try registry.stored { () throws(StoreFault) in
                try registry.seen.uses(in: store, since: since)
            }
            let latest = try registry.stored { () throws(StoreFault) in
                try registry.epochs.history(of: store, countMax: 10)
            }
            let summary = latest.first { $0.number == view.epoch.number.value }
            let expiring = registry.expiring(at: request.at)
            let findings = view.epoch.findings(at: request.at)
            return AdminAnswer { json in
                TrustReport.write(
                    view, summary, uses: uses, expiring: expiring, findings: findings, to: &json)
            }
        }
    }

    @Sendable private func history(_ request: AdminRequest) throws(AdminRefusal) -> AdminAnswer {
        try answer(request) { (store) throws(TrustFailure) in
            let inForce = try registry.view(store).epoch.number.value
            let summaries = try registry.stored { () throws(StoreFault) in
                try registry.epochs.history(of: store, countMax: Self.historyMax)
            }
            return AdminAnswer { json in
                json.member("store", store)
                json.member("inForce", Int64(clamping: inForce))
                json.key("epochs")
                json.beginArray()
                for summary in summaries {
                    json.beginObject()
                    TrustReport.write(summary, to: &json)
                    json.endObject()
                }
                json.endArray()
            }
        }
    }

    @Sendable private func review(_ request: AdminRequest) throws(AdminRefusal) -> AdminAnswer {
        try answer(request) { (store) throws(TrustFailure) in
            report(try registry.review(store, at: request.at), try registry.view(store))
        }
    }

    // MARK: Changing

    @Sendable private func stage(_ request: AdminRequest) throws(AdminRefusal) -> AdminAnswer {
        let parts = try StagingBody.parts(of: request.body)
        return try answer(request) { (store) throws(TrustFailure) in
            let review = try registry.stage(
                store, parts: parts, by: request.caller.description, at: request.at)
            return AdminAnswer { json in
                TrustReport.write(parts, to: &json)
                TrustReport.write(review, lockoutsMax: 0, to: &json)
            }
        }
    }

    @Sendable private func abort(_ request: AdminRequest) throws(AdminRefusal) -> AdminAnswer {
        try answer(request) { (store) throws(TrustFailure) in
            try registry.abort(store)
            return AdminAnswer { $0.member("store", store) }
        }
    }

    @Sendable private func commit(_ request: AdminRequest) throws(AdminRefusal) -> AdminAnswer {
        let condition = try Condition(request)
        return try answer(request) { (store) throws(TrustFailure) in
            let review = try registry.commit(
                store, if: condition.ifEpoch, content: condition.ifContent,
                allowing: condition.lockoutsAllowed, by: request.caller.description, at: request.at)
            return inForce(review, try registry.view(store))
        }
    }

    @Sendable private func rollBack(_ request: AdminRequest) throws(AdminRefusal) -> AdminAnswer {
        let condition = try Condition(request)
        return try answer(request) { (store) throws(TrustFailure) in
            let review = try registry.rollBack(
                store, to: condition.target, if: condition.ifEpoch, allowing: condition.lockoutsAllowed,
                by: request.caller.description, at: request.at)
            return inForce(review, try registry.view(store))
        }
    }

    @Sendable private func reload(_ request: AdminRequest) throws(AdminRefusal) -> AdminAnswer {
        let settings = settings()
        return try answer(request) { (store) throws(TrustFailure) in
            guard let files = settings.trust[store] else { throw .unknownStore(store) }
            let review = try registry.reload(
                store, files, always: true, by: request.caller.description, at: request.at)
            let view = try registry.view(store)
            guard let review else { throw .refused(.unchanged(inForce: view.epoch.number.value)) }
            return inForce(review, view)
        }
    }

    // MARK: Answering

    private func report(_ review: TrustReview, _ view: TrustRegistry.View) -> AdminAnswer {
        AdminAnswer { TrustReport.write(review, lockoutsMax: view.terms.lockoutsMax, to: &$0) }
    }

    private func inForce(_ review: TrustReview, _ view: TrustRegistry.View) -> AdminAnswer {
        AdminAnswer { json in
            json.member("epoch", Int64(clamping: review.candidate.number.value))
            TrustReport.write(review, lockoutsMax: view.terms.lockoutsMax, to: &json)
        }
    }

    private func answer(
        _ request: AdminRequest, _ body: (String) throws(TrustFailure) -> AdminAnswer
    ) throws(AdminRefusal) -> AdminAnswer {
        let store = request.parameters["store"] ?? ""
        do throws(TrustFailure) { return try body(store) } catch {
            var details: (@Sendable (inout JSONWriter) -> Void)?
            switch error {
            case .refusedAfter(let refusal, let review):
                var allowed = 0
                if case .lockouts(_, let number) = refusal { allowed = number }
                details = { [allowed] json in
                    json.key("review")
                    json.beginObject()
                    TrustReport.write(review, lockoutsMax: allowed, to: &json)
                    json.endObject()
                }
            case .refused(.epochMoved(let number)), .refused(.unchanged(let number)):
                details = { $0.member("inForce", Int64(clamping: number)) }
            default: break
            }
            throw AdminRefusal(
                status: error.status, code: error.code,
                error.complaints(about: store).joined(separator: "\n"), details: details)
        }
    }

    private static let historyMax = 1000

    /// What a commit or a rollback is given.
    private struct Condition {
        let ifEpoch: UInt64?
        let ifContent: [UInt8]
        let lockoutsAllowed: Int?
        let target: UInt64?

        init(_ request: AdminRequest) throws(AdminRefusal) {
            let json = try request.json()
            func number(_ key: String) throws(AdminRefusal) -> Int64? {
                guard let node = json[key] else { return nil }
                guard let value = node.integer, value >= 0 else {
                    throw AdminRefusal(status: 400, code: "malformed", "\(key): expected a number")
                }
                return value
            }
            for member in json.members ?? [] where !Self.keys.contains(member.key) {
                // A condition that is not understood must not go unheeded.
                throw AdminRefusal(status: 400, code: "malformed", "there is no \(member.key)")
            }
            ifEpoch = try number("ifEpoch").map(UInt64.init)
            ifContent = try Self.content(json["ifContent"])
            lockoutsAllowed = try number("allowLockout").map { Int($0) }
            target = try number("to").map(UInt64.init)
        }

        private static func content(_ node: JSONNode?) throws(AdminRefusal) -> [UInt8] {
            guard let node else { return [] }
            guard let bytes = node.string.flatMap(Hex.decode), bytes.count >= contentBytesMin else {
                throw AdminRefusal(
                    status: 400, code: "malformed",
                    "ifContent: expected at least \(2 * contentBytesMin) hexadecimal digits")
            }
            return bytes
        }

        private static let keys: Set = ["ifEpoch", "ifContent", "allowLockout", "to"]
        /// Fewer could be right by chance.
        private static let contentBytesMin = 8
    }
}

extension TrustFailure {
    /// Of HTTP.
    fileprivate var status: Int {
        switch self {
        case .unknownStore, .noSuchEpoch: 404
        case .refused, .refusedAfter: 409
        case .faults: 422
        case .store: 503
        }
    }
}

/// The body of a staging request: one line of JSON that lists the parts, then their bytes, one after the
/// other, and nothing else.
///
///     {"parts":[{"kind":"anchors","name":"new.pem","bytes":1234,"sha256":"…"}]}
public enum StagingBody {
    /// The parts, if all of them are there as the list has them.
    static func parts(of body: [UInt8]) throws(AdminRefusal) -> [EpochPart] {
        func fault(_ what: String) -> AdminRefusal { AdminRefusal(status: 400, code: "malformed", what) }
        guard let end = body.prefix(headBytesMax).firstIndex(of: UInt8(ascii: "\n")),
            let head = try? JSONReader.read(Array(body[..<end]), dialect: .json),
            let list = head["parts"]?.array, !list.isEmpty
        else { throw fault("expected a line that lists the parts") }
        var parts: [EpochPart] = []
        var position = end + 1
        for entry in list {
            guard let role = entry["kind"]?.string.flatMap(EpochPart.Role.init),
                let name = entry["name"]?.string, let sha256 = entry["sha256"]?.string,
                let count = entry["bytes"]?.integer.flatMap(Int.init(exactly:)), count >= 0,
                count <= body.count - position
            else { throw fault("part \(parts.count + 1) is not whole") }
            let part = EpochPart(role, name: name, bytes: Array(body[position..<position + count]))
            guard Hex.encode(part.hash) == sha256 else {
                throw fault("\(name) is not what its digest says")
            }
            position += count
            parts.append(part)
        }
        guard position == body.count else { throw fault("more follows than the list has") }
        return parts
    }

    /// For the client's side.
    public static func encode(_ parts: [EpochPart]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("parts")
        json.beginArray()
        for part in parts {
            json.beginObject()
            json.member("kind", part.role.rawValue)
            json.member("name", part.name)
            json.member("bytes", Int64(part.bytes.count))
            json.member("sha256", Hex.encode(part.hash))
            json.endObject()
        }
        json.endArray()
        json.endObject()
        var body = json.bytes
        body.append(UInt8(ascii: "\n"))
        for part in parts { body += part.bytes }
        return body
    }

    private static let headBytesMax = 256 * 1024
}
