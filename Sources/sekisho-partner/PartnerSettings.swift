import HTTP

/// What the sample site knows of the bank and of itself.
struct PartnerSettings: Sendable {
    let authorizationServer: URLReference
    let api: URLReference
    let clientID: String
    let redirectURI: String

    let scopes = ["balance", "movements"]
    static let name = "サンプル会計"
}
