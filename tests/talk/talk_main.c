/* Runs plays: conversations that anyone can read, on the production objects, with a clock that
 * stands still and a provider that takes everything. One store per play, thrown away after.
 * tests/talk/README.md is the language. Prints a line per play; exit status 1 when one fails. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build/gen/q.h"
#include "db/db.h"
#include "responder/base/arena.h"
#include "responder/base/clock.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/base/zone.h"
#include "responder/flow/app.h"
#include "responder/flow/consent.h"
#include "responder/flow/inbound.h"
#include "responder/flow/jobs.h"
#include "responder/flow/outbox.h"
#include "responder/flow/settings.h"
#include "responder/flow/visit.h"

#define OURS "+13125550100"
#define WORDS_MOST 8
#define LONG_AGO (60 * 24 * 3600)

struct play {
	struct arena *arena;
	struct db *db;
	struct app app;
	struct config config;
	struct location location;
	const char *file;
	int line;
	bool failed;
	char theirs[20]; /* the number spoken of last */
	char ref[40], text[2000];
	enum sms_signal signal;
	int refs;
};

static void wrong(struct play *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void wrong(struct play *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	printf("%s:%d: ", p->file, p->line);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	p->failed = true;
}

static void fine(struct play *p, enum err e)
{
	if (e)
		wrong(p, "the program failed: %s", err_text(e));
}

/* "+1555…" at words[*at] becomes the number spoken of, and is stepped over. */
static void speak_of(struct play *p, char **words, int n, int *at)
{
	if (*at < n && words[*at][0] == '+')
		snprintf(p->theirs, sizeof p->theirs, "%s", words[(*at)++]);
}

static int64_t epoch(struct play *p, const char *wall)
{
	struct wall w;
	if (!zone_parse_wall(wall, &w)) {
		wrong(p, "'%s' is not a time like 2026-03-10T14:20", wall);
		return clock_now();
	}
	return zone_epoch(p->location.zone, w);
}

/* clock WALL [ZONE] */
static void do_clock(struct play *p, char **words, int n)
{
	if (n > 1)
		p->location.zone = arena_str(p->arena, words[1]);
	clock_pin(epoch(p, words[0]));
	fine(p, settings_apply(p->arena, p->db, &p->config, clock_now()));
}

/* wait 90s|10m|2h|3d */
static void do_wait(struct play *p, char **words, int n)
{
	char *unit;
	int64_t count = strtoll(words[0], &unit, 10);
	int64_t seconds = *unit == 's' ? 1 : *unit == 'm' ? 60 : *unit == 'h' ? 3600 : 86400;
	(void)n;
	clock_pin(clock_now() + count * seconds);
	(void)p;
}

static void do_country(struct play *p, char **words, int n)
{
	(void)n;
	p->config.country = arena_str(p->arena, words[0]);
}

static int64_t patient_of(struct play *p, const char *name, const char *lang)
{
	struct q_talk_patient *row;
	fine(p, q_talk_patient(p->arena, p->db, &row, .first = name));
	if (row)
		return row->id;
	struct q_talk_patient_add *made;
	fine(p, q_talk_patient_add(p->arena, p->db, &made, .first = name, .last = "Example",
			.theirs = p->theirs, .lang = lang));
	return made->id;
}

static int64_t clinician_of(struct play *p, const char *name)
{
	struct q_talk_clinician_put *row;
	fine(p, q_talk_clinician_put(p->arena, p->db, &row, .name = name));
	return row->id;
}

static int64_t location_of(struct play *p)
{
	struct q_location_by_name *row;
	fine(p, q_location_by_name(p->arena, p->db, &row, .name = p->location.name));
	must(row);
	return row->id;
}

/* patient NAME +NUMBER [LANG] */
static void do_patient(struct play *p, char **words, int n)
{
	int at = 1;
	speak_of(p, words, n, &at);
	fine(p, db_begin(p->db));
	patient_of(p, words[0], at < n ? words[at] : "en");
	fine(p, db_commit(p->db));
}

/* visit NAME [+NUMBER] WALL ["CLINICIAN"]: books it long ago, or moves the person's visit. */
static void do_visit(struct play *p, char **words, int n)
{
	int at = 1;
	speak_of(p, words, n, &at);
	const char *wall = words[at++];
	fine(p, db_begin(p->db));
	int64_t id;
	enum visit_result result;
	fine(p, visit_put(p->arena, p->db, &p->config, clock_now(),
			&(struct visit_put){.ext = words[0],
				.patient = patient_of(p, words[0], "en"),
				.location = location_of(p),
				.clinician = at < n ? clinician_of(p, words[at]) : 0,
				.wall = wall,
				.zone = p->location.zone,
				.actor = "staff",
				.since = clock_now() - LONG_AGO},
			&id, &result));
	fine(p, db_commit(p->db));
}

/* staff NAME STATE: a person at the desk changes a visit. */
static void do_staff(struct play *p, char **words, int n)
{
	struct q_talk_visit *v;
	(void)n;
	fine(p, db_begin(p->db));
	fine(p, q_talk_visit(p->arena, p->db, &v, .first = words[0]));
	fine(p, v ? visit_set_state(p->db, clock_now(), v->id, v->state, words[1], "staff", 0)
		  : ERR_NOT_FOUND);
	fine(p, db_commit(p->db));
}

/* slot WALL "CLINICIAN" */
static void do_slot(struct play *p, char **words, int n)
{
	fine(p, db_begin(p->db));
	fine(p, q_talk_slot_add(p->db, NULL, .location = location_of(p),
			.clinician = n > 1 ? clinician_of(p, words[1]) : 0, .wall = words[0],
			.at = epoch(p, words[0])));
	fine(p, db_commit(p->db));
}

static void receive(struct play *p)
{
	struct event event = {.kind = EVENT_MO,
		.mo = {.ref = p->ref,
			.theirs = p->theirs,
			.ours = OURS,
			.text = p->text,
			.signal = p->signal}};
	struct inbound in = {.account = &p->config.accounts[0],
		.event = &event,
		.raw = {p->text, strlen(p->text)}};
	fine(p, inbound_batch(p->arena, p->db, &p->app, &in, 1));
	fine(p, in.err);
}

/* mo [+NUMBER] "TEXT" [stop|start|help]: the last word is what the provider made of it. */
static void do_mo(struct play *p, char **words, int n)
{
	int at = 0;
	speak_of(p, words, n, &at);
	snprintf(p->ref, sizeof p->ref, "talk-%d", ++p->refs);
	snprintf(p->text, sizeof p->text, "%s", words[at++]);
	const char *signal = at < n ? words[at] : "";
	p->signal = text_eq(signal, "stop")    ? SIGNAL_STOP
		    : text_eq(signal, "start") ? SIGNAL_START
		    : text_eq(signal, "help")  ? SIGNAL_HELP
					       : SIGNAL_NONE;
	receive(p);
}

/* again: the provider delivers the last text once more, with the same id. */
static void do_again(struct play *p, char **words, int n)
{
	(void)words;
	(void)n;
	receive(p);
}

/* Takes one text out of the outbox as the sender would; NULL when none may go. */
static struct mt *next_text(struct play *p)
{
	struct mt *mts;
	size_t n = 0;
	fine(p, jobs_pass(p->db, &p->app, clock_now()));
	fine(p, db_begin(p->db));
	fine(p, outbox_claim(
			p->arena, p->db, &p->config, "talk", "talk", clock_now(), 1, &mts, &n));
	fine(p, db_commit(p->db));
	return n ? mts : NULL;
}

static void settle(struct play *p, const struct mt *mt, enum outcome_kind kind, const char *code)
{
	char ref[40];
	snprintf(ref, sizeof ref, "out-%d", ++p->refs);
	struct outcome o = {
		.kind = kind, .ref = kind == OUTCOME_ACCEPTED ? ref : NULL, .code = code};
	fine(p, db_begin(p->db));
	fine(p, outbox_settle(p->arena, p->db, clock_now(), mt->id, &o));
	fine(p, db_commit(p->db));
}

/* mt [+NUMBER] "TEXT" [lost|refused|later|opted-out]: the next text that goes out, and its fate. */
static void do_mt(struct play *p, char **words, int n)
{
	int at = 0;
	speak_of(p, words, n, &at);
	const struct mt *mt = next_text(p);
	if (!mt) {
		wrong(p, "nothing goes out, expected \"%s\"", words[at]);
		return;
	}
	if (!text_eq(mt->text, words[at]) || !text_eq(mt->theirs, p->theirs))
		wrong(p, "the text is\n    %s \"%s\"\n  expected\n    %s \"%s\"", mt->theirs,
			mt->text, p->theirs, words[at]);
	const char *fate = ++at < n ? words[at] : "";
	enum outcome_kind kind = text_eq(fate, "lost")	      ? OUTCOME_UNCERTAIN
				 : text_eq(fate, "refused")   ? OUTCOME_REFUSED
				 : text_eq(fate, "later")     ? OUTCOME_LATER
				 : text_eq(fate, "opted-out") ? OUTCOME_OPTED_OUT
							      : OUTCOME_ACCEPTED;
	settle(p, mt, kind, *fate ? fate : NULL);
}

/* quiet: nothing may go out now. */
static void do_quiet(struct play *p, char **words, int n)
{
	(void)words;
	(void)n;
	const struct mt *mt = next_text(p);
	if (mt)
		wrong(p, "nothing should go out, but %s gets \"%s\"", mt->theirs, mt->text);
}

static void expect(struct play *p, const char *what, const char *got, const char *want)
{
	if (!text_eq(got, want))
		wrong(p, "%s is %s, expected %s", what, got ? got : "nothing", want);
}

/* is NAME STATE: the visit's state. */
static void do_is(struct play *p, char **words, int n)
{
	struct q_talk_visit *row;
	(void)n;
	fine(p, q_talk_visit(p->arena, p->db, &row, .first = words[0]));
	expect(p, words[0], row ? row->state : NULL, words[1]);
}

/* did ACTION: what the program did about the last text. */
static void do_did(struct play *p, char **words, int n)
{
	struct q_show_why *row;
	(void)n;
	fine(p, q_show_why(p->arena, p->db, &row, .id = 0, .ref = p->ref));
	expect(p, "the action", row ? row->action : NULL, words[0]);
}

/* task "KIND": the newest open task; `task none`: there is none. */
static void do_task(struct play *p, char **words, int n)
{
	struct q_talk_task *row;
	(void)n;
	fine(p, q_talk_task(p->arena, p->db, &row));
	expect(p, "the newest task", row ? row->kind : "none", words[0]);
}

/* done: staff finish all tasks. */
static void do_done(struct play *p, char **words, int n)
{
	(void)words;
	(void)n;
	fine(p, db_begin(p->db));
	fine(p, q_talk_tasks_done(p->db, NULL));
	fine(p, db_commit(p->db));
}

/* suppressed [+NUMBER] yes|no */
static void do_suppressed(struct play *p, char **words, int n)
{
	int at = 0;
	bool suppressed = false;
	speak_of(p, words, n, &at);
	fine(p, consent_suppressed(p->arena, p->db, p->theirs, &suppressed));
	expect(p, "suppressed", suppressed ? "yes" : "no", words[at]);
}

/* skipped "REASON": why the newest text that was set aside was. */
static void do_skipped(struct play *p, char **words, int n)
{
	struct q_talk_skipped *row;
	(void)n;
	fine(p, q_talk_skipped(p->arena, p->db, &row));
	expect(p, "the reason", row ? row->why : NULL, words[0]);
}

static const struct {
	const char *name;
	int least; /* words that must follow */
	void (*run)(struct play *p, char **words, int n);
} verbs[] = {
	{"clock", 1, do_clock},
	{"wait", 1, do_wait},
	{"country", 1, do_country},
	{"patient", 2, do_patient},
	{"visit", 2, do_visit},
	{"staff", 2, do_staff},
	{"slot", 1, do_slot},
	{"mo", 1, do_mo},
	{"again", 0, do_again},
	{"mt", 1, do_mt},
	{"quiet", 0, do_quiet},
	{"is", 2, do_is},
	{"did", 1, do_did},
	{"task", 1, do_task},
	{"done", 0, do_done},
	{"suppressed", 1, do_suppressed},
	{"skipped", 1, do_skipped},
};

/* Splits at blanks; "quoted parts" are one word, \" and \n inside them as usual; # begins a
 * comment. */
static int split(char *s, char **words)
{
	int n = 0;
	while (n < WORDS_MOST) {
		s += strspn(s, " \t\n");
		if (!*s || *s == '#')
			return n;
		char *to = words[n++] = s;
		bool quoted = *s == '"';
		for (s += quoted; *s && (quoted ? *s != '"' : !strchr(" \t\n", *s)); s++) {
			if (quoted && *s == '\\' && s[1])
				*to++ = *++s == 'n' ? '\n' : *s;
			else
				*to++ = *s;
		}
		bool more = *s != '\0';
		*to = '\0';
		if (!more)
			return n;
		s++;
	}
	return n;
}

static void run_line(struct play *p, char *line)
{
	char *words[WORDS_MOST];
	int n = split(line, words);
	if (!n)
		return;
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (!text_eq(verbs[i].name, words[0]))
			continue;
		if (n - 1 < verbs[i].least)
			wrong(p, "'%s' needs more words", words[0]);
		else
			verbs[i].run(p, words + 1, n - 1);
		return;
	}
	wrong(p, "there is no verb '%s'", words[0]);
}

static void open_play(struct play *p, const char *store)
{
	static struct account account = {.name = "talk", .provider = "fake", .sender = OURS};
	static struct reminder_step steps[] = {
		{"week", 7 * 1440}, {"two-days", 2 * 1440}, {"hours", 180}};
	int applied;
	p->arena = arena_new((size_t)256 << 20);
	p->location = (struct location){.name = "Main", .zone = "America/Chicago"};
	p->config = (struct config){.store = store,
		.practice = "Lakeside",
		.phone = "312-555-0199",
		.country = "US",
		.language = "en",
		.locations = &p->location,
		.location_n = 1,
		.accounts = &account,
		.account_n = 1,
		.steps = steps,
		.step_n = 3,
		.window_open = 540,
		.window_close = 1200};
	p->app.config = &p->config;
	p->app.sender_bell = bell_new();
	p->app.jobs_bell = bell_new();
	p->app.pages_bell = bell_new();
	must(db_migrate(store, &applied) == OK);
	must(db_open(&p->db, store) == OK);
	must(settings_apply(p->arena, p->db, &p->config, clock_now()) == OK);
}

static void close_play(struct play *p)
{
	db_close(p->db);
	bell_free(&p->app.sender_bell);
	bell_free(&p->app.jobs_bell);
	bell_free(&p->app.pages_bell);
	arena_free(p->arena);
}

static bool run_play(const char *file, const char *store, const struct keywords *keywords)
{
	FILE *f = fopen(file, "r");
	struct play p = {.file = file, .app = {.keywords = keywords}};
	char *line = NULL;
	size_t room = 0;
	must(f);
	open_play(&p, store);
	while (!p.failed && getline(&line, &room, f) >= 0) {
		p.line++;
		run_line(&p, line);
	}
	free(line);
	fclose(f);
	close_play(&p);
	return !p.failed;
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/talk.XXXXXX", store[64], extra[80];
	struct keywords *keywords;
	int failed = 0;
	log_set_level(LOG_ERROR);
	must(mkdtemp(folder) && keywords_load(&keywords, NULL, NULL, NULL) == OK);
	snprintf(store, sizeof store, "%s/store.db", folder);
	for (int i = 1; i < argc; i++) {
		bool ok = run_play(argv[i], store, keywords);
		failed += !ok;
		printf("[%s] %s\n", ok ? "       OK " : "  FAILED  ", argv[i]);
		unlink(store);
		snprintf(extra, sizeof extra, "%s-wal", store);
		unlink(extra);
		snprintf(extra, sizeof extra, "%s-shm", store);
		unlink(extra);
	}
	rmdir(folder);
	keywords_free(keywords);
	return failed ? 1 : 0;
}
