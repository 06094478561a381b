import Authorization
import Pages
import Serving

extension ConsentPages {
    // MARK: 連携中サービス一覧

    /// - Parameters:
    ///   - ended: The name of the service that has just been ended.
    func services(
        _ services: [ConnectedService], ended: String?, problem: ConsentMessage?
    ) -> WebResponse {
        let page = Page(
            title: PageText("連携中サービス一覧", "Connected services")[language],
            institution: setup.institution, body: body(services, ended, problem), language: language,
            here: ServicesDesk.path)
        return response(page, status: 200)
    }

    @HTMLBuilder private func body(
        _ services: [ConnectedService], _ ended: String?, _ problem: ConsentMessage?
    ) -> HTML {
        if let problem { HTML.alert(line(problem), id: "notice") }
        if let ended {
            HTML.element("p", .class("box"), .role("status")) {
                self("「\(ended)」との連携を解除しました。", "The connection with “\(ended)” has ended.")
            }
        }
        if services.isEmpty {
            HTML.element("p") { self("連携中のサービスはありません。", "No service is connected.") }
        } else {
            HTML.element("p") {
                self(
                    "お客様が口座情報・明細情報へのアクセスを許可しているサービスです。「解除」ボタンを押すと、アクセスはただちにできなくなります。",
                    "These services may access your account data. “End” stops the access at once.")
            }
        }
        for service in services { section(service) }
    }

    private func section(_ service: ConnectedService) -> HTML {
        HTML.element("section", .class("method")) {
            HTML.element("h2") { service.name }
            HTML.element("dl", .class("facts")) {
                if let partner = service.partner {
                    fact(self("提供会社", "Company"), [.text(partner.company)])
                }
                fact(self("認可対象", "Permitted"), service.grant.scopes.list.map { .text($0.text[language]) })
                fact(self("対象の口座", "Accounts"), service.accounts.map(account))
                fact(
                    self("認可期間", "Period"),
                    [.text(self(service.grant.period.japaneseText, service.grant.period.englishText))])
            }
            HTML.form(
                postingTo: ServicesDesk.path,
                hidden: [("grant", service.grant.id.text), ("token", service.formToken)]
            ) {
                HTML.buttons {
                    HTML.button(self("解除", "End"), style: .secondary, description: service.name)
                }
            }
        }
    }

    @HTMLBuilder private func fact(_ name: String, _ values: [HTML]) -> HTML {
        HTML.element("dt") { name }
        for value in values.isEmpty ? [.text("-")] : values { HTML.element("dd") { value } }
    }
}
