/* What db/migrate.c needs of an engine beyond db.h. Nobody outside db/ includes this. */
#ifndef DB_ENGINE_H
#define DB_ENGINE_H

#include "db/db.h"

/* Opens without looking at the schema; creates the store when `create`. */
enum err engine_open(struct db **out, const char *where, bool create) MUST_USE;

/* Runs a script of several statements inside the running transaction. The words $ID, $INT, $TEXT,
 * $BYTES and $STRICT are replaced by the engine's own. */
enum err engine_script(struct db *db, const char *sql) MUST_USE;

#endif
