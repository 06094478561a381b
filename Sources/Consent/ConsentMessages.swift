import Pages

/// What pages say when something is in the way. The id stands on the page and in the audit log.
enum ConsentMessage: String, CaseIterable {
    case unknownPartner = "APL-1001"
    case redirectURI = "APL-1002"
    case requestURI = "APL-1003"
    case wrongAnswer = "APL-1301"
    case notEnrolled = "APL-1302"
    case challengeStopped = "APL-1303"
    case noScopeChosen = "APL-1401"
    case noScopePermitted = "APL-1402"
    case noAccountTicked = "APL-1501"
    case pinMalformed = "APL-1502"
    case pinSameDigits = "APL-1503"
    case pinNotTicked = "APL-1504"
    case noAccounts = "APL-1505"
    case notConfirmed = "APL-1601"
    case suspended = "APL-1602"
    case expired = "APL-1901"
    case superseded = "APL-1902"
    case otherSession = "APL-1903"
    case finished = "APL-1904"
    case staleForm = "APL-1905"
    case notThroughGateway = "APL-9001"
    case malformed = "APL-9002"
    case notFound = "APL-9003"
    case method = "APL-9004"
    case outOfOrder = "APL-9005"

    var text: PageText {
        switch self {
        case .unknownPartner: PageText("API連携先を確認できませんでした。", "We do not know the connecting service.")
        case .redirectURI:
            PageText("API連携先の戻り先を確認できませんでした。", "We do not know the address of the connecting service.")
        case .requestURI:
            PageText("お手続きの有効期限が過ぎているか、すでにお手続きがお済みです。", "The procedure has expired or is already done.")
        case .wrongAnswer: PageText("回答に誤りがあります。", "The answer is not correct.")
        case .notEnrolled:
            PageText(
                "追加認証のご登録がお済みでないため、お手続きを続けることができません。", "You have not set up additional authentication yet.")
        case .challengeStopped:
            PageText("追加認証の回答誤りが規定回数に達したため、ご利用を停止しています。", "Too many wrong answers: your access is suspended.")
        case .noScopeChosen: PageText("業務を1つ以上選択してください。", "Select at least one service.")
        case .noScopePermitted:
            PageText(
                "お客様には、API連携先が求める業務をご利用いただく権限がありません。", "You are not authorized to use the requested services."
            )
        case .noAccountTicked:
            PageText("照会用暗証番号を登録する口座を選択してください。", "Select the accounts to register a PIN for.")
        case .pinMalformed:
            PageText("照会用暗証番号は半角数字で正しい桁数を入力してください。", "Enter the inquiry PIN with the right number of digits.")
        case .pinSameDigits:
            PageText("同じ数字だけの照会用暗証番号は登録できません。", "A PIN of one repeated digit cannot be registered.")
        case .pinNotTicked:
            PageText("照会用暗証番号を入力した口座を選択してください。", "Select the account you have entered a PIN for.")
        case .noAccounts: PageText("ご利用いただける照会用口座がありません。", "You have no account that can be connected.")
        case .notConfirmed:
            PageText("「認可手続きを継続する」にチェックしてください。", "Tick “Continue with the authorization”.")
        case .suspended:
            PageText("ご利用が停止されているため、許可することができません。", "Your access is suspended; nothing can be allowed.")
        case .expired:
            PageText(
                "一定時間操作がなかったため、お手続きを終了しました。",
                "The procedure has ended, as there was no activity for some time.")
        case .superseded:
            PageText(
                "別の画面でお手続きが行われたため、この画面の操作は無効です。",
                "You have continued in another window; this one is no longer valid.")
        case .otherSession: PageText("このお手続きを続けることができません。", "This procedure cannot be continued.")
        case .finished: PageText("このお手続きはすでに完了しています。", "This procedure is already complete.")
        case .staleForm:
            PageText(
                "前の画面の操作は無効です。内容をご確認のうえ、この画面でもう一度操作してください。",
                "Your action on an earlier page had no effect. Check this page and try again here.")
        case .notThroughGateway: PageText("このページを表示できません。", "This page cannot be shown.")
        case .malformed: PageText("送信された内容を読み取ることができませんでした。", "What was sent could not be read.")
        case .notFound: PageText("ページが見つかりません。", "There is no such page.")
        case .method: PageText("この操作はできません。", "This is not possible.")
        case .outOfOrder: PageText("ただいまお手続きを行うことができません。", "The procedure is not possible at the moment.")
        }
    }

    /// What the customer can do.
    var steps: [PageText] {
        switch self {
        case .unknownPartner, .redirectURI:
            [
                PageText("API連携先の画面に戻り、もう一度お手続きください。", "Go back to the connecting service and start again."),
                PageText(
                    "同じ画面が表示される場合は、API連携先へお問い合わせください。", "If it happens again, ask the connecting service."),
            ]
        case .notEnrolled:
            [
                PageText(
                    "インターネットバンキングにログインし、追加認証の質問と回答をご登録ください。",
                    "Log in to Internet banking and register questions and answers."),
                PageText(
                    "ご登録の後、API連携先の画面からもう一度お手続きください。", "Then start again from the connecting service."),
            ]
        case .challengeStopped, .suspended:
            [
                PageText(
                    "ご利用の再開については、お取引店またはヘルプデスクへお問い合わせください。",
                    "Ask your branch or the help desk to restore your access.")
            ]
        case .noScopePermitted:
            [
                PageText(
                    "マスターユーザまたは管理者ユーザに、ご利用権限をご確認ください。",
                    "Ask your master user or an administrator about your permissions.")
            ]
        case .noAccounts:
            [
                PageText(
                    "照会用口座の登録については、お取引店へお問い合わせください。", "Ask your branch to register accounts for inquiry.")
            ]
        case .requestURI, .expired, .otherSession:
            [
                PageText(
                    "この画面を閉じ、API連携先の画面からもう一度お手続きください。",
                    "Close this page and start again from the connecting service.")
            ]
        case .superseded:
            [
                PageText("新しく開いた画面でお手続きを続けてください。", "Continue in the window you opened last."),
                PageText(
                    "その画面がない場合は、API連携先の画面からもう一度お手続きください。",
                    "If it is gone, start again from the connecting service."),
            ]
        case .finished:
            [
                PageText("連携の結果は、API連携先の画面でご確認ください。", "See the result at the connecting service."),
                PageText(
                    "連携されていない場合は、API連携先の画面からもう一度お手続きください。",
                    "If you are not connected, start again from there."),
            ]
        case .wrongAnswer, .noScopeChosen, .noAccountTicked, .pinMalformed, .pinSameDigits, .pinNotTicked,
            .notConfirmed, .staleForm:
            []
        case .notThroughGateway, .notFound, .method, .malformed:
            [PageText("API連携先の画面からもう一度お手続きください。", "Start again from the connecting service.")]
        case .outOfOrder:
            [
                PageText(
                    "しばらくたってから、API連携先の画面からもう一度お手続きください。",
                    "Wait a while, then start again from the connecting service."),
                PageText(
                    "同じ画面が表示される場合は、受付番号をお手元にご用意のうえお問い合わせください。",
                    "If it happens again, ask the help desk and give the reference below."),
            ]
        }
    }

    /// Of a page that says nothing else. Words about a form stand on the page that the form is answered with.
    var status: Int {
        switch self {
        case .unknownPartner, .redirectURI, .requestURI, .malformed: 400
        case .notThroughGateway, .notEnrolled, .challengeStopped, .noScopePermitted, .noAccounts, .suspended:
            403
        case .otherSession, .notFound: 404
        case .method: 405
        case .superseded, .finished: 409
        case .expired: 410
        case .wrongAnswer, .noScopeChosen, .noAccountTicked, .pinMalformed, .pinSameDigits, .pinNotTicked,
            .notConfirmed, .staleForm:
            200
        case .outOfOrder: 503
        }
    }
}
