import Authorization
import Pages
import Serving

extension ConsentPages {
    // MARK: 照会用暗証番号登録

    func pins(_ view: FlowView) -> WebResponse {
        page(
            PageText("API連携認証（照会用暗証番号登録）（利用登録）", "API connection: inquiry PINs (registration)"),
            view, body: pinsBody(view))
    }

    @HTMLBuilder private func pinsBody(_ view: FlowView) -> HTML {
        let complaints = if case .pins(let complaints) = view.problem { complaints } else { PINComplaints() }
        formNotice(view)
        if complaints.isNoneTicked {
            HTML.alert(line(.noAccountTicked), id: "pins-error")
        } else if !complaints.byAccount.isEmpty {
            HTML.alert(
                self(
                    "入力内容に誤りがあります。各口座の欄をご確認のうえ、照会用暗証番号をもう一度入力してください。",
                    "Please correct the fields below and enter the PINs again."), id: "pins-error")
        }
        HTML.element("p") {
            self(
                "「照会用暗証番号」の登録状態が未登録の口座を選択して、信用組合へ届け出ている「照会用暗証番号」を入力し、「登録」ボタンをクリックします。",
                """
                Select the accounts whose inquiry PIN is not registered, enter the PIN that is filed with \
                us, and press “Register”.
                """
            )
        }
        HTML.element("p", .class("note"), .id("pin-hint")) {
            self("※照会用暗証番号は半角数字\(setup.pinLength)桁です。", "An inquiry PIN has \(setup.pinLength) digits.")
        }
        form(view) {
            HTML.cards(
                caption: self("照会用暗証番号", "Inquiry PINs"),
                head: HTML.selectAll(
                    self("全て", "All"), name: "all", isTicked: complaints.selectsAll,
                    said: self("#件の口座を選択しています。", "# accounts are selected."))
                    + columns(
                        [self("登録状況", "Status")] + accountColumns),
                rows: view.customer.accounts.map { pinRow($0, complaints) })
            HTML.buttons {
                HTML.button(self("登録", "Register"), name: "decision", value: "register")
                if setup.offersSkippingPINs(view.customer) {
                    HTML.button(
                        self("登録せずに次へ", "Continue without registering"), name: "decision", value: "skip",
                        style: .secondary)
                }
            }
        }
    }

    private func pinRow(_ account: InquiryAccount, _ complaints: PINComplaints) -> HTML {
        let key = account.key.text
        let complaint = complaints.byAccount[account.key]
        return HTML.element("tr", .role("row")) {
            HTML.cell(self("選択", "Select")) {
                HTML.tick(
                    name: "select-\(key)", labelledBy: ["account-\(key)"],
                    isTicked: complaints.ticked.contains(account.key))
            }
            HTML.cell(self("登録状況", "Status")) { status(account.pin.status) }
            accountCells(account)
            HTML.cell(Self.pinColumn[language]) {
                HTML.cellField(
                    name: "pin-\(key)", labelledBy: ["pin-column", "account-\(key)"],
                    describedBy: ["pin-hint"] + (complaint == nil ? [] : ["pin-\(key)-error"]),
                    isInvalid: complaint != nil)
                if let complaint {
                    HTML.element("p", .class("error"), .id("pin-\(key)-error")) { text(of: complaint) }
                }
            }
        }
    }

    private func text(of complaint: PINComplaint) -> String {
        switch complaint {
        case .blank, .malformed:
            self(
                "照会用暗証番号は半角数字\(setup.pinLength)桁で入力してください。（\(ConsentMessage.pinMalformed.rawValue)）",
                "Enter \(setup.pinLength) digits. (\(ConsentMessage.pinMalformed.rawValue))")
        case .sameDigits: line(.pinSameDigits)
        case .notTicked: line(.pinNotTicked)
        }
    }

    // MARK: 照会用暗証番号登録結果

    func pinResult(_ view: FlowView) -> WebResponse {
        page(
            PageText("API連携認証（照会用暗証番号登録結果）", "API connection: inquiry PINs registered"), view,
            body: pinResultBody(view))
    }

    @HTMLBuilder private func pinResultBody(_ view: FlowView) -> HTML {
        formNotice(view)
        HTML.element("p") { self("以下の内容で照会用暗証番号を登録しました。", "The inquiry PINs below have been registered.") }
        HTML.element("p") {
            self("内容を確認の上、「確認」ボタンを押してください。", "Check them and press “Confirm”.")
        }
        HTML.element("p") {
            self(
                "照会用暗証番号を追加登録するには、「照会用暗証番号の追加登録」ボタンを押してください。",
                "To register more, press “Register more PINs”.")
        }
        HTML.cards(
            caption: self("口座一覧", "Accounts"), head: columns([self("登録状態", "Status")] + accountColumns),
            rows: view.customer.accounts.map { account in
                HTML.element("tr", .role("row")) {
                    HTML.cell(self("登録状態", "Status")) { status(account.pin.status) }
                    accountCells(account)
                    HTML.cell(Self.pinColumn[language]) {
                        // Always five, whatever the length of the PIN.
                        view.flow.progress.registered.contains(account.key) ? "*****" : "-"
                    }
                }
            })
        HTML.element("p", .class("note"), .id("pending-note")) {
            self(
                "※登録状態欄「*」が表示されている口座の暗証番号は、照会完了後に有効となります。",
                "* The PIN becomes valid once a first inquiry has succeeded with it.")
        }
        form(view) {
            HTML.buttons {
                HTML.button(self("確認", "Confirm"), name: "decision", value: "confirm")
                HTML.button(
                    self("照会用暗証番号の追加登録", "Register more PINs"), name: "decision", value: "more",
                    style: .secondary)
            }
        }
    }

    // MARK: Parts of both tables

    /// The star is explained to those who do not see the note below the table.
    @HTMLBuilder private func status(_ status: PINStatus) -> HTML {
        switch status {
        case .unregistered: HTML.element("span") { self("未登録", "Not registered") }
        case .registered: HTML.element("span") { self("登録済み", "Registered") }
        case .pending:
            HTML.element("span") {
                self("登録済み*", "Registered*")
                HTML.element("span", .class("unseen")) {
                    self("（照会完了後に有効）", " (valid after a first inquiry)")
                }
            }
        }
    }

    @HTMLBuilder private func accountCells(_ account: InquiryAccount) -> HTML {
        HTML.rowHead(id: "account-\(account.key.text)", self("照会用口座", "Account")) {
            self.account(account)
        }
        HTML.cell(self("口座メモ", "Memo")) { account.memo ?? "-" }
    }

    /// An account whose kind and number stand on one line.
    @HTMLBuilder func account(_ account: InquiryAccount) -> HTML {
        "\(account.place[language]) "
        HTML.element("span", .class("whole")) { account.number[language] }
    }

    private var accountColumns: [String] {
        [self("照会用口座", "Account"), self("口座メモ", "Memo"), Self.pinColumn[language]]
    }

    @HTMLBuilder private func columns(_ names: [String]) -> HTML {
        for name in names {
            HTML.columnHead(name, id: name == Self.pinColumn[language] ? "pin-column" : nil)
        }
    }

    private static let pinColumn = PageText("照会用暗証番号（現在）", "Inquiry PIN (current)")
}

extension InquiryAccount {
    var place: PageText { PageText(japanesePlace, "\(branchName) (\(key.branch))") }

    var number: PageText {
        let kind =
            switch key.kind {
            case .ordinary: "Ordinary"
            case .current: "Current"
            case .savings: "Savings"
            }
        return PageText(japaneseNumber, "\(kind) \(key.number)")
    }
}
