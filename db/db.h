/* The store. One `struct db` is one connection and belongs to one thread at a time.
 * Statements live in db/sql; scripts/sqlgen turns each into a struct for its arguments, a
 * struct for its rows and a q_NAME() that runs it (build/gen/q.h). Whole results go into an arena:
 * there are no cursors. Writing happens only between db_begin and db_commit. */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "responder/base/arena.h"
#include "responder/base/err.h"

struct db;

struct db_bytes {
	const void *at;
	size_t n;
};

/* Opens a migrated store. ERR_STORE when it cannot be opened; ERR_CONFLICT when its schema is not
 * the one this program was built for. `where`: a file name, or a postgres:// URL. */
enum err db_open(struct db **out, const char *where) MUST_USE;
void db_close(struct db *db);

/* Creates what is missing and applies the migrations that are not yet in. ERR_CONFLICT when
 * the store is newer than the program, or a migration that it has applied was edited since. */
enum err db_migrate(const char *where, int *applied) MUST_USE;

/* A write transaction, exclusive from the start. ERR_BUSY within two seconds when it cannot be had.
 */
enum err db_begin(struct db *db) MUST_USE;
enum err db_commit(struct db *db) MUST_USE; /* an error means: nothing was kept */
void db_rollback(struct db *db);

/* One mark inside a transaction: db_undo goes back to it, db_keep forgets it. */
enum err db_mark(struct db *db) MUST_USE;
enum err db_keep(struct db *db) MUST_USE;
enum err db_undo(struct db *db) MUST_USE;

/* Copies the whole store, consistently, while it is in use. */
enum err db_backup(struct db *db, const char *to_file) MUST_USE;

/* For generated code only. */
enum db_type { DB_INT, DB_INT_OR_NULL, DB_TEXT, DB_TEXT_OR_NULL, DB_BYTES };

struct db_field {
	const char *name;
	enum db_type type;
	size_t offset;
};

struct db_stmt {
	const char *name, *sql;
	int number; /* place in the table of all statements */
	int in_n, out_n;
	const struct db_field *in, *out;
	size_t row_size;
};

extern const struct db_stmt *const db_statements[];
extern const int db_statement_n;

struct db_migration {
	int number;
	const char *name, *sql;
};

extern const struct db_migration db_migrations[];
extern const int db_migration_n;

/* Rows land in an array in `a`. ERR_CONFLICT on a broken constraint, ERR_BUSY, ERR_STORE. */
enum err db_list(struct arena *a, struct db *db, const struct db_stmt *stmt, const void *in,
	void **rows, size_t *n) MUST_USE;
/* At most one row: NULL when there is none. */
enum err db_one(struct arena *a, struct db *db, const struct db_stmt *stmt, const void *in,
	void **row) MUST_USE;
/* No rows; `changed` (may be NULL) counts what was written. */
enum err db_do(
	struct db *db, const struct db_stmt *stmt, const void *in, int64_t *changed) MUST_USE;

#endif
