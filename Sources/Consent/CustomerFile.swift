public import Authorization
public import Crypto
public import Text

/// Reads customers' records from a file: a JSON list of
///
///     { "id": "TSUSER0001", "permitted": ["balance"], "networks": ["127.0.0.1"],
///       "questions": [{ "question": "…", "answer": "…" }],
///       "accounts": [{ "branch": "001", "branchName": "…", "kind": "ordinary", "number": "2000002",
///                      "memo": "…", "pin": "9002" }] }
///
/// All but the id may be left out. An `answer` is hashed and a `pin` sealed as it is read; a PIN that comes
/// so is 登録済み, as one that 照会 has succeeded with.
public struct CustomerFile: Sendable {
    public let customers: [CustomerRecord]
    /// Where each customer has been seen already.
    public let traces: [(customer: String, traces: CustomerTraces)]

    public init(_ file: JSONNode, pinKey: SealingKey) throws(CustomerFileFault) {
        guard let entries = file.array else { throw CustomerFileFault("expected a list", at: file) }
        let vault = PINVault(key: pinKey)
        var customers: [CustomerRecord] = []
        var traces: [(String, CustomerTraces)] = []
        var ids: Set<String> = []
        for entry in entries {
            let id = try Self.text("id", of: entry, lengthMax: 64)
            var customer = CustomerRecord(id: id)
            customer.permitted = try Self.scopes(entry)
            for question in try Self.list("questions", of: entry, countMax: CustomerRecord.questionsMax) {
                customer.questions.append(try Self.question(question))
            }
            for account in try Self.list("accounts", of: entry, countMax: CustomerRecord.accountsMax) {
                let account = try Self.account(account, of: id, vault)
                guard !customer.accounts.contains(where: { $0.key == account.key }) else {
                    throw CustomerFileFault("\(account.key.text) comes twice", at: entry)
                }
                customer.accounts.append(account)
            }
            guard ids.insert(id).inserted else {
                throw CustomerFileFault("\(id) comes twice", at: entry)
            }
            customers.append(customer)
            for network in try Self.list("networks", of: entry, countMax: 50) {
                guard let address = network.string else {
                    throw CustomerFileFault("networks: expected addresses", at: network)
                }
                traces.append((id, CustomerTraces(address: address, certificate: nil)))
            }
        }
        self.customers = customers
        self.traces = traces
    }

    private static func scopes(_ entry: JSONNode) throws(CustomerFileFault) -> Scopes {
        guard entry["permitted"] != nil else { return Scopes(Scope.allCases) }
        let list = try list("permitted", of: entry, countMax: Scope.allCases.count)
        let scopes = list.map { $0.string.flatMap(Scope.init(rawValue:)) }
        guard !scopes.contains(nil) else {
            throw CustomerFileFault("permitted: expected balance, movements or transfers", at: entry)
        }
        return Scopes(scopes.compactMap(\.self))
    }

    private static func question(_ entry: JSONNode) throws(CustomerFileFault) -> ChallengeQuestion {
        let text = try text("question", of: entry, lengthMax: 100)
        let answer = try self.text("answer", of: entry, lengthMax: 40)
        do throws(CryptoFault) {
            return ChallengeQuestion(text: text, answerHash: try ChallengeAnswer.hash(answer))
        } catch {
            throw CustomerFileFault("\(error)", at: entry)
        }
    }

    private static func account(
        _ entry: JSONNode, of customer: String, _ vault: PINVault
    ) throws(CustomerFileFault) -> InquiryAccount {
        let kind = try text("kind", of: entry, lengthMax: 20)
        guard let kind = AccountKind(rawValue: kind) else {
            throw CustomerFileFault("kind: expected ordinary, current or savings", at: entry)
        }
        let key = AccountKey(
            branch: try text("branch", of: entry, lengthMax: 3), kind: kind,
            number: try text("number", of: entry, lengthMax: 7))
        guard let key else {
            throw CustomerFileFault("expected a branch of three digits and a number of seven", at: entry)
        }
        var pin = AccountPIN()
        if entry["pin"] != nil {
            guard
                case .success(let digits) = InquiryPIN.read(
                    try text("pin", of: entry, lengthMax: 12), length: entry["pin"]?.string?.count ?? 0)
            else { throw CustomerFileFault("pin: expected digits", at: entry) }
            pin = AccountPIN(active: vault.seal(digits, for: key, of: customer))
        }
        return InquiryAccount(
            key: key, branchName: try text("branchName", of: entry, lengthMax: 40),
            memo: entry["memo"] == nil ? nil : try text("memo", of: entry, lengthMax: 20), pin: pin)
    }

    private static func text(
        _ name: String, of entry: JSONNode, lengthMax: Int
    ) throws(CustomerFileFault) -> String {
        guard let text = entry[name]?.string, (1...lengthMax).contains(text.count) else {
            throw CustomerFileFault("\(name): expected a text of 1 to \(lengthMax) characters", at: entry)
        }
        return text
    }

    private static func list(
        _ name: String, of entry: JSONNode, countMax: Int
    ) throws(CustomerFileFault) -> [JSONNode] {
        guard let node = entry[name] else { return [] }
        guard let list = node.array, list.count <= countMax else {
            throw CustomerFileFault("\(name): expected a list of at most \(countMax)", at: node)
        }
        return list
    }
}

/// What is wrong with a file of customers; never an answer or a PIN.
public struct CustomerFileFault: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ what: String, at node: JSONNode) {
        description = "\(node.position): \(what)"
    }
}
