/* Imports on a real store: findings with places, repeated files, moved visits. */
#include "tests/unit/fixture.h"

#include "responder/flow/import.h"
#include "responder/flow/import_header.h"
#include "responder/flow/jobs.h"

static int fail_at; /* the new patient at which the store fails; 0: none */

/* Stands in for the statement, inside import_person.c alone. */
static enum err failing_add(struct arena *a, struct db *db, struct q_import_patient_add **row,
	const struct q_import_patient_add_in *in)
{
	if (fail_at && --fail_at == 0)
		return ERR_STORE;
	return q_import_patient_add_run(a, db, row, in);
}

#define q_import_patient_add_run failing_add
#include "responder/flow/import_person.c"

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

/* The people and visits that are in the store. */
static int count(struct fixture *f, const char *ext)
{
	struct q_import_patient_by_ext *p;
	assert_int_equal(q_import_patient_by_ext(f->arena, f->db, &p, .ext = ext), OK);
	return p != NULL;
}

static void a_row_with_a_finding_leaves_no_trace(void **state)
{
	struct fixture *f = *state;
	import(f, visits, OK);
	/* The id of Ada's visit, for somebody new. */
	struct import_counts c = import(f,
		"visit id,patient id,first,phone,start,provider\n"
		"v1,p9,Zoe,3125550199,2026-03-20 14:20,Dr. New\n",
		OK);
	assert_non_null(strstr(said, "2:1: 'v1' is another person's visit"));
	assert_int_equal(c.bad, 1);
	assert_int_equal(c.people_new + c.visits_new + c.visits_moved + c.visits_changed, 0);
	assert_int_equal(count(f, "p9"), 0);
	struct q_import_clinician *clinician;
	assert_int_equal(q_import_clinician(f->arena, f->db, &clinician, .name = "Dr. New"), OK);
	assert_null(clinician);
	/* A comma without quotes around it would put the number into the wrong column. */
	c = import(
		f, "patient id,last,first,phone\np9,Love, Lace,Ada,3125550199\np8,Tan,Bob,,\n", OK);
	assert_non_null(strstr(said, "2:5: the row has more fields than the header"));
	assert_int_equal(c.bad, 1);
	assert_int_equal(count(f, "p9"), 0);
	assert_int_equal(count(f, "p8"), 1);
}

static void good_rows_go_in_before_a_quote_that_never_closes(void **state)
{
	struct fixture *f = *state;
	struct import_counts c =
		import(f, "patient id,first,phone\np8,Bob,3125550124\np9,\"Ada\n", ERR_INPUT);
	assert_int_equal(c.people_new, 1);
	assert_int_equal(count(f, "p8"), 1);
}

/* The store fails in the middle: the counts say what is in, and the file can be read again. */
static void a_broken_run_can_be_repeated(void **state)
{
	struct fixture *f = *state;
	struct buf text = buf_new(f->arena, 1 << 20);
	buf_str(&text, "patient id,first,phone\n");
	for (int i = 0; i < 1200; i++)
		buf_printf(&text, "p%d,First%d,312555%04d\n", i, i, i);
	fail_at = 1100;
	struct import_counts c = import(f, text.s, ERR_STORE);
	assert_int_equal(c.people_new, 1000);
	assert_int_equal(c.rows, 1000);
	assert_int_equal(count(f, "p999") + count(f, "p1000"), 1);
	c = import(f, text.s, OK);
	assert_int_equal(c.people_new, 200);
	assert_int_equal(c.people_changed, 0);
}

static void who_is_known_needs_only_an_id(void **state)
{
	struct fixture *f = *state;
	import(f, visits, OK);
	struct import_counts c = import(f,
		"visit id,mrn,start,location\nv7,p1,2026-04-01 09:00,main\n"
		"v8,p77,2026-04-01 09:00,Main\nv9,p1,2026-04-01 10:00,South\n",
		OK);
	assert_int_equal(c.visits_new, 1);
	assert_int_equal(c.people_changed, 0);
	assert_non_null(strstr(said, "3:2: no first name, and nobody has the id 'p77'"));
	assert_non_null(strstr(said, "4:4: 'South' is no location of the configuration (Main)"));
}

static void a_persons_status_is_read_where_it_is_theirs(void **state)
{
	struct fixture *f = *state;
	struct q_import_patient_by_ext *p;
	import(f, "mrn,first,mobile,status,state\n7,Ada,3125550123,Inactive,IL\n", OK);
	assert_string_equal(said, "");
	assert_int_equal(q_import_patient_by_ext(f->arena, f->db, &p, .ext = "7"), OK);
	assert_string_equal(p->state, "inactive");
	/* In a file of visits it is the visit's. */
	import(f, "visit id,mrn,start,status\nv7,7,2026-04-01 09:00,Cancelled\n", OK);
	assert_string_equal(said, "");
	assert_int_equal(q_import_patient_by_ext(f->arena, f->db, &p, .ext = "7"), OK);
	assert_string_equal(p->state, "inactive");
}

static void spanish_excel_files_are_read(void **state)
{
	struct fixture *f = *state;
	f->config.country = "ES";
	struct import_counts c = import(f,
		"\xEF\xBB\xBFId Paciente;Nombre;Apellidos;Móvil;Idioma;Fecha;Hora;Médico;Estado\r\n"
		"7;Ada;\"Díaz; Ruiz\";612 34 56 78;Español;03/04/2026;2:20 p. m.;Dra. "
		"Núñez;Confirmada\r\n",
		OK);
	assert_string_equal(said, "");
	assert_int_equal(c.visits_new, 1);
	struct q_visit_by_ext *v;
	assert_int_equal(q_visit_by_ext(f->arena, f->db, &v, .ext = "7/2026-04-03T14:20"), OK);
	assert_non_null(v);
	assert_string_equal(v->state, "confirmed");
	assert_true(v->clinician > 0);
	struct q_import_patient_by_ext *p;
	assert_int_equal(q_import_patient_by_ext(f->arena, f->db, &p, .ext = "7"), OK);
	assert_string_equal(p->theirs, "+34612345678");
	assert_string_equal(p->lang, "es");
}

static void dates_and_times_are_read_as_people_write_them(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool day_first;
		const char *wall; /* NULL: not a moment */
	} cases[] = {
		{"2026-03-10 14:20", false, "2026-03-10T14:20"},
		{"2026-03-10T14:20:00", true, "2026-03-10T14:20"},
		{"2026-03-10 14:20:59.000", false, "2026-03-10T14:20"},
		{"3/10/2026 2:20 PM", false, "2026-03-10T14:20"},
		{"3/10/2026, 2:20:00 PM", false, "2026-03-10T14:20"},
		{"3/10/2026 2:20\u202FPM", false, "2026-03-10T14:20"},
		{"10/3/2026 2:20pm", true, "2026-03-10T14:20"},
		{"10.3.2026 14:20", false, "2026-03-10T14:20"},
		{"03-10-26 0920", false, "2026-03-10T09:20"},
		{"3/10/2026 12 AM", false, "2026-03-10T00:00"},
		{"3/10/2026 12:05 p.m.", false, "2026-03-10T12:05"},
		{"3/10/2026 0:30", false, "2026-03-10T00:30"},
		{"13/10/2026 9:00", false, NULL},
		{"2026-02-29 9:00", false, NULL},
		{"3/10/0202 9:00", false, NULL},
		{"3/10/2026", false, NULL},
		{"3/10/2026 9", false, NULL},
		{"3/10/2026 24:00", false, NULL},
		{"3/10/2026 14:20 PM", false, NULL},
		{"3/10/2026 0:20 AM", false, NULL},
		{"3/10/2026 9:00 m", false, NULL},
		{"3/10/2026 9:00 CST", false, NULL},
		{"2026-03-10T14:20:00Z", false, NULL},
		{"2026-03-10T14:20:00-05:00", false, NULL},
		{"2026-03-1014:20", false, NULL},
		{"soon", false, NULL},
		{"", false, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct wall w = {0};
		char out[ZONE_WALL] = "";
		bool fine = import_when(cases[i].text, cases[i].day_first, &w);
		if (fine)
			zone_format_wall(w, out);
		if (fine != (cases[i].wall != NULL) || (fine && strcmp(out, cases[i].wall) != 0))
			fail_msg("'%s' is read as '%s'", cases[i].text, out);
	}
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
		TEST(a_row_with_a_finding_leaves_no_trace),
		TEST(good_rows_go_in_before_a_quote_that_never_closes),
		TEST(a_broken_run_can_be_repeated),
		TEST(who_is_known_needs_only_an_id),
		TEST(a_persons_status_is_read_where_it_is_theirs),
		TEST(spanish_excel_files_are_read),
		TEST(dates_and_times_are_read_as_people_write_them),
		TEST(a_file_that_makes_no_sense_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
