/// Our SQL as PostgreSQL reads it.
///
/// Quoted text and comments stay as they are. What differs is little: how parameters are named, and in
/// migrations how types are called and what SQLite wants to be told about its tables.
enum PostgresDialect {
    /// A statement with $1, $2, … for ?1, ?2, …, and how many values it takes. A ? alone is one more than the
    /// largest before it, as in SQLite.
    static func statement(_ sql: String) -> (text: String, parameterCount: Int) {
        var text = ""
        var count = 0
        var tokens = SQLTokens(sql)
        while let token = tokens.next() {
            guard token.first == "?" else {
                text += token
                continue
            }
            let number = Int(token.dropFirst()) ?? count + 1
            count = max(count, number)
            text += "$\(number)"
        }
        return (text, count)
    }

    /// A migration's script. Text compares and sorts byte by byte, as it does in SQLite, whatever the
    /// database's locale is.
    static func script(_ sql: String) -> String {
        var text = ""
        var tokens = SQLTokens(sql)
        var isInTableOptions = false
        while let token = tokens.next() {
            if token == ";" { isInTableOptions = false }
            switch token {
            case _ where isInTableOptions: continue
            case "STRICT", "WITHOUT": isInTableOptions = true
            case "INTEGER": text += "BIGINT"
            case "BLOB": text += "BYTEA"
            case "TEXT": text += "TEXT COLLATE \"C\""
            default: text += token
            }
        }
        return text
    }
}
