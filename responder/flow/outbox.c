/* The outbox; see outbox.h. mtstate.h says which moves are legal, and every UPDATE names the state
 * that it expects, so that a late or repeated event changes nothing. */
#include "responder/flow/outbox.h"

#include <inttypes.h>

#include "build/gen/q.h"
#include "responder/base/digest.h"
#include "responder/base/log.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/flow/consent.h"
#include "responder/flow/gate.h"
#include "responder/sms/gsm7.h"

#define FIRST_RETRY_S 15
#define LAST_RETRY_S (15 * 60)
#define HALT_RETRY_S (15 * 60)

enum err outbox_add(
	struct arena *a, struct db *db, int64_t now, const struct outbox_new *m, int64_t *id)
{
	char random[DIGEST_HEX_TOKEN];
	digest_token(random);
	/* The time before it lets the index grow at its end, instead of dirtying a page a text. */
	const char *token = arena_printf(a, "%08" PRIx64 "%s", (uint64_t)now, random);
	struct q_mt_add *row;
	enum err e = q_mt_add(a, db, &row, .token = token, .dedupe = m->dedupe,
		.account = m->account, .kind = m->kind, .class = m->class, .rank = m->rank,
		.patient = m->patient, .visit = m->visit, .fingerprint = m->fingerprint,
		.unconfirmed_only = m->unconfirmed_only, .zone = m->zone, .theirs = m->theirs,
		.ours = m->ours, .body = m->body, .segments = gsm7_count(m->body).segments,
		.stop_line = m->stop_line, .cause_mo = m->cause_mo, .made_at = now, .due = m->due,
		.expires = m->expires);
	*id = !e && row ? row->id : 0;
	return e;
}

/* The one way to change a state. `*moved` (may be NULL) is false when it was not in `from`. */
static enum err move(struct db *db, int64_t now, int64_t id, enum mt_state from, enum mt_state to,
	const char *why, const struct outcome *o, bool *moved)
{
	must(mtstate_may(from, to));
	int64_t changed;
	enum err e = q_mt_move(db, &changed, .id = id, .from_state = mtstate_word(from),
		.to_state = mtstate_word(to), .at = now, .why = why, .code = o ? o->code : NULL,
		.ref = o ? o->ref : NULL);
	if (moved)
		*moved = !e && changed;
	if (!e && changed)
		log_info("mt_move", "mt=%" PRId64 " from=%s to=%s code=%s", id, mtstate_word(from),
			mtstate_word(to), o && o->code ? o->code : "-");
	return e;
}

static struct verdict judge(const struct config *c, const struct q_mt_due *m, int64_t now)
{
	return gate(c, &(struct gate_facts){
			       .now = now,
			       .expires = m->expires,
			       .kind = m->kind,
			       .zone = m->zone,
			       .suppressed = text_eq(m->consent, "withdrawal"),
			       .held = m->held,
			       .has_visit = m->visit,
			       .visit_state = m->visit_state,
			       .visit_moved = !text_eq(m->fingerprint, m->visit_fingerprint),
			       .unconfirmed_only = m->unconfirmed_only,
			       .patient_state = m->patient_state,
		       });
}

/* One due row: to `sending` and into *out, or set aside. */
static enum err claim_one(struct db *db, const struct config *c, const char *node, int64_t now,
	const struct q_mt_due *m, struct mt *out, bool *taken)
{
	struct verdict v = judge(c, m, now);
	*taken = false;
	if (v.kind == GATE_SKIP)
		return move(db, now, m->id, MT_QUEUED, MT_SKIPPED, v.why, NULL, NULL);
	if (v.kind == GATE_WAIT)
		return q_mt_wait(db, NULL, .id = m->id, .due = v.until, .why = v.why);
	int64_t changed;
	enum err e = q_mt_send(db, &changed, .id = m->id, .node = node, .at = now);
	*taken = !e && changed;
	*out = (struct mt){.id = m->id,
		.theirs = m->theirs,
		.ours = m->ours,
		.text = m->body,
		.token = m->token,
		.validity_s = v.validity_s,
		.confirms_stop = text_eq(m->kind, "stop")};
	return e;
}

/* Claims into out[*n..most) from one rank, as many rows at a time as are still wanted: the gate may
 * refuse some, and what it refuses is not due any more when the next are looked at. */
static enum err claim_rank(struct arena *a, struct db *db, const struct config *c,
	const char *account, const char *node, int64_t now, int rank, size_t most, struct mt *out,
	size_t *n)
{
	struct q_mt_due *due;
	size_t wanted, due_n;
	enum err e = OK;
	do {
		wanted = most - *n;
		e = q_mt_due(a, db, &due, &due_n, .account = account, .rank = rank, .now = now,
			.most = (int64_t)wanted);
		for (size_t i = 0; !e && i < due_n; i++) {
			bool taken;
			e = claim_one(db, c, node, now, &due[i], &out[*n], &taken);
			*n += !e && taken;
		}
	} while (!e && due_n == wanted && *n < most);
	return e;
}

enum err outbox_claim(struct arena *a, struct db *db, const struct config *c, const char *account,
	const char *node, int64_t now, size_t most, struct mt **out, size_t *n)
{
	*out = arena_array(a, struct mt, most);
	*n = 0;
	enum err e = OK;
	for (int rank = 0; !e && rank < RANK_COUNT && *n < most; rank++)
		e = claim_rank(a, db, c, account, node, now, rank, most, *out, n);
	return e;
}

/* 15 s doubling to 15 min, give or take a quarter that depends on the row. */
static int64_t backoff(int64_t id, int64_t tries)
{
	int64_t wait = FIRST_RETRY_S;
	for (int64_t i = 1; i < tries && wait < LAST_RETRY_S; i++)
		wait *= 2;
	if (wait > LAST_RETRY_S)
		wait = LAST_RETRY_S;
	return wait - wait / 4 + id * 7919 % (wait / 2 + 1);
}

static enum err add_task(struct db *db, int64_t now, int64_t id, const struct q_mt_get *m,
	const char *kind, int64_t rank, const char *why)
{
	return q_task_add(db, NULL, .at = now, .kind = kind, .rank = rank, .theirs = m->theirs,
		.patient = m->patient, .visit = m->visit, .mt = id, .why = why);
}

static enum err settle_later(struct arena *a, struct db *db, int64_t now, int64_t id,
	const struct q_mt_get *m, const struct outcome *o)
{
	int64_t wait = o->retry_s ? o->retry_s : backoff(id, m->tries);
	if (now + wait >= m->expires)
		return move(db, now, id, MT_SENDING, MT_FAILED,
			"the provider could not take it in time", o, NULL);
	log_info("mt_later", "mt=%" PRId64 " tries=%" PRId64 " wait=%" PRId64 " code=%s", id,
		m->tries, wait, o->code ? o->code : "-");
	(void)a;
	return q_mt_again(db, NULL, .id = id, .at = now, .due = now + wait,
		.why = "waiting to try again", .code = o->code);
}

static enum err settle_refused(struct arena *a, struct db *db, int64_t now, int64_t id,
	const struct q_mt_get *m, const struct outcome *o)
{
	enum err e = move(db, now, id, MT_SENDING, MT_FAILED, "the provider refused it", o, NULL);
	return e ? e
		 : add_task(db, now, id, m, "text failed", 2,
			   arena_printf(a, "The provider refused this text (code %s).",
				   o->code ? o->code : "none"));
}

static enum err carrier_opt_out(struct db *db, int64_t now, int64_t id, const char *theirs,
	const char *ours, const char *code)
{
	return consent_record(db, now,
		&(struct consent_event){.kind = "withdrawal",
			.theirs = theirs,
			.ours = ours,
			.source = "provider",
			.rule = "provider/opted-out",
			.body = code ? code : "",
			.mt = id});
}

/* The account cannot send: the text keeps its place, and one task says so. */
static enum err settle_halt(struct arena *a, struct db *db, int64_t now, int64_t id,
	const struct q_mt_get *m, const struct outcome *o)
{
	struct q_task_open_of_kind *open;
	enum err e = q_mt_again(db, NULL, .id = id, .at = now,
		.due = now + (o->retry_s ? o->retry_s : HALT_RETRY_S),
		.why = "the account cannot send", .code = o->code);
	if (!e)
		e = q_task_open_of_kind(
			a, db, &open, .kind = "account cannot send", .theirs = m->ours);
	if (e || open)
		return e;
	return q_task_add(db, NULL, .at = now, .kind = "account cannot send", .rank = 0,
		.theirs = m->ours, .mt = id,
		.why = arena_printf(a,
			"The provider refuses account %s (code %s): nothing goes out.", m->account,
			o->code ? o->code : "none"));
}

enum err outbox_settle(
	struct arena *a, struct db *db, int64_t now, int64_t id, const struct outcome *o)
{
	struct q_mt_get *m;
	enum err e = q_mt_get(a, db, &m, .id = id);
	if (e)
		return e;
	must(m);
	/* A delivery report may have outrun the provider's own answer: keep the further state. */
	if (mtstate_of(m->state) != MT_SENDING)
		return q_mt_set_ref(db, NULL, .id = id, .ref = o->ref);
	switch (o->kind) {
	case OUTCOME_ACCEPTED: return move(db, now, id, MT_SENDING, MT_ACCEPTED, "", o, NULL);
	case OUTCOME_LATER: return settle_later(a, db, now, id, m, o);
	case OUTCOME_REFUSED: return settle_refused(a, db, now, id, m, o);
	case OUTCOME_HALT: return settle_halt(a, db, now, id, m, o);
	case OUTCOME_OPTED_OUT:
		e = move(db, now, id, MT_SENDING, MT_FAILED, "the number opted out at the carrier",
			o, NULL);
		return e ? e : carrier_opt_out(db, now, id, m->theirs, m->ours, o->code);
	case OUTCOME_UNCERTAIN:
		return move(db, now, id, MT_SENDING, MT_UNCERTAIN,
			"the provider's answer was lost: it may have been sent", o, NULL);
	}
	must_never("an outcome without a case");
	return ERR_STORE;
}

enum err outbox_stopped(struct arena *a, struct db *db, int64_t now, int64_t id)
{
	(void)a;
	return move(db, now, id, MT_SENDING, MT_CANCELLED,
		"the number opted out before the first byte was sent", NULL, NULL);
}

enum err outbox_report(
	struct arena *a, struct db *db, int64_t now, const char *token, const struct dlr *r)
{
	static const char *const words[] = {
		[DLR_PENDING] = "pending",
		[DLR_SENT] = "sent",
		[DLR_UNDELIVERED] = "undelivered",
		[DLR_FAILED] = "failed",
		[DLR_DELIVERED] = "delivered",
	};
	struct q_mt_by_token *m;
	enum err e = q_mt_by_token(a, db, &m, .token = token);
	if (e)
		return e;
	if (!m)
		return ERR_NOT_FOUND;
	e = q_dlr_add(db, NULL, .mt = m->id, .kind = words[r->kind], .code = r->code ? r->code : "",
		.at = now);
	enum mt_state from = mtstate_of(m->state), to = mtstate_after_dlr(from, r->kind);
	if (!e && to != from)
		e = move(db, now, m->id, from, to, "",
			&(struct outcome){.ref = r->ref, .code = r->code}, NULL);
	if (!e && r->opted_out)
		e = carrier_opt_out(db, now, m->id, m->theirs, m->ours, r->code);
	return e;
}

enum err outbox_recover(struct db *db, const char *node, int64_t now, int64_t *uncertain)
{
	return q_mt_recover(db, uncertain, .node = node, .at = now,
		.why = "the program stopped while sending: it may have been sent");
}
