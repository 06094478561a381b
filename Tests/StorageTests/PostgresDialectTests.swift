import Testing

@testable import Storage

@Suite struct PostgresDialectTests {
    @Test(arguments: [
        ("", "", 0),
        ("SELECT 1", "SELECT 1", 0),
        ("SELECT ?1, ?2, ?1", "SELECT $1, $2, $1", 2),
        ("SELECT ?12", "SELECT $12", 12),
        ("VALUES (?, ?, ?)", "VALUES ($1, $2, $3)", 3),
        ("VALUES (?2, ?, ?1)", "VALUES ($2, $3, $1)", 3),
        ("SELECT '?1', ?1", "SELECT '?1', $1", 1),
        ("SELECT 'it''s ?1', ?1", "SELECT 'it''s ?1', $1", 1),
        ("SELECT \"?1\", ?1", "SELECT \"?1\", $1", 1),
        ("SELECT ?1 -- ?2\n, ?2", "SELECT $1 -- ?2\n, $2", 2),
        ("SELECT /* ?2 ' */ ?1", "SELECT /* ?2 ' */ $1", 1),
        ("SELECT 'open ?1", "SELECT 'open ?1", 0),
        ("SELECT a-?1, b/?2", "SELECT a-$1, b/$2", 2),
    ])
    func `parameters are named as the server wants them, outside of quotes and comments`(
        _ sql: String, _ text: String, _ count: Int
    ) {
        let translated = PostgresDialect.statement(sql)
        #expect(translated.text == text && translated.parameterCount == count)
    }

    @Test func `a script's types and table options are those of the server`() {
        let script = """
            CREATE TABLE notes (
                -- INTEGER, STRICT
                id INTEGER NOT NULL PRIMARY KEY, text TEXT DEFAULT 'BLOB', INTEGERS BLOB
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE more (id TEXT) STRICT;
            CREATE TABLE last (id BLOB) WITHOUT ROWID
            """
        #expect(
            PostgresDialect.script(script) == """
                CREATE TABLE notes (
                    -- INTEGER, STRICT
                    id BIGINT NOT NULL PRIMARY KEY, text TEXT COLLATE "C" DEFAULT 'BLOB', INTEGERS BYTEA
                ) ;
                CREATE TABLE more (id TEXT COLLATE "C") ;
                CREATE TABLE last (id BYTEA)\u{20}
                """)
    }

    @Test func `the pieces of any text give the text again`() {
        for sql in ["'", "\"", "--", "/*", "/", "-", "?", "a'b''c\"d\"e--f\n?1/*g*/", "都島 ?1 '信用'"] {
            var tokens = SQLTokens(sql)
            var whole = ""
            while let token = tokens.next() { whole += token }
            #expect(whole == sql)
        }
    }
}
