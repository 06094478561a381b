import Text

/// Customers for ``GatewayStandIn`` to vouch for, each with two 照会用口座. Those with an odd number have
/// registered their PINs already.
public struct MadeUpCustomers: Sendable {
    public let count: Int

    public init(count: Int) { self.count = count }

    /// The n-th of them; beyond the last it begins again with the first.
    public func id(_ number: Int) -> String { "C\(number % count)" }

    /// What `sekisho-consent customers import` reads.
    public var file: [UInt8] {
        var json = JSONWriter()
        json.beginArray()
        for number in 0..<count {
            json.beginObject()
            json.member("id", id(number))
            json.key("accounts")
            json.beginArray()
            for kind in ["ordinary", "current"] { account(kind, isRegistered: number % 2 == 1, to: &json) }
            json.endArray()
            json.endObject()
        }
        json.endArray()
        return json.bytes
    }

    private func account(_ kind: String, isRegistered: Bool, to json: inout JSONWriter) {
        json.beginObject()
        json.member("branch", "001")
        json.member("branchName", "本店営業部")
        json.member("kind", kind)
        json.member("number", "2000002")
        json.member("memo", "経費用")
        if isRegistered { json.member("pin", "9002") }
        json.endObject()
    }
}
