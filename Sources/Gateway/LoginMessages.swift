import Pages
import Text
import X509

/// The catalogue: every text of the gateway's pages for customers that names a state.
extension LoginMessage {
    // MARK: Certificates

    /// Chromium and Firefox never offer an expired certificate, so that "none" is most often one that has
    /// expired.
    static let certificateAbsent = LoginMessage(
        id: "APL-1101",
        text: PageText("電子証明書が確認できませんでした。", "We could not see your digital certificate."),
        explanation: [
            PageText(
                "次のような場合に表示されます。電子証明書を取得していない、電子証明書の有効期限が切れている、"
                    + "証明書の選択画面で「キャンセル」を選択した、電子証明書を取得したときとは別のパソコンまたはブラウザを使用している、"
                    + "社内ネットワークの機器が通信を中継している。",
                "This happens when you have no certificate yet, when it has expired, when you pressed Cancel"
                    + " in the selection window, when you use another computer or browser than the one you"
                    + " obtained it with, or when a device of your company's network stands in between.")
        ],
        steps: [
            PageText(
                "電子証明書の有効期限をご確認ください。期限が切れている場合は、インターネットバンキングで再取得してください。",
                "Check when your certificate expires. If it has expired, obtain a new one in the internet"
                    + " banking."),
            chooseAgain, closeWindows,
        ])

    static func certificateRefused(_ reason: RefusalReason, leaf: Certificate?) -> LoginMessage {
        switch reason {
        // An issuer's own expiry shows as the customer's certificate being no longer good; only a leaf's date
        // is told.
        case .expired: certificateExpired(leaf?.notAfter)
        case .revoked: certificateRevoked
        case .notYetValid: certificateNotYetValid(leaf?.notBefore)
        case .revocationUnknown: revocationUnknown
        default: unusableCertificate
        }
    }

    private static func certificateExpired(_ date: WallTime?) -> LoginMessage {
        LoginMessage(
            id: "APL-1102",
            text: PageText(
                "電子証明書の有効期限\(date.map { "（\($0.japaneseDate)）" } ?? "")が過ぎています。",
                "Your digital certificate has expired\(date.map { " (\($0.englishDate))" } ?? "")."),
            steps: [
                PageText(
                    "インターネットバンキングで電子証明書を再取得してください。",
                    "Obtain a new certificate in the internet banking."),
                PageText(
                    "新しい電子証明書をお持ちの場合は、「もう一度証明書を選択する」を押し、そちらを選択してください。",
                    "If you have a new certificate, press “Choose a certificate again” and select that one."),
                closeWindows,
            ], leadsToBanking: true)
    }

    private static let certificateRevoked = LoginMessage(
        id: "APL-1103",
        text: PageText("ご利用の電子証明書は失効しています。", "Your digital certificate has been revoked."),
        steps: [
            PageText(
                "失効した電子証明書をパソコンから削除し、すべてのブラウザ画面を閉じてから再度お手続きください。",
                "Delete the revoked certificate from your computer, close all browsers and start again."
            ),
            PageText(
                "電子証明書をお持ちでない場合は、管理者ユーザまたはお取引店へお問い合わせください。",
                "If you have no other certificate, ask your administrator user or your branch."),
        ])

    private static func certificateNotYetValid(_ date: WallTime?) -> LoginMessage {
        LoginMessage(
            id: "APL-1105",
            text: PageText(
                "電子証明書の有効期間\(date.map { "（\($0.japaneseDate)から）" } ?? "")がまだ始まっていません。",
                "Your certificate is not valid yet\(date.map { " (from \($0.englishDate))" } ?? "")."),
            steps: [
                PageText("有効期間が始まってから再度お手続きください。", "Start again when it has become valid."),
                PageText(
                    "以前の電子証明書が有効な場合は、そちらを選択してください。",
                    "If your former certificate is still valid, choose that one."),
            ])
    }

    private static let revocationUnknown = LoginMessage(
        id: "APL-1106",
        text: PageText(
            "電子証明書の有効性を確認できませんでした。",
            "We could not find out whether your digital certificate is still good."),
        steps: [tryLater, callUs])

    /// The certificate is good, but not one that can log in here. Never says which customers there are.
    static let unusableCertificate = LoginMessage(
        id: "APL-1104",
        text: PageText("この電子証明書ではご利用いただけません。", "This digital certificate can't be used here."),
        explanation: [
            PageText(
                "他の金融機関や他のサービスの電子証明書、または古い電子証明書が選択された可能性があります。",
                "It may be a certificate of another bank or service, or an old one.")
        ],
        steps: [
            PageText(
                "「もう一度証明書を選択する」を押し、本サービスの新しい電子証明書を選択してください。",
                "Press “Choose a certificate again” and select your new certificate for this service."),
            closeWindows,
        ])

    /// 更新前の電子証明書.
    static let supersededCertificate = LoginMessage(
        id: "APL-1107",
        text: PageText(
            "更新前の電子証明書が選択されました。新しい電子証明書を選択してください。",
            "You chose the certificate from before the renewal. Please choose the new one."),
        explanation: [
            PageText(
                "電子証明書の選択画面では、有効期間の開始日が新しい方が新しい電子証明書です。",
                "In the selection window, the new certificate is the one whose validity began later.")
        ],
        steps: [
            PageText(
                "「もう一度証明書を選択する」を押し、新しい電子証明書を選択してください。",
                "Press “Choose a certificate again” and select the new certificate."),
            closeWindows,
        ])

    // MARK: ID and password

    static let badCredentials = LoginMessage(
        id: "APL-1201",
        text: PageText(
            "ログインIDまたはログインパスワードに誤りがあります。", "The login ID or the password is not correct."),
        steps: [
            PageText(
                "英字の大文字と小文字は区別されます。ご確認のうえ、もう一度入力してください。",
                "Capital and small letters are different. Please check, and try again.")
        ])

    /// On the certificate page no ID is typed.
    static let badPassword = LoginMessage(
        id: "APL-1201",
        text: PageText("ログインパスワードに誤りがあります。", "The password is not correct."),
        steps: badCredentials.steps)

    /// 利用一時停止. Without a time when another login has paused the customer meanwhile.
    static func paused(until: WallTime?) -> LoginMessage {
        LoginMessage(
            id: "APL-1202",
            text: PageText(
                "ログインパスワードの入力誤りが規定回数に達したため、一時的にご利用を停止しています。",
                "Too many wrong passwords were entered. You can't log in for a while."),
            explanation: until.map { time in
                [
                    PageText(
                        "ご利用の再開：\(time.japaneseDateTime)以降（日本時間）",
                        "You can log in again from \(time.englishDateTime).")
                ]
            } ?? [],
            steps: [
                PageText("再開後に、再度お手続きください。", "Start again after that time."),
                PageText(
                    "入力された覚えがない場合は、お取引店へお問い合わせください。",
                    "If it was not you who entered them, contact your branch."),
            ])
    }

    /// 利用停止.
    static let stopped = LoginMessage(
        id: "APL-1203",
        text: PageText(
            "ご利用が停止されています。管理者ユーザまたはお取引店へお問い合わせください。",
            "Your access has been stopped. Ask your administrator user or your branch."))

    static let passwordExpired = LoginMessage(
        id: "APL-1204",
        text: PageText("ログインパスワードの有効期限が切れています。", "Your password has expired."),
        steps: [
            PageText(
                "インターネットバンキングにログインし、ログインパスワードを変更してください。",
                "Log in to the internet banking and change your password."),
            thenAgain,
        ], leadsToBanking: true)

    static let setupMissing = LoginMessage(
        id: "APL-1205",
        text: PageText("初回のご利用登録が完了していません。", "Your first registration is not complete."),
        steps: [
            PageText(
                "インターネットバンキングにログインし、初回のご利用登録を完了してください。",
                "Log in to the internet banking and complete your first registration."),
            thenAgain,
        ], leadsToBanking: true)

    static let noticeUnread = LoginMessage(
        id: "APL-1206",
        text: PageText(
            "ご確認が必要な重要なお知らせがあります。", "There is an important notice that needs your confirmation."),
        steps: [
            PageText(
                "インターネットバンキングにログインし、お知らせをご確認ください。",
                "Log in to the internet banking and read the notice."),
            thenAgain,
        ], leadsToBanking: true)

    /// Too many failures from one network, whoever they were for.
    static let slowed = LoginMessage(
        id: "APL-1207",
        text: PageText(
            "ご利用のネットワークからのログインの誤りが多いため、ログインを一時的にお受けできません。",
            "There were too many failed logins from your network. We can't take logins from it for a while."),
        steps: [tryLater, callUs])

    // MARK: Sessions

    static let expired = LoginMessage(
        id: "APL-1901",
        text: PageText(
            "一定時間操作がなかったため、お手続きを終了しました。",
            "The procedure has ended because there was no activity for some time."),
        steps: [startAgain])

    /// What leads on from the login page holds for a while, in one browser.
    static let loginLate = LoginMessage(
        id: "APL-1901",
        text: PageText("ログイン画面の有効時間が過ぎました。", "The login page was open for too long."),
        explanation: [
            PageText(
                "ログイン画面は、表示されてから\(Continuation.lifetimeSeconds / 60)分間ご利用いただけます。"
                    + "ブラウザでCookieが無効になっている場合にも、この画面が表示されます。",
                "It can be used for \(Continuation.lifetimeSeconds / 60) minutes."
                    + " This page also appears when your browser does not accept cookies.")
        ],
        steps: [startAgain])

    static let idled = LoginMessage(
        id: "APL-1901", text: expired.text,
        steps: [
            PageText(
                "続ける場合は、もう一度ログインしてください。", "To go on, please log in again.")
        ])

    static let superseded = LoginMessage(
        id: "APL-1902",
        text: PageText(
            "別の画面でお手続きが行われたため、この画面の操作は無効です。",
            "You have logged in elsewhere. What you do in this window has no effect any more."),
        steps: [
            PageText(
                "新しい画面でお手続きを続けるか、API連携先の画面から再度お手続きください。",
                "Go on in the new window, or start again from the connecting service."),
            PageText(
                "ログインされた覚えがない場合は、お取引店へお問い合わせください。",
                "If it was not you who logged in, contact your branch."),
        ])

    // MARK: The service

    static let busy = LoginMessage(
        id: "APL-1911", text: PageText("ただいま混み合っています。", "We are very busy at the moment."),
        steps: [
            PageText(
                "しばらくしてから、もう一度お試しください。入力された内容は登録されていません。",
                "Please try again in a moment. Nothing you entered was kept.")
        ])

    static let unavailable = LoginMessage(
        id: "APL-1912",
        text: PageText("ただいまサービスをご利用いただけません。", "The service is not available at the moment."),
        steps: [
            PageText(
                "しばらくしてから、この画面を再読込してください。", "Please reload this page in a moment."),
            callUs,
        ])

    static let notFound = LoginMessage(
        id: "APL-1913", text: PageText("お探しの画面はありません。", "There is no such page."),
        steps: [startAgain])

    static let badRequest = LoginMessage(
        id: "APL-1914", text: PageText("このご要求は受け付けられません。", "This request can't be accepted."),
        steps: [startAgain])

    /// 利用時間外.
    static func outsideHours(opensAt: WallTime?) -> LoginMessage {
        LoginMessage(
            id: "APL-1921",
            text: PageText("ただいまの時間はサービスをご利用いただけません。", "The service is closed at this hour."),
            explanation: again(at: opensAt), steps: [startAgain])
    }

    static func maintenance(until: WallTime?) -> LoginMessage {
        LoginMessage(
            id: "APL-1922",
            text: PageText("システムメンテナンスのため、サービスを休止しています。", "The service is down for maintenance."),
            explanation: again(at: until), steps: [startAgain])
    }

    static func status(_ status: Int) -> LoginMessage {
        switch status {
        case 404: notFound
        case 500...: unavailable
        default: badRequest
        }
    }

    private static func again(at time: WallTime?) -> [PageText] {
        guard let time else { return [] }
        return [
            PageText(
                "ご利用の再開：\(time.japaneseDateTime)（日本時間）", "It opens again at \(time.englishDateTime).")
        ]
    }

    // MARK: What to do next

    private static let chooseAgain = PageText(
        "「もう一度証明書を選択する」を押し、表示された画面で該当の証明書を選択してください。",
        "Press “Choose a certificate again” and select your certificate in the window that appears.")
    private static let closeWindows = PageText(
        "選択画面が表示されない場合は、すべてのブラウザ画面を閉じてから、API連携先の画面より再度お手続きください。",
        "If no window appears, close all browser windows and start again from the connecting service.")
    private static let startAgain = PageText(
        "API連携先の画面から再度お手続きください。", "Start again from the connecting service.")
    private static let thenAgain = PageText(
        "その後、API連携先の画面から再度お手続きください。", "Then start again from the connecting service.")
    private static let tryLater = PageText("しばらくしてから再度お手続きください。", "Please try again later.")
    private static let callUs = PageText(
        "続く場合は、受付番号を添えてお問い合わせください。",
        "If it goes on, contact us and name the reference number.")
}
