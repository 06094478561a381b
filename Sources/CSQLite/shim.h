// SQLite's macros and variadic functions as plain ones: one each, no logic.
#pragma once
#include <sqlite3.h>

/// SQLITE_TRANSIENT: SQLite copies the bytes before the call returns.
static inline sqlite3_destructor_type sekisho_SQLITE_TRANSIENT(void) { return SQLITE_TRANSIENT; }

/// sqlite3_db_config(SQLITE_DBCONFIG_DEFENSIVE): SQL can no longer write to the file behind the schema's back.
static inline int sekisho_sqlite3_db_config_DEFENSIVE(sqlite3 *database) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
}
