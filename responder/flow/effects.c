/* Decisions become rows: consent first, then the visit, then what we say about it, last the note of
 * it all beside the text. */
#include "responder/flow/effects.h"

#include <inttypes.h>

#include "build/gen/q.h"
#include "responder/base/buf.h"
#include "responder/base/must.h"
#include "responder/base/text.h"
#include "responder/flow/consent.h"
#include "responder/flow/outbox.h"
#include "responder/flow/profile.h"
#include "responder/flow/texts.h"
#include "responder/flow/visit.h"

#define STOP_REPLY_S 300    /* 47 CFR 64.1200(a)(12) presumes consent to one text this long */
#define REPLY_S (2 * 3600)  /* an older answer would only puzzle */
#define OFFER_S (24 * 3600) /* how long offered times may be chosen from */

/* The language of the only person on the number, of the message's rule, or the practice's. */
static const char *language(const struct situation *s)
{
	const char *lang = s->person_n ? s->people[0].lang : NULL;
	for (size_t i = 1; i < s->person_n; i++)
		if (!text_eq(lang, s->people[i].lang))
			lang = NULL;
	if (!lang && s->reading.rule && text_starts(s->reading.rule, "es/"))
		lang = "es";
	return lang ? lang : s->config->language;
}

static enum err apply_consent(
	struct db *db, const struct situation *s, const struct decision *d, int64_t mo)
{
	if (!d->consent)
		return OK;
	return consent_record(db, s->now,
		&(struct consent_event){.kind = d->consent,
			.theirs = s->mo->theirs,
			.ours = s->mo->ours,
			.source = "text",
			.rule = s->reading.rule,
			.body = s->mo->text,
			.mo = mo});
}

static enum err apply_visit(
	struct db *db, const struct situation *s, const struct decision *d, int64_t mo)
{
	enum err e = OK;
	for (size_t i = 0; !e && i < d->change_n; i++) {
		const struct visit_change *c = &d->changes[i];
		if (c->state)
			e = visit_set_state(
				db, s->now, c->visit->id, c->visit->state, c->state, "text", mo);
		if (!e)
			e = q_question_answered(db, NULL, .id = c->question);
	}
	if (!e && d->action == ACTION_LATE)
		e = visit_set_late(db, s->now, d->visit->id, d->late_minutes, mo);
	if (!e && d->answers)
		e = q_question_answered(db, NULL, .id = d->answers);
	return e;
}

/* Two patients may want one slot: the UPDATE decides, and the loser is decided about again. */
static enum err apply_take(struct arena *a, struct db *db, const struct situation *s,
	const struct decision *d, int64_t mo)
{
	if (!d->take)
		return OK;
	int64_t taken;
	enum err e = q_slot_take(db, &taken, .id = d->take->id);
	if (!e && !taken)
		e = ERR_CONFLICT;
	struct q_slot_get *slot;
	if (!e)
		e = q_slot_get(a, db, &slot, .id = d->take->id);
	if (e)
		return e;
	int64_t visit;
	enum visit_result created;
	e = visit_put(a, db, s->config, s->now,
		&(struct visit_put){.patient = d->patient,
			.location = slot->location,
			.clinician = slot->clinician,
			.wall = slot->wall,
			.zone = slot->zone,
			.actor = "text",
			.mo = mo},
		&visit, &created);
	return e ? e : q_slot_visit(db, NULL, .id = d->take->id, .visit = visit);
}

static const char *offer_list(struct arena *a, const struct decision *d, const char *lang)
{
	if (!d->offer_n)
		return NULL;
	struct buf b = buf_new(a, 512);
	for (size_t i = 0; i < d->offer_n; i++)
		buf_printf(&b, "%s%zu) %s", i ? ", " : "", i + 1,
			texts_when(a, lang, d->offer[i].wall));
	return b.s;
}

/* "Ada Tue Mar 10 at 2:20 PM, Ben Tue Mar 10 at 3:00 PM"; with numbers when one is to be chosen. */
static const char *visit_list(
	struct arena *a, const struct situation *s, const struct decision *d, const char *lang)
{
	struct buf b = buf_new(a, 1024);
	for (size_t i = 0; i < d->change_n + d->which_n; i++) {
		const struct visit *v = d->which_n ? d->which[i] : d->changes[i].visit;
		buf_str(&b, i ? ", " : "");
		if (d->which_n)
			buf_printf(&b, "%zu) ", i + 1);
		for (size_t k = 0; s->person_n > 1 && k < s->person_n; k++)
			if (s->people[k].id == v->patient)
				buf_printf(&b, "%s ", s->people[k].first);
		buf_str(&b, texts_when(a, lang, v->wall));
		if (text_eq(d->reply, "answered_all")) {
			bool no = text_eq(d->changes[i].state, "cancelled");
			buf_printf(&b, " %s",
				texts_render(a, no ? "word_cancelled" : "word_confirmed", lang,
					&(struct text_values){0}));
		}
	}
	return b.s;
}

static const char *reply_body(struct arena *a, const struct situation *s, const struct decision *d)
{
	const char *lang = language(s);
	const char *wall = d->take ? d->take->wall : d->visit ? d->visit->wall : NULL;
	const char *who = d->take ? d->take->clinician : d->visit ? d->visit->clinician : NULL;
	return texts_render(a, d->reply, lang,
		&(struct text_values){.practice = s->config->practice,
			.phone = s->config->phone,
			.first = s->person_n == 1 ? s->people[0].first : NULL,
			.when = wall ? texts_when(a, lang, wall) : NULL,
			.clinician = who,
			.list = d->change_n + d->which_n ? visit_list(a, s, d, lang)
							 : offer_list(a, d, lang),
			.emergency = profile_of(s->config->country)->emergency});
}

static enum err open_offer(struct arena *a, struct db *db, const struct situation *s,
	const struct decision *d, int64_t mt)
{
	struct q_question_open *q;
	enum err e = q_question_open(a, db, &q, .kind = "slots", .mt = mt, .theirs = s->mo->theirs,
		.ours = s->mo->ours, .patient = d->patient, .until = s->now + OFFER_S);
	for (size_t i = 0; !e && i < d->offer_n; i++)
		e = q_question_option_add(
			db, NULL, .question = q->id, .n = (int64_t)i + 1, .slot = d->offer[i].id);
	return e;
}

static enum err open_which(struct arena *a, struct db *db, const struct situation *s,
	const struct decision *d, int64_t mt)
{
	struct q_question_open *q;
	int64_t until = s->now + OFFER_S;
	for (size_t i = 0; i < d->which_n; i++)
		until = d->which[i]->at < until ? d->which[i]->at : until;
	enum err e = q_question_open(a, db, &q, .kind = d->which_no ? "which-no" : "which-yes",
		.mt = mt, .theirs = s->mo->theirs, .ours = s->mo->ours, .until = until);
	for (size_t i = 0; !e && i < d->which_n; i++)
		e = q_question_option_add(db, NULL, .question = q->id, .n = (int64_t)i + 1,
			.visit = d->which[i]->id, .fingerprint = d->which[i]->fingerprint);
	return e;
}

static enum err apply_reply(struct arena *a, struct db *db, const struct account *account,
	const struct situation *s, const struct decision *d, int64_t mo)
{
	if (!d->reply)
		return OK;
	bool stop = text_eq(d->reply_kind, "stop");
	int64_t mt;
	enum err e = outbox_add(a, db, s->now,
		&(struct outbox_new){.dedupe = arena_printf(a, "reply:%" PRId64, mo),
			.account = account->name,
			.kind = d->reply_kind,
			.class = "care",
			.rank = RANK_REPLY,
			.theirs = s->mo->theirs,
			.ours = s->mo->ours,
			.body = reply_body(a, s, d),
			.zone = "UTC",
			.cause_mo = mo,
			.due = s->now,
			.expires = s->now + (stop ? STOP_REPLY_S : REPLY_S)},
		&mt);
	if (!e && d->offer_n)
		e = open_offer(a, db, s, d, mt);
	if (!e && d->which_n)
		e = open_which(a, db, s, d, mt);
	return e;
}

static enum err apply_task(
	struct db *db, const struct situation *s, const struct decision *d, int64_t mo)
{
	if (!d->task)
		return OK;
	return q_task_add(db, NULL, .at = s->now, .kind = d->task, .rank = d->task_rank,
		.theirs = s->mo->theirs, .patient = s->person_n == 1 ? s->people[0].id : 0,
		.visit = d->visit ? d->visit->id : 0, .mo = mo, .why = d->why);
}

enum err effects_apply(struct arena *a, struct db *db, const struct account *account,
	const struct situation *s, const struct decision *d, int64_t mo)
{
	enum err e = apply_consent(db, s, d, mo);
	if (!e)
		e = apply_visit(db, s, d, mo);
	if (!e)
		e = apply_take(a, db, s, d, mo);
	if (!e)
		e = apply_reply(a, db, account, s, d, mo);
	if (!e)
		e = apply_task(db, s, d, mo);
	if (e)
		return e;
	return q_mo_decided(db, NULL, .id = mo, .action = action_word(d->action),
		.intent = intent_word(s->reading.intent), .rule = s->reading.rule,
		.normal = s->reading.normal, .why = d->why, .visit = d->visit ? d->visit->id : 0);
}
