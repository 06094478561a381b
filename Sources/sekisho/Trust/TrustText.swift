import Text

/// What the admin socket says of trust stores, for people.
enum TrustText {
    static func answer(_ verb: String, _ json: JSONNode) -> String {
        switch verb {
        case "show": show(json)
        case "history": history(json)
        case "stage": staged(json)
        case "review": review(json)
        case "abort": "nothing is staged for \(json.text("store")) any more"
        default:
            """
            epoch \(json.number("epoch")) of \(json.text("store")) is in force, in place of \
            \(json.number("replacing")); content \(json.text("content"))
            \(counts(json))
            """
        }
    }

    static func refusal(_ json: JSONNode) -> String {
        let message = json["message"]?.string ?? "refused"
        guard json["error"]?.string == "lockouts", let count = json["review"]?["lockouts"]?.number("count")
        else { return message }
        return """
            refused: \(message)
            to lock them out all the same, repeat with --allow-lockout \(count)
            """
    }

    static func isOverBound(_ review: JSONNode) -> Bool {
        (review["lockouts"]?.number("count") ?? 0) > review.number("lockoutsMax")
    }

    // MARK: Show

    private static func show(_ json: JSONNode) -> String {
        var lines = ["\(json.text("store")): epoch \(json.number("epoch"))"]
        if let at = json["at"]?.string {
            lines.append("  in force since  \(at), \(origin(json)) by \(json.text("author"))")
        }
        lines.append("  content         \(json.text("content"))")
        lines.append("  policy          \(json.text("policy"))")
        lines.append(
            "  lockouts        at most \(json.number("lockoutsMax")) of those seen in the last"
                + " \(json.number("ledgerDays")) days")
        var anchors = TextTable(
            "fingerprint", "expires", "last used", ">certificates", ">customers", "anchor")
        for anchor in json.list("anchors") {
            anchors.add(
                short(anchor.text("fingerprint")), day(anchor["notAfter"]), day(anchor["lastSeen"], "never"),
                "\(anchor.number("certificates"))", "\(anchor.number("customers"))", anchor.text("subject"))
        }
        lines += ["", anchors.text]
        if !json.list("intermediates").isEmpty {
            var table = TextTable("fingerprint", "expires", "intermediate")
            for item in json.list("intermediates") {
                table.add(short(item.text("fingerprint")), day(item["notAfter"]), item.text("subject"))
            }
            lines += ["", table.text]
        }
        if !json.list("crls").isEmpty {
            var table = TextTable(">number", ">entries", "since", "next", "revocation list of")
            for item in json.list("crls") {
                let kind = item["delta"]?.bool == true ? " (delta)" : ""
                table.add(
                    item.text("number"), "\(item.number("entries"))", item.text("thisUpdate"),
                    item.text("notAfter"), item.text("subject") + kind)
            }
            lines += ["", table.text]
        }
        if !json.list("expiring").isEmpty {
            lines += ["", "expires soon"]
            lines += json.list("expiring").map {
                "  \(day($0["until"]))  \($0.text("what"))  \($0.text("name"))"
            }
        }
        if !json.list("findings").isEmpty { lines += ["", findings(json)] }
        lines.append("")
        if let staged = json["staged"] {
            lines.append(
                "staged by \(staged.text("author")) at \(staged.text("at")):"
                    + " \(staged.number("anchors")) anchors, \(staged.number("intermediates")) intermediates,"
                    + " \(staged.number("crls")) revocation lists, content \(staged.text("content"))")
        } else {
            lines.append("nothing is staged")
        }
        return lines.joined(separator: "\n")
    }

    private static func history(_ json: JSONNode) -> String {
        var table = TextTable(">epoch", "", "when", "how", "who", "content")
        for epoch in json.list("epochs") {
            let isInForce = epoch.number("epoch") == json.number("inForce")
            table.add(
                "\(epoch.number("epoch"))",
                isInForce ? "in force" : epoch["kept"]?.bool == true ? "" : "dropped",
                epoch.text("at"), origin(epoch), epoch.text("author"), short(epoch.text("content")))
        }
        return table.text
    }

    // MARK: Stage and review

    private static func staged(_ json: JSONNode) -> String {
        var table = TextTable("kind", ">bytes", ">certificates", "SHA-256", "file")
        for part in json.list("parts") {
            table.add(
                part.text("kind"), "\(part.number("bytes"))",
                part["certificates"]?.integer.map { "\($0)" } ?? "-", part.text("sha256"), part.text("name"))
        }
        let lines = [
            "staged for \(json.text("store")): content \(json.text("content"))", "", table.text, "",
            counts(json), findings(json), "",
            "see `sekisho trust review \(json.text("store"))` for who would be locked out",
        ]
        return lines.filter { $0 != "-" }.joined(separator: "\n")
    }

    static func review(_ json: JSONNode) -> String {
        var lines = [
            "\(json.text("store")): what is staged, against epoch \(json.number("replacing")) in force",
            "content \(json.text("content"))", "",
            counts(json), findings(json), "",
            "\(json.number("judged")) certificates lately seen were judged anew",
            "",
        ]
        lines.append(
            outcome(
                json["lockouts"], "would be locked out", "nobody would be locked out",
                "its anchor, in force now"))
        if (json["lockouts"]?.number("count") ?? 0) > 0 { lines.append("") }
        lines.append(
            outcome(
                json["admissions"], "would be let in anew", "nobody would be let in anew", "its new anchor"))
        if isOverBound(json) {
            lines += [
                "",
                "commit refuses: \(json.number("lockoutsMax")) may be locked out."
                    + " To do it all the same: --allow-lockout \(json["lockouts"]?.number("count") ?? 0)",
            ]
        }
        return lines.filter { $0 != "-" }.joined(separator: "\n")
    }

    /// What comes and goes.
    private static func counts(_ json: JSONNode) -> String {
        var lines: [String] = []
        for kind in ["anchors", "intermediates", "crls"] {
            guard let change = json[kind] else { continue }
            let added = change.list("added")
            let removed = change.list("removed")
            let name = kind == "crls" ? "revocation lists" : kind
            lines.append(
                "\(name): \(added.count) added, \(removed.count) removed, \(change.number("kept")) kept")
            for (sign, items) in [("+", added), ("-", removed)] {
                lines += items.prefix(listedMax).map { item in
                    let facts = [sign, short(item.text("fingerprint")), "", day(item["notAfter"])]
                    return "  \(facts.joined(separator: " "))  \(item.text("subject"))"
                }
                if items.count > listedMax { lines.append("  \(sign) … \(items.count - listedMax) more") }
            }
        }
        return lines.joined(separator: "\n")
    }

    /// `-` for none.
    private static func findings(_ json: JSONNode) -> String {
        let findings = json.list("findings")
        guard !findings.isEmpty else { return "-" }
        let lines = findings.prefix(listedMax).map {
            "  \($0.text("kind")): \($0.text("what")) \($0.number("ordinal")), \($0.text("name"))"
        }
        let more = findings.count > listedMax ? ["  … \(findings.count - listedMax) more"] : []
        return (["to be looked at"] + lines + more).joined(separator: "\n")
    }

    private static func outcome(
        _ json: JSONNode?, _ words: String, _ none: String, _ anchorWords: String
    ) -> String {
        guard let json, json.number("count") > 0 else { return none }
        let count = json.number("count")
        var lines = [
            "\(count) certificate\(count == 1 ? "" : "s")\(owners(json.number("customers"))) \(words)"
        ]
        var groups = TextTable(">certificates", "reason", anchorWords)
        for group in json.list("groups") {
            groups.add("\(group.number("count"))", group.text("reason"), group.text("anchor"))
        }
        lines.append(groups.text)
        lines.append("")
        var table = TextTable("customer", "last seen", "reason", "serial", "subject")
        for certificate in json.list("certificates").prefix(listedMax) {
            table.add(
                certificate["customer"]?.string ?? "-", day(certificate["lastSeen"]),
                certificate.text("reason"), certificate.text("serial"), certificate.text("subject"))
        }
        lines.append(table.text)
        if count > Int64(listedMax) { lines.append("  … \(count - Int64(listedMax)) more; see --json") }
        return lines.joined(separator: "\n")
    }

    /// Of certificates whose customers are known.
    private static func owners(_ count: Int64) -> String {
        switch count {
        case 0: ""
        case 1: " of 1 customer"
        default: " of \(count) customers"
        }
    }

    private static func origin(_ json: JSONNode) -> String {
        switch json.text("origin") {
        case "rolledBack": "rolled back to \(json.number("source"))"
        case let word: word
        }
    }

    private static func short(_ hex: String) -> String { String(hex.prefix(16)) }

    /// The day of a time.
    private static func day(_ node: JSONNode?, _ none: String = "-") -> String {
        node?.string.map { String($0.prefix(10)) } ?? none
    }

    private static let listedMax = 20
}

extension JSONNode {
    func strings(_ key: String) -> [String] { list(key).compactMap(\.string) }
    fileprivate func text(_ key: String) -> String { self[key]?.string ?? "-" }
    fileprivate func number(_ key: String) -> Int64 { self[key]?.integer ?? 0 }
    fileprivate func list(_ key: String) -> [JSONNode] { self[key]?.array ?? [] }
}
