/// What pages say when something is in the way. The id stands on the page and in the audit log.
enum ConsentMessage: String, CaseIterable {
    case unknownPartner = "APL-1001"
    case redirectURI = "APL-1002"
    case requestURI = "APL-1003"
    case notConfirmed = "APL-1601"
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

    var text: String {
        switch self {
        case .unknownPartner: "API連携先を確認できませんでした。"
        case .redirectURI: "API連携先の戻り先を確認できませんでした。"
        case .requestURI: "お手続きの有効期限が過ぎているか、すでにお手続きがお済みです。"
        case .notConfirmed: "「認可手続きを継続する」にチェックしてください。"
        case .expired: "一定時間操作がなかったため、お手続きを終了しました。"
        case .superseded: "別の画面でお手続きが行われたため、この画面の操作は無効です。"
        case .otherSession: "このお手続きを続けることができません。"
        case .finished: "このお手続きはすでに完了しています。"
        case .staleForm: "前の画面の操作は無効です。内容をご確認のうえ、この画面でもう一度操作してください。"
        case .notThroughGateway: "このページを表示できません。"
        case .malformed: "送信された内容を読み取ることができませんでした。"
        case .notFound: "ページが見つかりません。"
        case .method: "この操作はできません。"
        case .outOfOrder: "ただいまお手続きを行うことができません。"
        }
    }

    /// What the customer can do.
    var steps: [String] {
        switch self {
        case .unknownPartner, .redirectURI:
            ["API連携先の画面に戻り、もう一度お手続きください。", "同じ画面が表示される場合は、API連携先へお問い合わせください。"]
        case .requestURI, .expired, .otherSession:
            ["この画面を閉じ、API連携先の画面からもう一度お手続きください。"]
        case .superseded:
            ["新しく開いた画面でお手続きを続けてください。", "その画面がない場合は、API連携先の画面からもう一度お手続きください。"]
        case .finished:
            ["連携の結果は、API連携先の画面でご確認ください。", "連携されていない場合は、API連携先の画面からもう一度お手続きください。"]
        case .notConfirmed, .staleForm: []
        case .notThroughGateway, .notFound, .method, .malformed:
            ["API連携先の画面からもう一度お手続きください。"]
        case .outOfOrder:
            ["しばらくたってから、API連携先の画面からもう一度お手続きください。", "同じ画面が表示される場合は、受付番号をお手元にご用意のうえお問い合わせください。"]
        }
    }

    var status: Int {
        switch self {
        case .unknownPartner, .redirectURI, .requestURI, .malformed: 400
        case .notThroughGateway: 403
        case .otherSession, .notFound: 404
        case .method: 405
        case .staleForm, .superseded, .finished: 409
        case .expired: 410
        case .notConfirmed: 422
        case .outOfOrder: 503
        }
    }
}
