import HTTP
import Serving
import Testing

/// A customer's way through the pages of one flow, following redirects within it as a browser does.
struct Visit {
    private let bench: Bench
    private let claims: Claims
    private let language: String
    private let address: String
    private(set) var response: WebResponse
    /// Whether the last form was answered with the way to a page, so that reloading it sends nothing.
    private(set) var isRedirected = false

    init(
        _ bench: Bench, _ customer: String, partner: String = "sample", scope: String = "balance",
        language: String = "ja"
    ) throws {
        self.bench = bench
        self.language = language
        claims = bench.customer(customer, session: "S-\(customer)")
        let callback =
            partner == "choosing" ? "https://choosing.example/cb" : "https://partner.example:8444/callback"
        address = try bench.begin(
            as: claims, ["client_id": partner, "redirect_uri": callback, "scope": scope])
        response = WebResponse(status: 0)
        try reload()
    }

    var text: String { String(decoding: response.body, as: UTF8.self) }
    var status: Int { response.status }

    var title: String {
        let text = text
        guard let start = text.firstRange(of: "<title>") else { return "" }
        return String(text[start.upperBound...].prefix { $0 != "<" })
    }

    mutating func reload() throws {
        response = try bench.get(address, as: claims, headers: [("Accept-Language", language)])
    }

    /// The page's form with a button pressed.
    func form(_ decision: String, _ fields: [String: String] = [:]) throws -> [(String, String)] {
        try bench.fields(of: response, decision: decision, agree: false) + fields.map { ($0.key, $0.value) }
    }

    mutating func send(_ decision: String, _ fields: [String: String] = [:]) throws {
        response = try bench.post(
            "/consent", form(decision, fields), as: claims, headers: [("Accept-Language", language)])
        isRedirected = response.status == 303
        if response.headers["Location"] == address { try reload() }
    }
}
