import Authorization
import Pages
import Serving

extension ConsentPages {
    // MARK: 情報アクセス許可

    func consent(_ view: FlowView) -> WebResponse {
        page(
            PageText("API連携認証（情報アクセス許可）（利用登録）", "API connection: permission to access (registration)"),
            view, body: consentBody(view))
    }

    @HTMLBuilder private func consentBody(_ view: FlowView) -> HTML {
        let partner = view.partner
        let asker = self("\(partner.name)（\(partner.company)）", "\(partner.name) (\(partner.company))")
        let service = setup.institution.serviceName
        let isUnticked = view.problem == .notConfirmed
        let errorID = "agree-error"
        formNotice(view)
        HTML.element("p") {
            self(
                "\(asker)がお客様のインターネットバンキングの口座情報・明細情報へのアクセスを求めています。",
                "\(asker) asks for access to the account and transaction data of your Internet banking.")
        }
        HTML.element("p") {
            self(
                "\(asker)と\(service)はそれぞれの利用規約とプライバシーポリシーに従って、この情報を使用します。",
                "\(asker) and \(service) use the data according to their terms of use and privacy policies.")
        }
        HTML.element("p") {
            self(
                "以下の認可対象・認可期間をご確認の上、「許可」ボタンを押してください。",
                "Check what is permitted and for how long, then press “Allow”.")
        }
        HTML.element("h2") { self("認可対象", "What is permitted") }
        HTML.element("ul", .class("box")) {
            for scope in view.flow.progress.scopes.list { HTML.element("li") { scope.text[language] } }
        }
        HTML.element("h3") { self("対象の口座", "Accounts") }
        HTML.element("ul", .class("box")) {
            for account in view.customer.accountsForInquiry {
                HTML.element("li") { self.account(account) }
            }
        }
        HTML.element("h2") { self("認可期間", "For how long") }
        HTML.element("p", .class("box")) { self(view.flow.period.japaneseText, view.flow.period.englishText) }
        HTML.element("h2") { self("同意確認", "Your consent") }
        agreement(partner)
        form(view) {
            HTML.checkbox(
                self("認可手続きを継続する", "Continue with the authorization"), name: "agree", value: "yes",
                errorID: isUnticked ? errorID : nil)
            if isUnticked { HTML.alert(line(.notConfirmed), id: errorID) }
            HTML.buttons {
                HTML.button(self("拒否", "Deny"), name: "decision", value: "deny", style: .secondary)
                HTML.button(self("許可", "Allow"), name: "decision", value: "allow")
            }
        }
    }

    @HTMLBuilder private func agreement(_ partner: Partner) -> HTML {
        HTML.element("p") {
            self(
                "「許可」ボタンを押す前に、\(partner.name)のWebサイトを閲覧できるかどうかをお客様自身の判断で確認してください。",
                "Before you press “Allow”, see for yourself that you can visit \(partner.name)."
            )
        }
        HTML.element("p") {
            self(
                "「許可」ボタンを押すことによって、お客様は\(partner.name)の利用規約のもと利用を続けることになります。",
                "By pressing “Allow” you continue under the terms of use of \(partner.name).")
        }
        HTML.element("p") {
            self(
                """
                認可手続きを継続する場合は「認可手続きを継続する」のチェックボックスをチェックしてください。\
                お客様の入力されたIDやパスワード等の認証情報はAPI連携事業者には開示されません。\
                また、API連携事業者との間の通信は暗号化されています。
                """,
                """
                To continue, tick “Continue with the authorization”. Your ID, password and other credentials \
                are not disclosed to the connecting service, and communication with it is encrypted.
                """)
        }
        HTML.element("p") {
            self(
                "なお、本アプリケーションへのアクセスは、使用開始後いつでも解除することができます。",
                "You can end the access of this application at any time.")
        }
    }
}
