/* The schema's history: db/migrations/NNNN_name.sql, applied in order, each in one transaction
 * together with the row that remembers it and the digest of its text. The table `migration` is
 * made by hand here, because it must exist before the first of them. */
#include <string.h>

#include "build/gen/q.h"
#include "db/db.h"
#include "db/engine.h"
#include "responder/base/clock.h"
#include "responder/base/digest.h"
#include "responder/base/log.h"

static const char table[] = "CREATE TABLE IF NOT EXISTS migration (number $INT PRIMARY KEY, "
			    "name $TEXT NOT NULL, digest $TEXT NOT NULL, at $INT NOT NULL) $STRICT";

static void digest_of(const struct db_migration *m, char out[65])
{
	unsigned char sum[32];
	digest_sha256(m->sql, strlen(m->sql), sum);
	digest_hex(sum, sizeof sum, out);
}

/* How many migrations are in, after checking that they are ours, in order and unedited. */
static enum err applied_count(struct arena *a, struct db *db, int *out)
{
	struct q_migration_list *rows;
	size_t n;
	enum err e = q_migration_list(a, db, &rows, &n);
	if (e)
		return e;
	if (n > (size_t)db_migration_n) {
		log_error("store_newer", "has=%zu knows=%d", n, db_migration_n);
		return ERR_CONFLICT;
	}
	for (size_t i = 0; i < n; i++) {
		char digest[65];
		digest_of(&db_migrations[i], digest);
		if (rows[i].number == db_migrations[i].number &&
			strcmp(rows[i].digest, digest) == 0)
			continue;
		log_error("migration_edited", "name=%s", rows[i].name);
		return ERR_CONFLICT;
	}
	*out = (int)n;
	return OK;
}

static enum err apply_one(struct db *db, const struct db_migration *m)
{
	char digest[65];
	digest_of(m, digest);
	enum err e = engine_script(db, m->sql);
	if (e)
		return e;
	log_info("migrated", "name=%s", m->name);
	return q_migration_add(db, NULL, .number = m->number, .name = m->name, .digest = digest,
		.at = clock_now());
}

static enum err apply_all(struct arena *a, struct db *db, int *applied)
{
	int have = 0;
	enum err e = engine_script(db, table);
	if (!e)
		e = applied_count(a, db, &have);
	for (int i = have; !e && i < db_migration_n; i++) {
		e = apply_one(db, &db_migrations[i]);
		*applied += !e;
	}
	return e;
}

enum err db_migrate(const char *where, int *applied)
{
	struct db *db;
	*applied = 0;
	enum err e = engine_open(&db, where, true);
	if (e)
		return e;
	struct arena *a = arena_new(0);
	e = db_begin(db);
	if (!e) {
		e = apply_all(a, db, applied);
		if (e)
			db_rollback(db);
		else
			e = db_commit(db);
	}
	arena_free(a);
	db_close(db);
	return e;
}

enum err db_open(struct db **out, const char *where)
{
	enum err e = engine_open(out, where, false);
	if (e)
		return e;
	struct arena *a = arena_new(0);
	int have = 0;
	e = applied_count(a, *out, &have);
	arena_free(a);
	if (!e && have < db_migration_n) {
		log_error("store_older", "has=%d needs=%d hint=\"run responder migrate\"", have,
			db_migration_n);
		e = ERR_CONFLICT;
	}
	if (e) {
		db_close(*out);
		*out = NULL;
	}
	return e;
}
