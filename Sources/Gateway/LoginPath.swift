import Pages

/// The paths that the gateway answers itself, on login and certificate hosts.
enum LoginPath {
    static let prefix = "/.sekisho/"
    static let login = "/.sekisho/login"
    static let password = "/.sekisho/password"
    static let certificate = "/.sekisho/certificate"
    static let goOn = "/.sekisho/continue"
    static let stylesheet = "/.sekisho/style.css"
    static let timeoutScript = TimeoutWarning.scriptPath
    static let language = LanguageSwitch.path
    /// What pages need that say that the service is closed.
    static let alwaysServed: Set<String> = [stylesheet, timeoutScript, language]
}

/// The cookies that the gateway sets; none of them reaches a backend.
enum CookieName {
    /// On one host only. The value is random; the store knows its hash.
    static let session = "__Host-sekisho"
    /// On login and certificate host alike: ties a login to the browser that began it.
    static let preLogin = "__Secure-sekisho-login"
}
