/* Inbound; see inbound.h. Each item works inside its own mark: one that fails is undone alone and
 * then kept raw for staff, so that a poison message neither blocks nor loses the others. */
#include "responder/flow/inbound.h"

#include <inttypes.h>

#include "build/gen/q.h"
#include "responder/base/clock.h"
#include "responder/base/log.h"
#include "responder/flow/consent.h"
#include "responder/flow/decide.h"
#include "responder/flow/effects.h"
#include "responder/flow/load.h"
#include "responder/flow/outbox.h"

static enum err keep(struct arena *a, struct db *db, struct inbound *in, int64_t now, int64_t *id)
{
	const struct mo *mo = &in->event->mo;
	struct q_mo_keep *row;
	enum err e = q_mo_keep(a, db, &row, .account = in->account->name, .ref = mo->ref, .at = now,
		.theirs = mo->theirs, .ours = mo->ours, .body = mo->text, .media = mo->media,
		.raw = in->raw);
	*id = !e && row ? row->id : 0;
	in->repeat = !e && !row;
	return e;
}

static enum err take_mo(struct arena *a, struct db *db, const struct app *app, struct inbound *in)
{
	int64_t now = clock_now(), id;
	enum err e = keep(a, db, in, now, &id);
	if (e || in->repeat)
		return e;
	struct situation s;
	e = load_situation(a, db, app, in->account, &in->event->mo, now, &s);
	if (e)
		return e;
	struct decision d = decide(a, &s);
	e = effects_apply(a, db, in->account, &s, &d, id);
	if (!e)
		log_info("mo", "mo=%" PRId64 " action=%s rule=%s task=%s reply=%s", id,
			action_word(d.action), s.reading.rule, d.task ? "yes" : "no",
			d.reply ? d.reply : "-");
	return e;
}

static enum err take_dlr(struct arena *a, struct db *db, const struct inbound *in)
{
	return outbox_report(a, db, clock_now(), in->token, &in->event->dlr);
}

/* What could not be worked on is kept as it came, and a stop in it still counts. */
static enum err quarantine(struct arena *a, struct db *db, struct inbound *in)
{
	static const char why[] = "The program could not work on this text; it is kept as it came.";
	const struct mo *mo = &in->event->mo;
	int64_t now = clock_now(), id;
	enum err e = keep(a, db, in, now, &id);
	if (e || in->repeat)
		return e;
	bool stop = mo->signal == SIGNAL_STOP || keywords_is_stop(mo->text);
	if (stop)
		e = consent_record(db, now,
			&(struct consent_event){.kind = "withdrawal",
				.theirs = mo->theirs,
				.ours = mo->ours,
				.source = "text",
				.rule = "core/stop",
				.body = mo->text,
				.mo = id});
	if (!e)
		e = q_task_add(db, NULL, .at = now, .kind = "unreadable text", .rank = TASK_TODAY,
			.theirs = mo->theirs, .mo = id, .why = why);
	if (!e)
		e = q_mo_decided(db, NULL, .id = id, .action = stop ? "stop" : "task",
			.intent = "none", .rule = "-", .normal = "", .why = why);
	log_error("poison", "mo=%" PRId64 " stop=%d", id, stop);
	return e;
}

/* The store itself is in trouble: no use in trying anything else on it. */
static bool store_down(enum err e)
{
	return e == ERR_STORE || e == ERR_BUSY;
}

static enum err marked(struct db *db, enum err e)
{
	if (!e)
		return db_keep(db);
	enum err undone = store_down(e) ? e : db_undo(db);
	return undone ? undone : e;
}

static enum err attempt(struct arena *a, struct db *db, const struct app *app, struct inbound *in)
{
	enum err e = db_mark(db);
	if (e)
		return e;
	e = in->event->kind == EVENT_DLR ? take_dlr(a, db, in) : take_mo(a, db, app, in);
	return marked(db, e);
}

/* Sets in->err; returns an error only when the store is down. */
static enum err take(struct arena *a, struct db *db, const struct app *app, struct inbound *in)
{
	enum err e = attempt(a, db, app, in);
	if (e == ERR_CONFLICT) /* the world moved between look and act: once more */
		e = attempt(a, db, app, in);
	if (e && !store_down(e) && in->event->kind == EVENT_MO) {
		e = db_mark(db);
		if (!e)
			e = marked(db, quarantine(a, db, in));
	}
	in->err = e;
	return store_down(e) ? e : OK;
}

enum err inbound_batch(
	struct arena *a, struct db *db, const struct app *app, struct inbound *items, size_t n)
{
	enum err e = db_begin(db);
	if (e)
		return e;
	for (size_t i = 0; !e && i < n; i++)
		e = take(a, db, app, &items[i]);
	if (e) {
		db_rollback(db);
		return e;
	}
	e = db_commit(db);
	if (!e)
		app_committed(app);
	return e;
}
