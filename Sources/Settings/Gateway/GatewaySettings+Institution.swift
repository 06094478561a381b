extension GatewaySettings {
    /// Whose gateway this is, as customers see it.
    public struct Institution: Sendable, Hashable {
        /// 都島信用組合
        public var name: String
        /// 都島信用組合ＦＢサービス
        public var service: String
        public var loginMethods: LoginMethods
        /// The line about the help desk under every page.
        public var supportText: String?
        /// The internet banking, where customers renew what has expired.
        public var bankingURL: WebURL?

        public init(
            name: String, service: String, loginMethods: LoginMethods = .standard, supportText: String? = nil,
            bankingURL: WebURL? = nil
        ) {
            self.name = name
            self.service = service
            self.loginMethods = loginMethods
            self.supportText = supportText
            self.bankingURL = bankingURL
        }

        static let schema = Schema(
            Institution.init,
            Key("name", .text(), "The institution's name: `都島信用組合`."),
            Key("service", .text(), "The name of its service: `都島信用組合ＦＢサービス`."),
            Key(
                "loginMethods", .choice(LoginMethods.self), default: .string(LoginMethods.standard.rawValue),
                "How customers log in: with a certificate, with login ID and password, or with either as each"
                    + " customer's policy says."),
            Key(
                "supportText", optional: .text(lengthMax: 500),
                "The line about the help desk that stands under every page; left out, there is none."),
            Key(
                "bankingURL", optional: .page,
                "The internet banking's address. Pages lead there whose password has expired, whose first"
                    + " registration is not complete, or whose certificate must be renewed; left out, they"
                    + " name it without a link."))
    }

    /// Which ways of logging in the login page offers.
    public enum LoginMethods: String, Sendable, CaseIterable {
        case certificateAndPassword = "certificate+password"
        case certificate
        case password

        /// What holds when the file says nothing.
        public static let standard = LoginMethods.certificateAndPassword

        public var includeCertificate: Bool { self != .password }
        public var includePassword: Bool { self != .certificate }
    }
}
