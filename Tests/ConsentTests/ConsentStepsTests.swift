import Authorization
import Consent
import Crypto
import HTTP
import Serving
import Settings
import Storage
import Testing
import Text

/// The steps before 情報アクセス許可, as a customer's browser sees them.
@Suite struct ConsentStepsTests {
    let bench: Bench

    init() throws {
        bench = try Bench(partners: ["sample", "choosing"]) { settings in
            settings.challenge = .init(when: [[.newAddress]], wrongAnswersMax: 3)
        }
        try bench.take(customers: Self.seed)
    }

    /// The customers of the source document and some others.
    private static let seed = """
        { "id": "C7", "networks": ["192.0.2.1"], "accounts": [\(accounts)] },
        { "id": "C3", "questions": [
            { "question": "初めて飼ったペットの名前は？", "answer": "ﾀﾏ" },
            { "question": "母の旧姓は？", "answer": "Ｓａｔｏ" }],
          "accounts": [{ "branch": "001", "branchName": "本店", "kind": "current", "number": "1234567",
                         "pin": "9567" }] },
        { "id": "C4", "accounts": [\(accounts)] },
        { "id": "C5", "networks": ["192.0.2.1"] },
        { "id": "C6", "networks": ["192.0.2.1"], "permitted": ["transfers"], "accounts": [\(accounts)] }
        """

    private static let accounts = """
        { "branch": "001", "branchName": "インターネット支店", "kind": "ordinary", "number": "2000002",
          "memo": "口座メモ５６７８９０１２３４５６７８９０" },
        { "branch": "202", "branchName": "インターネット支店", "kind": "ordinary", "number": "1111111" },
        { "branch": "202", "branchName": "インターネット支店", "kind": "ordinary", "number": "2222222",
          "pin": "9222" },
        { "branch": "456", "branchName": "豊洲支店", "kind": "ordinary", "number": "1000314", "memo": "給与",
          "pin": "9314" }
        """

    // MARK: 追加認証

    @Test func `a customer at a new place answers a question, in any spelling of the right answer`() throws {
        var visit = try Visit(bench, "C3")
        #expect(visit.title == "API連携認証（追加認証）（利用登録）")
        #expect(visit.text.contains("回答を入力し、「認証」ボタンをクリックします。"))
        let isPet = visit.text.contains("初めて飼ったペットの名前は？")
        try visit.send("answer", ["answer": isPet ? " たま " : "sato"])
        #expect(visit.title == "API連携認証（情報アクセス許可）（利用登録）")
        try visit.send("allow", ["agree": "yes"])
        let grant = try #require(try bench.store.grants(of: "C3").first)
        #expect(grant.evidence.isChallenged && grant.evidence.address == "192.0.2.7")
        // The place is familiar now.
        #expect(try Visit(bench, "C3").title == "API連携認証（情報アクセス許可）（利用登録）")
    }

    @Test func `a wrong answer gets the same words and the same question`() throws {
        var visit = try Visit(bench, "C3")
        let question = try #require(["初めて飼ったペットの名前は？", "母の旧姓は？"].first { visit.text.contains($0) })
        try visit.send("answer", ["answer": "違う"])
        #expect(visit.text.contains("回答に誤りがあります。（APL-1301）") && visit.text.contains(question))
        #expect(
            visit.text.contains("aria-invalid=\"true\" ") || visit.text.contains("aria-invalid=\"true\">"))
        try visit.reload()
        #expect(visit.text.contains("APL-1301") && visit.text.contains(question))
        #expect(!visit.text.contains("違う"))
    }

    @Test func `the last wrong answer suspends the customer, in every flow, until an operator helps`() throws
    {
        var visit = try Visit(bench, "C3")
        for _ in 1...2 { try visit.send("answer", ["answer": "x"]) }
        visit = try Visit(bench, "C3")
        try visit.send("answer", ["answer": "x"])
        #expect(visit.text.contains("APL-1303") && visit.status == 403)
        #expect(try bench.count(of: "challenge.stopped") == 1)
        // A familiar place does not help.
        try bench.store.remember(
            CustomerTraces(address: "192.0.2.7", certificate: nil), of: "C3", at: bench.now)
        visit = try Visit(bench, "C3")
        #expect(visit.text.contains("APL-1303"))
        try visit.send("deny")
        #expect(try query(of: visit.response)["error"] == "access_denied")
        #expect(try bench.store.allowAnswers(of: "C3"))
        #expect(try Visit(bench, "C3").title == "API連携認証（情報アクセス許可）（利用登録）")
    }

    @Test func `a right answer begins the count anew`() throws {
        var visit = try Visit(bench, "C3")
        for _ in 1...2 { try visit.send("answer", ["answer": "x"]) }
        #expect(try bench.store.customer("C3").wrongAnswers == 2)
        let isPet = visit.text.contains("初めて飼ったペットの名前は？")
        try visit.send("answer", ["answer": isPet ? "タマ" : "SATO"])
        #expect(visit.title == "API連携認証（情報アクセス許可）（利用登録）")
        #expect(try bench.store.customer("C3").wrongAnswers == 0)
    }

    @Test func `one wrong answer sent twice at once counts once`() throws {
        let visit = try Visit(bench, "C3")
        let form = try visit.form("answer", ["answer": "x"])
        let claims = bench.customer("C3", session: "S-C3")
        _ = concurrently(6) { [bench] _ in try? bench.post("/consent", form, as: claims).status }
        #expect(try bench.store.customer("C3").wrongAnswers == 1)
    }

    @Test func `who has set up no question is told so, and can only go back`() throws {
        var visit = try Visit(bench, "C4")
        #expect(visit.status == 403 && visit.text.contains("APL-1302"))
        #expect(visit.text.contains("インターネットバンキングにログインし"))
        let forged = try visit.form("allow", ["agree": "yes"])
        let claims = bench.customer("C4", session: "S-C4")
        let answer = try bench.follow(bench.post("/consent", forged, as: claims), as: claims)
        #expect(answer.status == 403)
        try visit.send("deny")
        #expect(try query(of: visit.response)["error"] == "access_denied")
    }

    // MARK: 認可業務選択

    @Test func `a customer chooses among what is asked for, and the rest is dropped`() throws {
        var visit = try Visit(bench, "C7", partner: "choosing", scope: "balance movements")
        #expect(visit.title == "API連携認証（認可業務選択）（利用登録）")
        #expect(visit.text.contains("API連携先にて利用する業務を選択し、「次へ」ボタンをクリックします。"))
        #expect(visit.text.contains("残高照会") && visit.text.contains("入出金明細照会"))
        #expect(!visit.text.contains("振込入金明細照会") && !visit.text.contains(" checked"))
        try visit.send("scopes")
        #expect(visit.isRedirected && visit.text.contains("業務を1つ以上選択してください。（APL-1401）"))
        try visit.send("scopes", ["scope-movements": "yes", "scope-transfers": "yes"])
        #expect(visit.title == "API連携認証（照会用暗証番号登録）（利用登録）")
        try visit.send("register", ["select-001-1-2000002": "yes", "pin-001-1-2000002": "9002"])
        try visit.send("confirm")
        #expect(visit.text.contains("<li>入出金明細照会</li>") && !visit.text.contains("<li>残高照会</li>"))
        try visit.send("allow", ["agree": "yes"])
        #expect(try bench.store.grants(of: "C7").first?.scopes == Scopes([.movements]))
    }

    @Test func `what the customer may not use is not offered, and the only one is ticked already`() throws {
        let visit = try Visit(bench, "C6", partner: "choosing", scope: "balance transfers")
        #expect(visit.text.contains("振込入金明細照会") && !visit.text.contains(">残高照会<"))
        #expect(visit.text.contains(" checked"))
        let none = try Visit(bench, "C6", partner: "choosing", scope: "balance")
        #expect(none.status == 403 && none.text.contains("APL-1402"))
    }

    // MARK: 照会用暗証番号登録 and its 結果

    @Test func `the table stands as in the source`() throws {
        let page = try Visit(bench, "C7").text
        let heads = ["全て", "登録状況", "照会用口座", "口座メモ", "照会用暗証番号（現在）"]
        let places = try heads.map { try #require(page.firstRange(of: ">\($0)<")).lowerBound }
        #expect(places == places.sorted())
        for text in [
            "<title>API連携認証（照会用暗証番号登録）（利用登録）</title>",
            "「照会用暗証番号」の登録状態が未登録の口座を選択して、信用組合へ届け出ている「照会用暗証番号」を入力し、「登録」ボタンをクリックします。",
            "<caption>照会用暗証番号</caption>", "インターネット支店（001） <span class=\"whole\">普通 2000002</span>",
            "インターネット支店（202） <span class=\"whole\">普通 1111111</span>",
            "豊洲支店（456） <span class=\"whole\">普通 1000314</span>", "口座メモ５６７８９０１２３４５６７８９０", ">未登録<", ">登録済み<",
            ">登録</button>",
        ] { #expect(page.contains(text), "\(text)") }
        #expect(!page.contains("登録せずに次へ"))
    }

    @Test func `the way of the source: two registered, one of them anew, then confirmed`() throws {
        var visit = try Visit(bench, "C7")
        try visit.send(
            "register",
            [
                "select-001-1-2000002": "yes", "pin-001-1-2000002": "9002", "select-456-1-1000314": "yes",
                "pin-456-1-1000314": "１２３４",
            ])
        #expect(visit.title == "API連携認証（照会用暗証番号登録結果）")
        for text in [
            "以下の内容で照会用暗証番号を登録しました。", "内容を確認の上、「確認」ボタンを押してください。",
            "照会用暗証番号を追加登録するには、「照会用暗証番号の追加登録」ボタンを押してください。", "<caption>口座一覧</caption>", ">登録状態<",
            "※登録状態欄「*」が表示されている口座の暗証番号は、照会完了後に有効となります。",
        ] { #expect(visit.text.contains(text), "\(text)") }
        #expect(visit.text.split(separator: "登録済み*").count == 3)
        #expect(visit.text.split(separator: "*****").count == 3)
        try visit.send("more")
        #expect(visit.title == "API連携認証（照会用暗証番号登録）（利用登録）")
        try visit.send("register", ["select-202-1-1111111": "yes", "pin-202-1-1111111": "1234"])
        #expect(visit.text.split(separator: "*****").count == 4)
        try visit.send("confirm")
        for (branch, number) in [
            ("001", 2_000_002), ("202", 1_111_111), ("202", 2_222_222), ("456", 1_000_314),
        ] {
            #expect(visit.text.contains("（\(branch)） <span class=\"whole\">普通 \(number)</span></li>"))
        }
        let statuses = try bench.store.customer("C7").accounts.map(\.pin.status)
        #expect(statuses == [.pending, .pending, .registered, .pending])
        // The one before stays until the new one has proved itself.
        #expect(try bench.store.customer("C7").accounts[3].pin.active != nil)
        // All of them count as registered now.
        #expect(try Visit(bench, "C7").title == "API連携認証（情報アクセス許可）（利用登録）")
    }

    @Test func `what is not registered stands in neither consent nor grant`() throws {
        var visit = try Visit(bench, "C7")
        try visit.send("register", ["select-001-1-2000002": "yes", "pin-001-1-2000002": "9002"])
        try visit.send("confirm")
        #expect(!visit.text.contains("1111111"))
        try visit.send("allow", ["agree": "yes"])
        let grant = try #require(try bench.store.grants(of: "C7").first)
        #expect(grant.accounts.map(\.text) == ["001-1-2000002", "202-1-2222222", "456-1-1000314"])
    }

    @Test(
        arguments: [
            ([:], "APL-1501"), (["select-001-1-2000002": "yes"], "APL-1502"),
            (["select-001-1-2000002": "yes", "pin-001-1-2000002": "12a4"], "APL-1502"),
            (["select-001-1-2000002": "yes", "pin-001-1-2000002": "7777"], "APL-1503"),
            (["pin-001-1-2000002": "1234"], "APL-1504"), (["all": "yes"], "APL-1502"),
        ] as [([String: String], String)])
    func `what is to be corrected is said, ticks stay and PINs go`(
        fields: [String: String], id: String
    ) throws {
        var visit = try Visit(bench, "C7")
        try visit.send("register", fields)
        #expect(visit.isRedirected && visit.text.contains(id))
        #expect(visit.text.contains("role=\"alert\" tabindex=\"-1\" autofocus"))
        for pin in fields.values where pin != "yes" { #expect(!visit.text.contains(pin)) }
        let ticked = fields["all"] == nil ? fields.keys.count { $0.hasPrefix("select") } : 5
        #expect(visit.text.split(separator: " checked").count == ticked + 1)
        #expect(id == "APL-1501" || visit.text.contains("aria-invalid=\"true\""))
        let page = visit.text
        try visit.reload()
        #expect(visit.text == page)
        // The same form, corrected, is taken.
        try visit.send("register", ["select-001-1-2000002": "yes", "pin-001-1-2000002": "9002"])
        #expect(visit.title == "API連携認証（照会用暗証番号登録結果）")
    }

    @Test func `登録せずに次へ is there only where the institution offers it and something is registered`() throws {
        let offering = try Bench { settings in
            settings.pins.offersSkipping = true
        }
        try offering.take(customers: Self.seed)
        var visit = try Visit(offering, "C7")
        #expect(visit.text.contains("登録せずに次へ"))
        try visit.send("skip")
        #expect(visit.title == "API連携認証（情報アクセス許可）（利用登録）")
        #expect(!visit.text.contains("2000002") && visit.text.contains("2222222"))
        // Elsewhere its form is no form.
        let strict = try Visit(bench, "C7")
        let forged = try strict.form("skip")
        #expect(try bench.post("/consent", forged, as: bench.customer("C7", session: "S-C7")).status == 400)
    }

    @Test func `a customer without accounts is told so, and goes back`() throws {
        var visit = try Visit(bench, "C5")
        #expect(visit.status == 403 && visit.text.contains("APL-1505"))
        #expect(visit.response.headers["Content-Security-Policy"]?.contains("partner.example") == true)
        try visit.send("deny")
        #expect(try query(of: visit.response)["error"] == "access_denied")
    }

    @Test func `no PIN or answer is ever logged, shown or stored in the clear`() throws {
        var visit = try Visit(bench, "C7")
        try visit.send("register", ["select-001-1-2000002": "yes", "pin-001-1-2000002": "9876"])
        #expect(!visit.text.contains("9876"))
        var other = try Visit(bench, "C3")
        try other.send("answer", ["answer": "ひみつのこたえ"])
        let log = try bench.logged()
        for secret in ["9876", "ひみつのこたえ", "ヒミツノコタエ", "タマ", "sato"] {
            #expect(!log.contains(secret))
            for kept in try bench.storedBytes() { #expect(kept.firstRange(of: Array(secret.utf8)) == nil) }
        }
        #expect(log.contains("\"event\":\"pins.registered\"") && log.contains("001-1-2000002"))
    }

    // MARK: Order

    @Test func `no form of a later step skips the steps before it`() throws {
        for decision in ["confirm", "more", "register", "allow", "deny", "answer"] {
            let visit = try Visit(bench, "C7", partner: "choosing", scope: "balance")
            let form = try visit.form(decision, ["agree": "yes"])
            let response = try bench.post("/consent", form, as: bench.customer("C7", session: "S-C7"))
            #expect(response.status == 303)
            let page = try bench.get(
                #require(response.headers["Location"]), as: bench.customer("C7", session: "S-C7"))
            #expect(text(page).contains("認可業務選択") && text(page).contains("APL-1905"))
        }
        #expect(try bench.store.grants(of: "C7").isEmpty)
    }

    @Test func `次へ pressed twice leads on once, and an old tab is told so`() throws {
        var visit = try Visit(bench, "C7", partner: "choosing", scope: "balance")
        let form = try visit.form("scopes", ["scope-balance": "yes"])
        let claims = bench.customer("C7", session: "S-C7")
        let first = try bench.post("/consent", form, as: claims)
        let second = try bench.post("/consent", form, as: claims)
        #expect(first.status == 303 && second.status == 303)
        #expect(first.headers["Location"] == second.headers["Location"])
        try visit.reload()
        #expect(visit.title == "API連携認証（照会用暗証番号登録）（利用登録）")
        try visit.send("register", ["select-001-1-2000002": "yes", "pin-001-1-2000002": "9002"])
        let late = try bench.post("/consent", form, as: claims)
        #expect(late.status == 303)
        try visit.reload()
        #expect(visit.text.contains("APL-1905") && visit.text.contains("照会用暗証番号登録結果"))
    }

    // MARK: English

    @Test func `every step speaks English to who wants it`() throws {
        var visit = try Visit(bench, "C7", partner: "choosing", scope: "balance", language: "en")
        #expect(visit.text.contains("<html lang=\"en\">") && visit.title.hasSuffix("services (registration)"))
        try visit.send("scopes", ["scope-balance": "yes"])
        #expect(visit.text.contains("Inquiry PIN (current)"))
        try visit.send("register")
        #expect(visit.text.contains("Select the accounts to register a PIN for. (APL-1501)"))
        try visit.send("register", ["select-001-1-2000002": "yes", "pin-001-1-2000002": "9002"])
        #expect(visit.text.contains("Registered*"))
        try visit.send("confirm")
        #expect(visit.text.contains("2026-11-23 – 2027-02-20"))
        let japanese = visit.text.unicodeScalars.filter { (0x3041...0x30FF).contains($0.value) }
        #expect(String(String.UnicodeScalarView(japanese)).count < 80, "only names are Japanese")
    }
}
