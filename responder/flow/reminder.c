/* Reminders. visit.remind_at holds the next moment at which the plan may have something to say, so
 * a pass costs what is due, not what is stored. */
#include "responder/flow/reminder.h"

#include <inttypes.h>
#include <string.h>

#include "build/gen/q.h"
#include "responder/base/buf.h"
#include "responder/base/digest.h"
#include "responder/base/log.h"
#include "responder/base/text.h"
#include "responder/flow/outbox.h"
#include "responder/flow/plan.h"
#include "responder/flow/texts.h"
#include "responder/sms/gsm7.h"

#define STOP_LINE_EVERY_S (30 * 24 * 3600)
#define REPLAN_BATCH 500

static enum err needs_stop_line(
	struct arena *a, struct db *db, const char *theirs, int64_t now, bool *out)
{
	struct q_stop_line_newest *row;
	enum err e = q_stop_line_newest(a, db, &row, .theirs = theirs);
	*out = !e && row->at + STOP_LINE_EVERY_S < now;
	return e;
}

/* The clinician's name is left out when it would cost a second segment. */
static const char *body(struct arena *a, const struct app *app, const struct q_visits_to_remind *v,
	bool ask, bool stop_line)
{
	const char *key = ask ? "remind_ask" : "remind_tell";
	struct text_values values = {.practice = app->config->practice,
		.phone = v->phone ? v->phone : app->config->phone,
		.first = v->first,
		.when = texts_when(a, v->lang, v->wall),
		.clinician = v->clinician};
	const char *stop = stop_line ? texts_render(a, "stop_line", v->lang, &values) : NULL;
	for (;;) {
		const char *text = texts_render(a, key, v->lang, &values);
		if (stop)
			text = arena_printf(a, "%s %s", text, stop);
		if (!values.clinician || gsm7_count(text).segments <= 1)
			return text;
		values.clinician = NULL;
	}
}

static enum err ask_question(struct arena *a, struct db *db, const struct account *account,
	const struct q_visits_to_remind *v, int64_t mt)
{
	struct q_question_open *q;
	enum err e = q_questions_replace(db, NULL, .visit = v->id);
	if (!e)
		e = q_question_open(a, db, &q, .kind = "confirm", .mt = mt, .theirs = v->theirs,
			.ours = account->sender, .patient = v->patient, .until = v->at);
	return e ? e
		 : q_question_option_add(db, NULL, .question = q->id, .n = 1, .visit = v->id,
			   .fingerprint = v->fingerprint);
}

static enum err remind(struct arena *a, struct db *db, const struct app *app, int64_t now,
	const struct q_visits_to_remind *v, const struct plan_step *step)
{
	const struct account *account = &app->config->accounts[0];
	bool confirmed = text_eq(v->state, "confirmed"), stop_line;
	enum err e = needs_stop_line(a, db, v->theirs, now, &stop_line);
	if (e)
		return e;
	int64_t mt;
	e = outbox_add(a, db, now,
		&(struct outbox_new){.dedupe = arena_printf(a, "reminder:%" PRId64 ":%s:%s", v->id,
					     v->fingerprint, app->config->steps[step->index].name),
			.account = account->name,
			.kind = "reminder",
			.class = "care",
			.rank = RANK_REMINDER,
			.theirs = v->theirs,
			.ours = account->sender,
			.body = body(a, app, v, !confirmed, stop_line),
			.zone = v->zone,
			.patient = v->patient,
			.visit = v->id,
			.fingerprint = v->fingerprint,
			.unconfirmed_only = !step->last,
			.stop_line = stop_line,
			.due = now,
			.expires = step->expires},
		&mt);
	return e || !mt ? e : ask_question(a, db, account, v, mt);
}

static bool wanted(const struct q_visits_to_remind *v, const struct plan_step *step)
{
	if (step->index < 0 || !v->theirs || !text_eq(v->patient_state, "active"))
		return false;
	if (text_eq(v->state, "confirmed"))
		return step->last;
	return text_eq(v->state, "booked");
}

static enum err consider(struct arena *a, struct db *db, const struct app *app, int64_t now,
	const struct q_visits_to_remind *v)
{
	struct plan_visit plan = {v->wall, v->zone, v->at, v->since};
	struct plan_step step = plan_pick(app->config, &plan, now);
	enum err e = wanted(v, &step) ? remind(a, db, app, now, v, &step) : OK;
	return e ? e
		 : q_visit_remind_at(
			   db, NULL, .id = v->id, .remind_at = plan_next(app->config, &plan, now));
}

enum err reminder_pass(struct arena *a, struct db *db, const struct app *app, int64_t now,
	size_t most, size_t *done)
{
	struct q_visits_to_remind *due;
	*done = 0;
	/* Looking is free; the writers' lock is taken only when there is something to do. */
	enum err e = q_visits_to_remind(a, db, &due, done, .now = now, .most = 1);
	if (e || !*done)
		return e;
	e = db_begin(db);
	if (e)
		return e;
	e = q_visits_to_remind(a, db, &due, done, .now = now, .most = (int64_t)most);
	for (size_t i = 0; !e && i < *done; i++)
		e = consider(a, db, app, now, &due[i]);
	if (e) {
		db_rollback(db);
		return e;
	}
	log_info("reminders", "visits=%zu", *done);
	return db_commit(db);
}

/* A digest of everything that due times are computed from. */
static const char *plan_digest(struct arena *a, const struct config *c)
{
	struct buf b = buf_new(a, 64 * 1024);
	buf_printf(&b, "%d %d", c->window_open, c->window_close);
	for (size_t i = 0; i < c->step_n; i++)
		buf_printf(&b, " %s=%d", c->steps[i].name, c->steps[i].minutes);
	unsigned char sum[32];
	char *hex = arena_alloc(a, 65);
	digest_sha256(b.s, b.n, sum);
	digest_hex(sum, sizeof sum, hex);
	return hex;
}

static enum err replan_batch(struct arena *a, struct db *db, const struct app *app, int64_t now,
	int64_t *last, size_t *n)
{
	struct q_visits_coming *rows;
	enum err e = q_visits_coming(
		a, db, &rows, n, .after = now, .after_id = *last, .most = REPLAN_BATCH);
	for (size_t i = 0; !e && i < *n; i++) {
		struct plan_visit v = {rows[i].wall, rows[i].zone, rows[i].at, rows[i].since};
		e = q_visit_remind_at(
			db, NULL, .id = rows[i].id, .remind_at = plan_next(app->config, &v, now));
		*last = rows[i].id;
	}
	return e;
}

enum err reminder_replan(struct arena *a, struct db *db, const struct app *app, int64_t now)
{
	const char *digest = plan_digest(a, app->config);
	struct q_meta_get *known;
	enum err e = q_meta_get(a, db, &known, .name = "plan");
	if (e || (known && text_eq(known->value, digest)))
		return e;
	e = db_begin(db);
	if (e)
		return e;
	size_t n = REPLAN_BATCH;
	/* A first start has planned each visit when it was made. */
	for (int64_t last = 0; !e && known && n == REPLAN_BATCH;)
		e = replan_batch(a, db, app, now, &last, &n);
	if (!e)
		e = q_meta_set(db, NULL, .name = "plan", .value = digest);
	if (e) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}
