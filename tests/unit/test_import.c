/* Imports on a real store: findings with places, repeated files, moved visits. */
#include "tests/unit/fixture.h"

#include "responder/flow/import.h"
#include "responder/flow/jobs.h"

static char said[4096];

static void note_finding(void *context, int line, int column, const char *what)
{
	(void)context;
	size_t n = strlen(said);
	snprintf(said + n, sizeof said - n, "%d:%d: %s\n", line, column, what);
}

static void note_change(void *context, int line, const char *what)
{
	(void)context;
	(void)line;
	(void)what;
}

static void note_progress(void *context, const struct import_counts *c)
{
	(void)context;
	(void)c;
}

static struct import_counts import(struct fixture *f, const char *text, enum err expected)
{
	char path[80];
	struct import_counts c;
	snprintf(path, sizeof path, "%s/file.csv", f->folder);
	FILE *file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
	said[0] = '\0';
	struct import_job job = {
		path, IMPORT_BY_HEADER, note_finding, note_change, note_progress, NULL};
	assert_int_equal(import_run(f->db, &f->config, &job, &c), expected);
	return c;
}

static const char visits[] =
	"\xEF\xBB\xBF"
	"Appt ID,Patient ID,First Name,Last Name,Cell Phone,Appt Date,Appt Time,Provider,Status\r\n"
	"v1,p1,Ada,\"Love, Lace\",(312) 555-0123,3/20/2026,2:20 PM,Dr. Osei,Scheduled\r\n"
	"\r\n"
	"v2,p2,Bob,Tanner,312-555-0124,2026-03-21,09:00,Dr. Osei,Confirmed\r\n";

static void a_file_read_twice_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct import_counts c = import(f, visits, OK);
	assert_string_equal(said, "");
	assert_int_equal(c.rows, 2);
	assert_int_equal(c.people_new, 2);
	assert_int_equal(c.visits_new, 2);
	c = import(f, visits, OK);
	assert_int_equal(c.rows, 2);
	assert_int_equal(
		c.people_new + c.people_changed + c.visits_new + c.visits_moved + c.visits_changed,
		0);
	struct q_visit_by_ext *v;
	assert_int_equal(q_visit_by_ext(f->arena, f->db, &v, .ext = "v1"), OK);
	assert_string_equal(v->wall, "2026-03-20T14:20");
	assert_string_equal(v->state, "booked");
	assert_int_equal(q_visit_by_ext(f->arena, f->db, &v, .ext = "v2"), OK);
	assert_string_equal(v->state, "confirmed");
	struct q_import_patient_by_ext *p;
	assert_int_equal(q_import_patient_by_ext(f->arena, f->db, &p, .ext = "p1"), OK);
	assert_string_equal(p->theirs, "+13125550123");
	assert_string_equal(p->last, "Love, Lace");
}

static void each_bad_row_has_a_finding_and_the_others_go_in(void **state)
{
	struct fixture *f = *state;
	struct import_counts c = import(f,
		"visit id,patient id,first,phone,date,time\n"
		"v1,p1,Ada,3125550123,2026-03-20,14:20\n"
		"v2,p2,Bob,call me,2026-03-20,14:20\n"
		"v3,p3,Cleo,3125550125,2026-02-30,14:20\n"
		"v4,p4,Dan,3125550126,2026-03-20,25:00\n"
		"v5,p5,,3125550127,2026-03-20,14:20\n"
		"v6,p6,\"Eve\n Ann\",3125550128,2026-03-20,2pm\n"
		"v7,p7,G\xFCnter,3125550129,2026-03-20,14:20\n",
		OK);
	assert_int_equal(c.rows, 7);
	assert_int_equal(c.bad, 5);
	assert_int_equal(c.visits_new, 2);
	static const char *const places[] = {"3:4: ", "4:5: ", "5:6: ", "6:3: ", "9:3: "};
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (!strstr(said, places[i]))
			fail_msg("no finding at %s in\n%s", places[i], said);
}

static void a_moved_visit_takes_its_queued_reminder_with_it(void **state)
{
	struct fixture *f = *state;
	clock_pin(zone_epoch(
		"America/Chicago", (struct wall){.year = 2026, .month = 3, .day = 9, .hour = 10}));
	import(f, visits, OK);
	clock_pin(zone_epoch(
		"America/Chicago", (struct wall){.year = 2026, .month = 3, .day = 13, .hour = 15}));
	assert_int_equal(jobs_pass(f->db, &f->app, clock_now()), OK);
	struct q_test_counts *n;
	assert_int_equal(q_test_counts(f->arena, f->db, &n), OK);
	assert_int_equal(n->mt, 1); /* a week before the 20th */
	char *moved = arena_str(f->arena, visits);
	memcpy(strstr(moved, "3/20"), "3/25", 4);
	struct import_counts c = import(f, moved, OK);
	assert_int_equal(c.visits_moved, 1);
	struct q_talk_skipped *skipped;
	assert_int_equal(q_talk_skipped(f->arena, f->db, &skipped), OK);
	assert_string_equal(skipped->why, "the visit has moved");
}

static void the_patients_own_answer_stands(void **state)
{
	struct fixture *f = *state;
	import(f, visits, OK);
	struct q_visit_by_ext *v;
	assert_int_equal(q_visit_by_ext(f->arena, f->db, &v, .ext = "v1"), OK);
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(visit_set_state(f->db, 0, v->id, "booked", "cancelled", "text", 0), OK);
	assert_int_equal(db_commit(f->db), OK);
	import(f, visits, OK); /* "Scheduled", says the practice system still */
	assert_int_equal(q_visit_by_ext(f->arena, f->db, &v, .ext = "v1"), OK);
	assert_string_equal(v->state, "cancelled");
}

static void patients_and_slots_are_known_by_their_header(void **state)
{
	struct fixture *f = *state;
	struct import_counts c = import(
		f, "MRN,Name,Mobile,Language\n7,\"Lovelace, Ada\",+1 312 555 0123,Spanish\n", OK);
	assert_int_equal(c.people_new, 1);
	struct q_import_patient_by_ext *p;
	assert_int_equal(q_import_patient_by_ext(f->arena, f->db, &p, .ext = "7"), OK);
	assert_string_equal(p->first, "Ada");
	assert_string_equal(p->lang, "es");
	c = import(f,
		"slot id,start,provider\ns1,2026-03-20 09:00,Dr. Osei\ns2,2026-03-20T10:00,\n", OK);
	assert_int_equal(c.slots_new, 2);
	c = import(f, "slot id,start,provider\ns1,2026-03-20 09:30,Dr. Osei\n", OK);
	assert_int_equal(c.slots_changed, 1);
}

static void a_file_that_makes_no_sense_is_refused(void **state)
{
	struct fixture *f = *state;
	import(f, "foo,bar\n1,2\n", ERR_INPUT);
	assert_non_null(strstr(said, "1:0: the first line must name the columns"));
	import(f, "first,phone,patient id\nAda,\"3125550123,1\nBob,x,2\n", ERR_INPUT);
	assert_non_null(strstr(said, "never closes"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_read_twice_changes_nothing),
		TEST(each_bad_row_has_a_finding_and_the_others_go_in),
		TEST(a_moved_visit_takes_its_queued_reminder_with_it),
		TEST(the_patients_own_answer_stands),
		TEST(patients_and_slots_are_known_by_their_header),
		TEST(a_file_that_makes_no_sense_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
