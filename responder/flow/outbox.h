/* The queue of texts to patients and its history: the only place that changes an MT's state.
 * All functions run inside the caller's write transaction. */
#ifndef RESPONDER_FLOW_OUTBOX_H
#define RESPONDER_FLOW_OUTBOX_H

#include "db/db.h"
#include "responder/base/config.h"
#include "responder/sms/mtstate.h"
#include "responder/sms/sms.h"

enum outbox_rank { RANK_REPLY, RANK_REMINDER, RANK_REST, RANK_COUNT };

struct outbox_new {
	const char *dedupe; /* a second row with the same key is not made */
	const char *account, *kind, *class;
	enum outbox_rank rank;
	const char *theirs, *ours, *body, *zone;
	int64_t patient, visit;	 /* 0: none */
	const char *fingerprint; /* of the visit, NULL: none */
	bool unconfirmed_only;
	bool stop_line; /* the text says how to opt out */
	int64_t cause_mo;
	int64_t due, expires;
};

/* *id is 0 when the key was there before. */
enum err outbox_add(struct arena *a, struct db *db, int64_t now, const struct outbox_new *m,
	int64_t *id) MUST_USE;

/* Takes at most `most` due texts of an account that the gate lets go, moves them to `sending`, and
 * returns them; sets aside, with the reason, those that it does not. */
enum err outbox_claim(struct arena *a, struct db *db, const struct config *c, const char *account,
	const char *node, int64_t now, size_t most, struct mt **out, size_t *n) MUST_USE;

/* Notes what became of an attempt. */
enum err outbox_settle(
	struct arena *a, struct db *db, int64_t now, int64_t id, const struct outcome *o) MUST_USE;

/* A text that was claimed but not begun, because its number opted out in between. */
enum err outbox_stopped(struct arena *a, struct db *db, int64_t now, int64_t id) MUST_USE;

/* A delivery report. ERR_NOT_FOUND when no text has this token. */
enum err outbox_report(struct arena *a, struct db *db, int64_t now, const char *token,
	const struct dlr *r) MUST_USE;

/* At start: what this node was sending when it died may or may not have been taken. */
enum err outbox_recover(struct db *db, const char *node, int64_t now, int64_t *uncertain) MUST_USE;

#endif
