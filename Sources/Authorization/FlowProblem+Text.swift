extension FlowProblem {
    /// One line for the store: which problem, and for 照会用暗証番号 the accounts by their keys, at most
    /// ``CustomerRecord/accountsMax`` of them. No PIN is in it.
    public var text: String {
        switch self {
        case .noScope: "noScope"
        case .notConfirmed: "notConfirmed"
        case .staleForm: "staleForm"
        case .suspended: "suspended"
        case .pins(let complaints): (["pins"] + complaints.words).joined(separator: " ")
        }
    }

    /// What ``text`` made; nil for anything else.
    public init?(text: String) {
        switch text {
        case "noScope": self = .noScope
        case "notConfirmed": self = .notConfirmed
        case "staleForm": self = .staleForm
        case "suspended": self = .suspended
        default:
            let words = text.split(separator: " ", omittingEmptySubsequences: false)
            guard words.first == "pins", let complaints = PINComplaints(words: words.dropFirst()) else {
                return nil
            }
            self = .pins(complaints)
        }
    }
}

extension PINComplaints {
    fileprivate var words: [String] {
        (selectsAll ? ["all"] : []) + (isNoneTicked ? ["none"] : [])
            + ticked.map { "ticked:\($0.text)" }.sorted()
            + byAccount.map { "\($1.rawValue):\($0.text)" }.sorted()
    }

    fileprivate init?(words: ArraySlice<Substring>) {
        self.init()
        for word in words {
            switch word {
            case "all": selectsAll = true
            case "none": isNoneTicked = true
            default:
                let parts = word.split(separator: ":", omittingEmptySubsequences: false)
                guard parts.count == 2, let account = AccountKey(parts[1]) else { return nil }
                if parts[0] == "ticked" {
                    ticked.insert(account)
                } else if let complaint = PINComplaint(rawValue: String(parts[0])) {
                    byAccount[account] = complaint
                } else {
                    return nil
                }
            }
        }
    }
}
