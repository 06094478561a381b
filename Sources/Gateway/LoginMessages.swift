import Identity
import Text
import X509

/// Why the gateway shows a page instead of going on: page id, text, and what to do next, in one place.
///
/// The texts say no more than the customer needs; the audit record under the support code says why.
struct LoginMessage: Sendable {
    let id: String
    let message: String
    var explanation: [String] = []
    var steps: [String] = []

    /// Chromium and Firefox never offer an expired certificate, so that "none" is most often one that has
    /// expired.
    static let certificateAbsent = LoginMessage(
        id: "APL-1101", message: "電子証明書が確認できませんでした。",
        explanation: [
            "次のような場合に表示されます。電子証明書を取得していない、電子証明書の有効期限が切れている、"
                + "証明書の選択画面で「キャンセル」を選択した、電子証明書を取得したときとは別のパソコンまたはブラウザを使用している。"
        ],
        steps: [
            "電子証明書の有効期限をご確認ください。期限が切れている場合は、インターネットバンキングで再取得してください。",
            "「もう一度証明書を選択する」を押し、表示された画面で該当の証明書を選択してください。",
            "選択画面が表示されない場合は、すべてのブラウザ画面を閉じてから、API連携先の画面より再度お手続きください。",
        ])

    static func certificateRefused(_ reason: RefusalReason, leaf: Certificate?) -> LoginMessage {
        switch reason {
        case .expired:
            // An issuer's own expiry shows as the customer's certificate being no longer good; only a leaf's
            // date is told.
            let date = leaf.map { "（\($0.notAfter.japaneseDate)）" } ?? ""
            return LoginMessage(
                id: "APL-1102", message: "電子証明書の有効期限\(date)が過ぎています。",
                steps: [
                    "インターネットバンキングで電子証明書を再取得してください。",
                    "新しい電子証明書をお持ちの場合は、すべてのブラウザ画面を閉じてから再度お手続きになり、そちらを選択してください。",
                ])
        case .revoked:
            return LoginMessage(
                id: "APL-1103", message: "ご利用の電子証明書は失効しています。",
                steps: [
                    "失効した電子証明書をパソコンから削除し、すべてのブラウザ画面を閉じてから再度お手続きください。",
                    "電子証明書をお持ちでない場合は、管理者ユーザまたはお取引店へお問い合わせください。",
                ])
        case .notYetValid:
            let date = leaf.map { "（\($0.notBefore.japaneseDate)から）" } ?? ""
            return LoginMessage(
                id: "APL-1105", message: "電子証明書の有効期間\(date)がまだ始まっていません。",
                steps: ["有効期間が始まってから再度お手続きください。", "以前の電子証明書が有効な場合は、そちらを選択してください。"])
        case .revocationUnknown:
            return LoginMessage(
                id: "APL-1106", message: "電子証明書の有効性を確認できませんでした。",
                steps: ["しばらくしてから再度お手続きください。"])
        case .unknownIssuer, .wrongPurpose, .weakKey, .chainTooLong, .policy, .malformed:
            return unusableCertificate
        }
    }

    /// The certificate is good, but not one that can log in here. Never says which customers there are.
    static let unusableCertificate = LoginMessage(
        id: "APL-1104", message: "この電子証明書ではご利用いただけません。",
        explanation: ["他の金融機関や他のサービスの電子証明書、または古い電子証明書が選択された可能性があります。"],
        steps: [
            "「もう一度証明書を選択する」を押し、本サービスの新しい電子証明書を選択してください。",
            "選択画面が表示されない場合は、すべてのブラウザ画面を閉じてから、API連携先の画面より再度お手続きください。",
        ])

    /// 更新前の電子証明書.
    static let supersededCertificate = LoginMessage(
        id: "APL-1107", message: "更新前の電子証明書が選択されました。新しい電子証明書を選択してください。",
        explanation: ["電子証明書の選択画面では、有効期間の開始日が新しい方が新しい電子証明書です。"],
        steps: [
            "「もう一度証明書を選択する」を押し、新しい電子証明書を選択してください。",
            "選択画面が表示されない場合は、すべてのブラウザ画面を閉じてから、API連携先の画面より再度お手続きください。",
        ])

    static let badCredentials = LoginMessage(
        id: "APL-1201", message: "ログインIDまたはログインパスワードに誤りがあります。")

    static let paused = LoginMessage(
        id: "APL-1202", message: "ログインパスワードの入力誤りが規定回数に達したため、一時的にご利用を停止しています。",
        steps: ["しばらくしてから再度お手続きください。"])

    static let stopped = LoginMessage(
        id: "APL-1203", message: "ご利用が停止されています。管理者ユーザまたはお取引店へお問い合わせください。")

    static let expired = LoginMessage(
        id: "APL-1901", message: "一定時間操作がなかったため、お手続きを終了しました。",
        steps: ["API連携先の画面から再度お手続きください。"])

    static let superseded = LoginMessage(
        id: "APL-1902", message: "別の画面でお手続きが行われたため、この画面の操作は無効です。",
        steps: ["新しい画面でお手続きを続けるか、API連携先の画面から再度お手続きください。"])

    static let busy = LoginMessage(
        id: "APL-1911", message: "ただいま混み合っています。",
        steps: ["しばらくしてから、もう一度お試しください。入力された内容は登録されていません。"])

    static let unavailable = LoginMessage(
        id: "APL-1912", message: "ただいまサービスをご利用いただけません。",
        steps: ["しばらくしてから、この画面を再読込してください。", "続く場合は、受付番号を添えてお問い合わせください。"])

    static let notFound = LoginMessage(
        id: "APL-1913", message: "お探しの画面はありません。", steps: ["API連携先の画面から再度お手続きください。"])

    static let badRequest = LoginMessage(
        id: "APL-1914", message: "このご要求は受け付けられません。", steps: ["API連携先の画面から再度お手続きください。"])

    static func status(_ status: Int) -> LoginMessage {
        switch status {
        case 404: notFound
        case 500...: unavailable
        default: badRequest
        }
    }
}
