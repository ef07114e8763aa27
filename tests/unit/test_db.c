/* The store: every statement prepares, marks undo, migrations are guarded, writers queue. */
#include "tests/unit/fixture.h"

#include <pthread.h>

#include "db/sqlite.c"

static void every_statement_prepares(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < db_statement_n; i++) {
		if (!prepared(f->db, db_statements[i]))
			fail_msg("%s: %s", db_statements[i]->name, sqlite3_errmsg(f->db->handle));
		assert_int_equal(db_statements[i]->number, i);
	}
}

/* For people who wait for a list, and for tests; a table of a dozen rows; and updates whose rows
 * must be set aside first, because they change the index that finds them. */
static bool may_take_its_time(const char *name)
{
	return text_starts(name, "show_") || text_starts(name, "talk_") ||
	       text_starts(name, "test_") || text_starts(name, "phone_") ||
	       text_eq(name, "location_list") || text_eq(name, "migration_list") ||
	       text_eq(name, "mt_recover") || text_eq(name, "slot_free") ||
	       text_eq(name, "slots_of_location") || text_eq(name, "questions_replace") ||
	       text_eq(name, "question_rezone");
}

/* Fails when a row of the explanation begins with `word`, but for those with `allowed`. */
static void must_not_say(struct fixture *f, const struct db_stmt *stmt, const char *explain,
	int column, const char *word, const char *allowed)
{
	char sql[STATEMENT_MOST];
	sqlite3_stmt *s;
	spell_statement(stmt, sql);
	const char *text = arena_printf(f->arena, "%s %s", explain, sql);
	assert_int_equal(sqlite3_prepare_v2(f->db->handle, text, -1, &s, NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *said = (const char *)sqlite3_column_text(s, column);
		if (text_starts(said, word) && !text_starts(said, allowed))
			fail_msg("%s: %s", stmt->name, said);
	}
	sqlite3_finalize(s);
}

static void no_statement_reads_a_whole_table_or_makes_one(void **state)
{
	struct fixture *f = *state;
	/* Else it lists the scans of foreign keys too, which only deferred constraints would need.
	 */
	assert_int_equal(run(f->db, "PRAGMA foreign_keys = OFF"), OK);
	for (int i = 0; i < db_statement_n; i++) {
		if (may_take_its_time(db_statements[i]->name))
			continue;
		/* "(": a subquery's few rows */
		must_not_say(f, db_statements[i], "EXPLAIN QUERY PLAN", 3, "SCAN ", "SCAN (");
		must_not_say(f, db_statements[i], "EXPLAIN", 1, "OpenEphemeral", "-");
	}
}

static void the_settings_that_durability_rests_on(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *pragma, *value;
	} wanted[] = {{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"}};
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		char sql[64];
		sqlite3_stmt *s;
		snprintf(sql, sizeof sql, "PRAGMA %s", wanted[i].pragma);
		assert_int_equal(sqlite3_prepare_v2(f->db->handle, sql, -1, &s, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_step(s), SQLITE_ROW);
		assert_string_equal((const char *)sqlite3_column_text(s, 0), wanted[i].value);
		sqlite3_finalize(s);
	}
}

static void parameters_keep_their_numbers(void **state)
{
	(void)state;
	char sql[] = "VALUES ($2, $1, '$3', \"$4\", $12)";
	number_parameters(sql);
	assert_string_equal(sql, "VALUES (?2, ?1, '$3', \"$4\", ?12)");
}

static const char *meta(struct fixture *f, const char *name)
{
	struct q_meta_get *row;
	assert_int_equal(q_meta_get(f->arena, f->db, &row, .name = name), OK);
	return row ? row->value : NULL;
}

static void a_mark_undoes_only_what_came_after(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(q_meta_set(f->db, NULL, .name = "a", .value = "1"), OK);
	assert_int_equal(db_mark(f->db), OK);
	assert_int_equal(q_meta_set(f->db, NULL, .name = "b", .value = "1"), OK);
	assert_int_equal(db_undo(f->db), OK);
	assert_int_equal(db_mark(f->db), OK);
	assert_int_equal(q_meta_set(f->db, NULL, .name = "c", .value = "1"), OK);
	assert_int_equal(db_keep(f->db), OK);
	assert_int_equal(db_commit(f->db), OK);
	assert_string_equal(meta(f, "a"), "1");
	assert_null(meta(f, "b"));
	assert_string_equal(meta(f, "c"), "1");
}

static void a_broken_constraint_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	log_set_level((enum log_level)0);
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(q_question_option_add(f->db, NULL, .question = 77, .n = 1), ERR_CONFLICT);
	/* The transaction goes on: what comes after is kept. */
	assert_int_equal(q_meta_set(f->db, NULL, .name = "a", .value = "1"), OK);
	assert_int_equal(db_commit(f->db), OK);
}

static void an_edited_migration_is_refused(void **state)
{
	struct fixture *f = *state;
	int applied;
	assert_int_equal(sqlite3_exec(f->db->handle,
				 "UPDATE migration SET digest = replace(digest, 'a', 'b')", NULL,
				 NULL, NULL),
		SQLITE_OK);
	log_set_level((enum log_level)0);
	struct db *other;
	assert_int_equal(db_migrate(f->store, &applied), ERR_CONFLICT);
	assert_int_equal(db_open(&other, f->store), ERR_CONFLICT);
}

static void a_newer_store_is_refused(void **state)
{
	struct fixture *f = *state;
	int applied;
	assert_int_equal(sqlite3_exec(f->db->handle,
				 "INSERT INTO migration VALUES (9999, '9999_future.sql', 'x', 0)",
				 NULL, NULL, NULL),
		SQLITE_OK);
	log_set_level((enum log_level)0);
	struct db *other;
	assert_int_equal(db_migrate(f->store, &applied), ERR_CONFLICT);
	assert_int_equal(db_open(&other, f->store), ERR_CONFLICT);
}

static void *add_many(void *arg)
{
	struct fixture *f = arg;
	struct db *db;
	struct arena *a = arena_new(0);
	must(db_open(&db, f->store) == OK);
	for (int i = 0; i < 50; i++) {
		struct q_meta_get *row;
		must(db_begin(db) == OK);
		must(q_meta_get(a, db, &row, .name = "count") == OK);
		char next[16];
		snprintf(next, sizeof next, "%d", (row ? atoi(row->value) : 0) + 1);
		must(q_meta_set(db, NULL, .name = "count", .value = next) == OK);
		must(db_commit(db) == OK);
	}
	arena_free(a);
	db_close(db);
	return NULL;
}

static void writers_take_turns(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, add_many, f);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_string_equal(meta(f, "count"), "200");
}

static void a_lock_that_is_held_means_busy_within_seconds(void **state)
{
	struct fixture *f = *state;
	sqlite3 *other;
	assert_int_equal(sqlite3_open(f->store, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	int64_t begun = clock_mono_ms();
	log_set_level((enum log_level)0);
	assert_int_equal(db_begin(f->db), ERR_BUSY);
	assert_true(clock_mono_ms() - begun < 5000);
	sqlite3_close(other);
	assert_int_equal(db_begin(f->db), OK);
	db_rollback(f->db);
}

static void a_backup_is_a_store(void **state)
{
	struct fixture *f = *state;
	char to[80];
	struct db *copy;
	snprintf(to, sizeof to, "%s/copy.db", f->folder);
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(q_meta_set(f->db, NULL, .name = "a", .value = "1"), OK);
	assert_int_equal(db_commit(f->db), OK);
	assert_int_equal(db_backup(f->db, to), OK);
	assert_int_equal(db_backup(f->db, to), ERR_CONFLICT);
	assert_int_equal(db_open(&copy, to), OK);
	struct q_meta_get *row;
	assert_int_equal(q_meta_get(f->arena, copy, &row, .name = "a"), OK);
	assert_string_equal(row->value, "1");
	db_close(copy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_statement_prepares),
		TEST(no_statement_reads_a_whole_table_or_makes_one),
		TEST(the_settings_that_durability_rests_on),
		TEST(parameters_keep_their_numbers),
		TEST(a_mark_undoes_only_what_came_after),
		TEST(a_broken_constraint_is_a_conflict),
		TEST(an_edited_migration_is_refused),
		TEST(a_newer_store_is_refused),
		TEST(writers_take_turns),
		TEST(a_lock_that_is_held_means_busy_within_seconds),
		TEST(a_backup_is_a_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
