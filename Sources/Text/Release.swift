/// Which Sekisho this is.
public enum Release {
    /// Of all its programs; `scripts/package` adds the commit.
    public static let version = "0.9.0"

    /// The Swift it was compiled by, as precisely as the language tells: `6.3`.
    public static let swift: String = {
        #if compiler(>=6.5)
            "6.5 or later"
        #elseif compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }()
}
