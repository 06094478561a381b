// SQLite's macros as functions: one each, no logic.
#pragma once
#include <sqlite3.h>

/// SQLITE_TRANSIENT: SQLite copies the bytes before the call returns.
static inline sqlite3_destructor_type sekisho_SQLITE_TRANSIENT(void) { return SQLITE_TRANSIENT; }
