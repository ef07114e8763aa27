/* SQLite, and its only user. WAL with synchronous=FULL: what db_commit returned OK for survives a
 * power cut. One process-wide mutex queues the writers, because SQLite's own busy handler polls and
 * is unfair; readers never wait. Prepared statements live as long as their connection. */
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db/db.h"
#include "db/engine.h"
#include "responder/base/buf.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/base/text.h"

#define LOCK_SECONDS 2
#define STATEMENT_MOST 8192  /* bytes */
#define LOG_PAGES_TIDY 4000  /* 16 MiB: each time, another thread moves them into the file */
#define LOG_PAGES_MOST 16000 /* 64 MiB: when that lags, the writer does it itself, and waits */

/* What frames the work of every batch. */
enum frame { BEGIN, COMMIT, MARK, KEEP, FRAMES };

static const char *const frames[FRAMES] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[MARK] = "SAVEPOINT mark",
	[KEEP] = "RELEASE mark",
};

/* Moves committed pages from the log into the file while the writer goes on. A connection starts
 * its own when its log has grown for the first time. */
struct tidier {
	sqlite3 *handle;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool wanted, stop;
};

struct db {
	sqlite3 *handle;
	struct tidier *tidier;	 /* NULL: was never needed */
	int tidied;		 /* so many times since the log last began anew */
	sqlite3_stmt **prepared; /* by db_stmt.number */
	sqlite3_stmt *frames[FRAMES];
	bool writing;
};

static pthread_mutex_t writer = PTHREAD_MUTEX_INITIALIZER;

static enum err failed(struct db *db, const char *what)
{
	int code = sqlite3_errcode(db->handle);
	int extended = sqlite3_extended_errcode(db->handle);
	enum err e = code == SQLITE_CONSTRAINT			    ? ERR_CONFLICT
		     : code == SQLITE_BUSY || code == SQLITE_LOCKED ? ERR_BUSY
								    : ERR_STORE;
	log_line(e == ERR_STORE ? LOG_ERROR : LOG_WARN, "store_refused",
		"what=%s code=%d why=\"%s\"", what, extended, sqlite3_errmsg(db->handle));
	return e;
}

static enum err run(struct db *db, const char *sql)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? OK : failed(db, sql);
}

static enum err frame(struct db *db, enum frame f)
{
	sqlite3_stmt **s = &db->frames[f];
	if (!*s && sqlite3_prepare_v3(db->handle, frames[f], -1, SQLITE_PREPARE_PERSISTENT, s,
			   NULL) != SQLITE_OK)
		return failed(db, frames[f]);
	enum err e = sqlite3_step(*s) == SQLITE_DONE ? OK : failed(db, frames[f]);
	sqlite3_reset(*s);
	return e;
}

static void *tidy(void *arg)
{
	struct tidier *t = arg;
	pthread_mutex_lock(&t->lock);
	while (!t->stop) {
		if (!t->wanted) {
			pthread_cond_wait(&t->wake, &t->lock);
			continue;
		}
		t->wanted = false;
		pthread_mutex_unlock(&t->lock);
		sqlite3_wal_checkpoint_v2(t->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* NULL when the file cannot be opened once more: then the writer goes on tidying by itself. */
static struct tidier *tidier_start(sqlite3 *writes)
{
	struct tidier *t = calloc(1, sizeof *t);
	must(t);
	if (sqlite3_open_v2(sqlite3_db_filename(writes, "main"), &t->handle,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		sqlite3_close(t->handle);
		free(t);
		return NULL;
	}
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	must(pthread_create(&t->thread, NULL, tidy, t) == 0);
	return t;
}

static void tidier_stop(struct tidier *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	must(sqlite3_close(t->handle) == SQLITE_OK);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* SQLite calls this after each commit; `pages` are in the log. */
static int on_commit(void *context, sqlite3 *handle, const char *name, int pages)
{
	struct db *db = context;
	(void)name;
	if (pages >= LOG_PAGES_MOST)
		sqlite3_wal_checkpoint_v2(handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	bool more = pages / LOG_PAGES_TIDY > db->tidied;
	db->tidied = pages / LOG_PAGES_TIDY;
	if (!more)
		return SQLITE_OK;
	if (!db->tidier)
		db->tidier = tidier_start(handle);
	if (db->tidier) {
		pthread_mutex_lock(&db->tidier->lock);
		db->tidier->wanted = true;
		pthread_cond_signal(&db->tidier->wake);
		pthread_mutex_unlock(&db->tidier->lock);
	}
	return SQLITE_OK;
}

static enum err configure(struct db *db)
{
	int on;
	if (sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, &on) ||
		sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, &on) ||
		sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, &on))
		return failed(db, "db_config");
	sqlite3_busy_timeout(db->handle, LOCK_SECONDS * 1000);
	enum err e = run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			     "PRAGMA foreign_keys = ON; PRAGMA cache_size = -4096;"
			     "PRAGMA temp_store = MEMORY;" /* else each mark opens a file */
			     "PRAGMA journal_size_limit = 67108864");
	sqlite3_wal_hook(db->handle, on_commit, db);
	return e;
}

/* SQLite counts its memory under a mutex that all threads share; nobody asks for the count. */
static void set_up(void)
{
	must(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);
}

enum err engine_open(struct db **out, const char *where, bool create)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	must(pthread_once(&once, set_up) == 0);
	struct db *db = calloc(1, sizeof *db);
	must(db);
	db->prepared = calloc((size_t)db_statement_n, sizeof(sqlite3_stmt *));
	must(db->prepared);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
	enum err e = OK;
	if (sqlite3_open_v2(where, &db->handle, flags, NULL) != SQLITE_OK)
		e = failed(db, where);
	if (!e)
		e = configure(db);
	if (e) {
		db_close(db);
		db = NULL;
	}
	*out = db;
	return e;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	must(!db->writing);
	tidier_stop(db->tidier);
	for (int i = 0; i < db_statement_n; i++)
		sqlite3_finalize(db->prepared[i]);
	for (int i = 0; i < FRAMES; i++)
		sqlite3_finalize(db->frames[i]);
	free(db->prepared);
	must(sqlite3_close(db->handle) == SQLITE_OK);
	free(db);
}

enum err db_begin(struct db *db)
{
	must(!db->writing);
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LOCK_SECONDS;
	if (pthread_mutex_timedlock(&writer, &until) != 0)
		return ERR_BUSY;
	enum err e = frame(db, BEGIN);
	if (e) {
		pthread_mutex_unlock(&writer);
		return e;
	}
	db->writing = true;
	return OK;
}

static void end(struct db *db)
{
	db->writing = false;
	pthread_mutex_unlock(&writer);
}

enum err db_commit(struct db *db)
{
	must(db->writing);
	enum err e = frame(db, COMMIT);
	if (e) {
		db_rollback(db);
		return e;
	}
	end(db);
	return OK;
}

void db_rollback(struct db *db)
{
	must(db->writing);
	/* After a full disk or an I/O error SQLite has rolled back by itself. */
	if (!sqlite3_get_autocommit(db->handle))
		must(run(db, "ROLLBACK") == OK);
	end(db);
}

enum err db_mark(struct db *db)
{
	return frame(db, MARK);
}

enum err db_keep(struct db *db)
{
	return frame(db, KEEP);
}

enum err db_undo(struct db *db)
{
	if (sqlite3_get_autocommit(db->handle))
		return ERR_STORE; /* the whole transaction is gone already */
	return run(db, "ROLLBACK TO mark; RELEASE mark");
}

/* SQLite takes "$2" for a name, numbered by first appearance: it must read "?2" to mean the second
 * argument. Same length, outside of quotes only. */
static void number_parameters(char *sql)
{
	char quote = 0;
	for (; *sql; sql++) {
		if (quote)
			quote = *sql == quote ? 0 : quote;
		else if (*sql == '\'' || *sql == '"')
			quote = *sql;
		else if (*sql == '$' && sql[1] >= '1' && sql[1] <= '9')
			*sql = '?';
	}
}

/* SQLite gathers what RETURNING says in a table that it makes and drops each time, which costs as
 * much as the insert; the id of a new row it knows anyway (new_id). */
static const char returning[] = "RETURNING id\n";

static bool returns_new_id(const struct db_stmt *stmt)
{
	size_t n = strlen(stmt->sql), tail = strlen(returning);
	return text_starts(stmt->sql, "INSERT") && !strstr(stmt->sql, "DO UPDATE") && n > tail &&
	       text_eq(stmt->sql + n - tail, returning);
}

/* The statement as SQLite shall have it. */
static void spell_statement(const struct db_stmt *stmt, char sql[STATEMENT_MOST])
{
	int n = snprintf(sql, STATEMENT_MOST, "%s", stmt->sql);
	must(n > 0 && n < STATEMENT_MOST);
	if (returns_new_id(stmt))
		sql[(size_t)n - strlen(returning)] = '\0';
	number_parameters(sql);
}

static sqlite3_stmt *prepared(struct db *db, const struct db_stmt *stmt)
{
	sqlite3_stmt **s = &db->prepared[stmt->number];
	if (*s)
		return *s;
	char sql[STATEMENT_MOST];
	spell_statement(stmt, sql);
	if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, s, NULL))
		return NULL;
	must(sqlite3_bind_parameter_count(*s) == stmt->in_n);
	must(sqlite3_column_count(*s) == (returns_new_id(stmt) ? 0 : stmt->out_n));
	return *s;
}

static void bind_one(sqlite3_stmt *s, int at, const struct db_field *f, const void *in)
{
	const void *p = (const char *)in + f->offset;
	const char *text;
	int64_t number;
	const struct db_bytes *bytes;
	int bad;
	switch (f->type) {
	case DB_INT: bad = sqlite3_bind_int64(s, at, *(const int64_t *)p); break;
	case DB_INT_OR_NULL:
		number = *(const int64_t *)p;
		bad = number ? sqlite3_bind_int64(s, at, number) : sqlite3_bind_null(s, at);
		break;
	case DB_BYTES:
		bytes = p;
		bad = sqlite3_bind_blob64(
			s, at, bytes->n ? bytes->at : "", bytes->n, SQLITE_STATIC);
		break;
	default:
		text = *(const char *const *)p;
		must(text || f->type == DB_TEXT_OR_NULL);
		bad = sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
	}
	must(bad == SQLITE_OK);
}

/* NULL when the statement cannot be prepared. */
static sqlite3_stmt *bound(struct db *db, const struct db_stmt *stmt, const void *in)
{
	sqlite3_stmt *s = prepared(db, stmt);
	if (!s)
		return NULL;
	must(db->writing || sqlite3_stmt_readonly(s));
	for (int i = 0; i < stmt->in_n; i++)
		bind_one(s, i + 1, &stmt->in[i], in);
	return s;
}

static void take_one(struct arena *a, sqlite3_stmt *s, int at, const struct db_field *f, void *row)
{
	void *p = (char *)row + f->offset;
	bool null = sqlite3_column_type(s, at) == SQLITE_NULL;
	if (f->type == DB_INT || f->type == DB_INT_OR_NULL) {
		must(!null || f->type == DB_INT_OR_NULL);
		*(int64_t *)p = sqlite3_column_int64(s, at);
		return;
	}
	const void *bytes = sqlite3_column_blob(s, at);
	size_t n = (size_t)sqlite3_column_bytes(s, at);
	if (f->type == DB_BYTES) {
		*(struct db_bytes *)p = (struct db_bytes){arena_copy(a, bytes, n), n};
		return;
	}
	must(!null || f->type == DB_TEXT_OR_NULL);
	*(char **)p = null ? NULL : arena_strn(a, n ? bytes : "", n);
}

static enum err finish(struct db *db, const struct db_stmt *stmt, sqlite3_stmt *s, int code)
{
	enum err e = code == SQLITE_DONE ? OK : failed(db, stmt->name);
	sqlite3_reset(s);
	return e;
}

enum err db_list(struct arena *a, struct db *db, const struct db_stmt *stmt, const void *in,
	void **rows, size_t *n)
{
	*rows = NULL;
	*n = 0;
	sqlite3_stmt *s = bound(db, stmt, in);
	if (!s)
		return failed(db, stmt->name);
	char *all = NULL;
	size_t room = 0, size = stmt->row_size;
	int code;
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		if (*n == room) {
			all = arena_grow(a, all, room * size, (room ? room * 2 : 8) * size);
			room = room ? room * 2 : 8;
		}
		for (int i = 0; i < stmt->out_n; i++)
			take_one(a, s, i, &stmt->out[i], all + *n * size);
		++*n;
	}
	*rows = all;
	return finish(db, stmt, s, code);
}

/* The row of an INSERT that returns only its id; NULL: nothing was inserted. */
static void *new_id(struct arena *a, struct db *db, const struct db_stmt *stmt, sqlite3_stmt *s)
{
	if (sqlite3_column_count(s) || !sqlite3_changes64(db->handle))
		return NULL;
	int64_t *row = arena_alloc(a, stmt->row_size);
	*row = sqlite3_last_insert_rowid(db->handle);
	return row;
}

enum err db_one(
	struct arena *a, struct db *db, const struct db_stmt *stmt, const void *in, void **row)
{
	*row = NULL;
	sqlite3_stmt *s = bound(db, stmt, in);
	if (!s)
		return failed(db, stmt->name);
	int code = sqlite3_step(s);
	if (code == SQLITE_DONE)
		*row = new_id(a, db, stmt, s);
	if (code == SQLITE_ROW) {
		*row = arena_alloc(a, stmt->row_size);
		for (int i = 0; i < stmt->out_n; i++)
			take_one(a, s, i, &stmt->out[i], *row);
		code = sqlite3_step(s);
		must(code != SQLITE_ROW);
	}
	return finish(db, stmt, s, code);
}

enum err db_do(struct db *db, const struct db_stmt *stmt, const void *in, int64_t *changed)
{
	sqlite3_stmt *s = bound(db, stmt, in);
	if (!s)
		return failed(db, stmt->name);
	int code = sqlite3_step(s);
	must(code != SQLITE_ROW);
	if (changed)
		*changed = code == SQLITE_DONE ? sqlite3_changes64(db->handle) : 0;
	return finish(db, stmt, s, code);
}

/* "$INT" and its like in a migration, as SQLite says them. */
static const struct {
	const char *word, *ours;
} words[] = {
	{"$STRICT", "STRICT"},
	{"$BYTES", "BLOB"},
	{"$TEXT", "TEXT"},
	{"$INT", "INTEGER"},
	{"$ID", "INTEGER PRIMARY KEY"},
};

static const char *spell(const char *s, struct buf *out)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (text_starts(s, words[i].word)) {
			buf_str(out, words[i].ours);
			return s + strlen(words[i].word);
		}
	}
	buf_char(out, *s);
	return s + 1;
}

enum err engine_script(struct db *db, const char *sql)
{
	must(db->writing);
	struct arena *a = arena_new(0);
	struct buf text = buf_new(a, 1 << 20);
	while (*sql)
		sql = spell(sql, &text);
	must(!text.over);
	enum err e = run(db, text.s);
	arena_free(a);
	return e;
}

enum err db_backup(struct db *db, const char *to_file)
{
	sqlite3 *to;
	if (access(to_file, F_OK) == 0)
		return ERR_CONFLICT;
	if (sqlite3_open(to_file, &to) != SQLITE_OK) {
		sqlite3_close(to);
		return ERR_IO;
	}
	sqlite3_backup *b = sqlite3_backup_init(to, "main", db->handle, "main");
	int code = b ? sqlite3_backup_step(b, -1) : SQLITE_ERROR;
	sqlite3_backup_finish(b);
	sqlite3_close(to);
	if (code == SQLITE_DONE)
		return OK;
	unlink(to_file);
	return code == SQLITE_BUSY || code == SQLITE_LOCKED ? ERR_BUSY : ERR_STORE;
}
