import Authorization
import Text

/// What partners get of accounts, as JSON. Amounts are whole yen.
enum ResourceDocuments {
    static func accounts(_ accounts: [InquiryAccount]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("accounts")
        json.beginArray()
        for account in accounts {
            json.beginObject()
            json.member("id", account.key.text)
            json.member("branch_code", account.key.branch)
            json.member("branch_name", account.branchName)
            json.member("type", account.key.kind.japaneseName)
            json.member("number", account.key.number)
            json.member("currency", "JPY")
            json.member("pin", account.pin.status.rawValue)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    static func reply(_ reply: InquiryReply, of account: AccountKey) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("id", account.text)
        json.member("currency", "JPY")
        switch reply {
        case .balance(let balance):
            json.member("balance", balance)
        case .entries(let entries):
            json.key("entries")
            json.beginArray()
            for entry in entries {
                json.beginObject()
                json.member("date", String(entry.day.rfc3339.prefix { $0 != "T" }))
                json.member("amount", entry.amount)
                json.member("balance", entry.balance)
                json.member("text", entry.text)
                json.endObject()
            }
            json.endArray()
        case .wrongPIN:
            break
        }
        json.endObject()
        return json.bytes
    }
}
