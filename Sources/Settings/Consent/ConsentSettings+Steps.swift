extension ConsentSettings {
    /// When customers are asked a question they have set up (リスクベース追加認証).
    public struct Challenge: Sendable, Hashable {
        public var when: [[Fact]]
        public var wrongAnswersMax: Int

        public init(when: [[Fact]] = [], wrongAnswersMax: Int = 5) {
            self.when = when
            self.wrongAnswersMax = wrongAnswersMax
        }

        /// What can be known of how a customer comes.
        public enum Fact: String, Sendable, CaseIterable {
            case certificate, password, newAddress, newCertificate
        }

        static let schema = Schema(
            Challenge.init,
            Key(
                "when",
                .list(
                    of: .list(of: .choice(Fact.self), count: 1...4, isUnique: true), count: 0...20,
                    isUnique: true), default: .emptyList,
                "A question is asked when all facts of one of these lists hold. `certificate` and `password`:"
                    + " how the customer has logged in; `newAddress`: from a network (IPv4 /24, IPv6 /56)"
                    + " the customer has never been seen at; `newCertificate`: with a certificate never seen."
                    + " Without lists nobody is asked. A customer who is to be asked and has set up no"
                    + " question cannot go on."
            ),
            Key(
                "wrongAnswersMax", .integer(1...100), default: 5,
                "Wrong answers one after the other that suspend the customer (追加認証利用停止)."))
    }

    /// What ends grants before their 認可期間 does.
    public struct GrantRules: Sendable, Hashable {
        public var revokeOn: [Ending]
        public var gatewayStore: StoreURL?

        public init(revokeOn: [Ending] = Self.usual, gatewayStore: StoreURL? = nil) {
            self.revokeOn = revokeOn
            self.gatewayStore = gatewayStore
        }

        /// What may befall the customer of a grant.
        public enum Ending: String, Sendable, CaseIterable {
            case certRevoked, userSuspended, passwordLockout, passwordChange
        }

        /// What nobody but the institution can bring about.
        public static let usual: [Ending] = [.certRevoked, .userSuspended]

        static let schema = Schema(
            GrantRules.init,
            Key(
                "revokeOn", .list(of: .choice(Ending.self), count: 0...Ending.allCases.count, isUnique: true),
                default: .strings(usual.map(\.rawValue)),
                "What ends a grant the next time it is used: `certRevoked`: the certificate that the grant"
                    + " rests on is revoked; `userSuspended`: the institution has stopped the customer"
                    + " (利用停止, 解約); `passwordLockout`: 利用停止 by too many wrong passwords, which a stranger"
                    + " can bring about, so that it only keeps the customer from logging in unless it stands"
                    + " here; `passwordChange`: the password was changed after the login that the grant rests"
                    + " on. The first three also keep customers from allowing anything, whether or not they"
                    + " stand here. Needs `gatewayStore`."),
            Key(
                "gatewayStore", optional: .store,
                "The `store` of the gateway's configuration. It is read to learn what has befallen customers;"
                    + " a PostgreSQL role needs no more than SELECT once the gateway has run. Without it,"
                    + " grants end by `sekisho-consent grants end`."))
    }

    /// 照会用暗証番号: what the host wants with each 照会.
    public struct PINs: Sendable, Hashable {
        public var keyFile: String
        public var length: Int
        public var offersSkipping: Bool

        public init(keyFile: String = "pins.key", length: Int = 4, offersSkipping: Bool = false) {
            self.keyFile = keyFile
            self.length = length
            self.offersSkipping = offersSkipping
        }

        static let schema = Schema(
            PINs.init,
            Key(
                "keyFile", .path, default: "pins.key",
                "File of the key that seals PINs in the store: 32 bytes in base 64. Made when it is not there"
                    + " and no PIN is stored; whoever loses it, has customers register their PINs anew."),
            Key("length", .integer(4...12), default: 4, "Digits of a PIN."),
            Key(
                "offersSkipping", .boolean, default: false,
                "Whether a customer with some accounts registered may go on without registering the others"
                    + " (登録せずに次へ)."))
    }
}
